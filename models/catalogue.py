"""Named assemblies, cell-line presets, estradiol hypotheses and bortezomib variants, each with where it comes
from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from models.declare import (
    Belief,
    Input,
    Parameter,
    Pathway,
    Source,
    assumed,
    beta,
    derived,
    half_normal,
    memory,
)
from models.network import Network, assemble
from models.pathways.apoptosis import Apoptosis
from models.pathways.autophagy import Autophagy
from models.pathways.bone import Bone
from models.pathways.drug_action import DrugAction
from models.pathways.estradiol import Estradiol
from models.pathways.il6_gene import Il6Gene
from models.pathways.il6_receptor import Il6Receptor
from models.pathways.jak_stat3 import JakStat3, JakStat3Transit
from models.pathways.mapk import Mapk
from models.pathways.myeloma.cereblon import Cereblon
from models.pathways.myeloma.dna_damage import DnaDamage
from models.pathways.myeloma.growth_factors import GrowthFactors
from models.pathways.myeloma.killer_cells import KillerCells
from models.pathways.myeloma.oncogenic_ras import OncogenicRas
from models.pathways.myeloma.treated_cell import MyelomaNfkb, TreatedCell
from models.pathways.nfkb import Nfkb
from models.pathways.niche import Medium, Stroma
from models.pathways.pi3k_akt import Pi3kAkt
from models.pathways.survival import Survival
from models.pathways.variants.bcl2_binding import Bcl2Binding
from models.pathways.variants.gilz import Gilz
from models.pathways.variants.nfkb_arms import Mir181b, NoncanonicalNfkb
from models.pathways.variants.niche_cells import Adipokines, StromalLoop
from models.pathways.variants.receptor import ReceptorAbundance, ReceptorAssembly

# What the core takes as given: resting levels of the whole cell in serum, without IL-6 and without niche.
RESTING = {
    "N": Input("N", 0.3, "1e6/mL", "viable myeloma cells, held"),
    "ST": Input("ST", 0.0, "0-1", "activation of the stroma, held"),
    "pAkt": Input("pAkt", 0.24, "0-1", "Akt phosphorylated on S473, held at rest"),
    "AP1": Input("AP1", 0.33, "rel", "activity of AP-1, held at rest"),
}


@lru_cache(maxsize=4)
def core(socs3_transit: bool = False) -> Network:
    """Receptor, STAT3/SOCS3, NF-kB/A20, IL-6 gene and release, estradiol: 18 states (19 with the transit
    compartment).

    Density, stroma, Akt and AP-1 are inputs at their resting levels.
    """
    stat3 = JakStat3Transit if socs3_transit else JakStat3
    name = "core_transit" if socs3_transit else "core"
    return assemble(name, Medium, Il6Receptor, stat3, Nfkb, Il6Gene, Estradiol, DrugAction, held=RESTING)


# Values at which every part beside the specification's equations is off: the reference implementation then
# gives the same rates and trajectories.
NEUTRAL = {"f_Z": 0.0, "k_Mc": 0.0}


@dataclass(frozen=True)
class NetworkPart:
    """Something a network has only where it is asked for: tables whose rows come instead or in addition, and
    values that go with them.
    """

    name: str
    sentence: str
    tables: tuple[type[Pathway], ...]
    parameters: Mapping[str, float]
    source: Source


PARTS: dict[str, NetworkPart] = {
    p.name: p
    for p in (
        NetworkPart(
            "assembly",
            "The IL-6 receptor assembles in a step of its own before it is active.",
            (ReceptorAssembly,),
            {},
            derived("the lag of pSTAT3 in macrophages (Cheemalavagu) and hepatocytes (Sobotta 2017)"),
        ),
        NetworkPart(
            "abundances",
            "Receptor, gp130 and STAT3 are copies of the cell; k_S is a rate times an abundance.",
            (ReceptorAbundance,),
            {},
            derived("copies of the hepatocyte of Sobotta 2017 as reference"),
        ),
        NetworkPart(
            "noncanonical",
            "TRAF3, BIRC2/3 and NIK: RelB:p52 beside RelA.",
            (NoncanonicalNfkb,),
            {},
            assumed("Demchenko 2010 (abstract); sizes chosen"),
        ),
        NetworkPart(
            "mir181b",
            "STAT3 drives NF-kB through miR-181b and CYLD too, in hours.",
            (Mir181b,),
            {},
            assumed("Iliopoulos 2010 (abstract), in other cells; sizes chosen"),
        ),
        NetworkPart(
            "gilz",
            "Dexamethasone kills by BIM and by GILZ, which rises in hours.",
            (Gilz,),
            {},
            assumed("Grugan 2008, Kervoelen 2015 (abstracts); sizes chosen"),
        ),
        NetworkPart(
            "basal_load",
            "Part of the basal BH3 load is the protein that a plasma cell makes; autophagy relieves it.",
            (),
            {"f_PL": 0.7},
            assumed("Hoang 2009 (abstract); it contradicts a gain from adding the block to bortezomib"),
        ),
        NetworkPart(
            "stat3_bcl2",
            "STAT3 raises BCL-2, as the caption of the figure draws.",
            (),
            {"w_2S": 0.8},
            assumed("the caption; Lichtenstein 1995 contradicts it"),
        ),
        NetworkPart(
            "bcl2_binding",
            "BIM, PUMA and NOXA are held by MCL-1, BCL-XL and BCL-2 by amounts and affinities.",
            (Bcl2Binding,),
            {},
            memory("Chen 2005, Certo 2006; amounts assumed"),
        ),
        NetworkPart(
            "stromal_loop",
            "The stroma has an IL-6, STAT3 and NF-kB loop of its own.",
            (StromalLoop,),
            {},
            assumed("the caption: similar to that of bone marrow stromal cells"),
        ),
        NetworkPart(
            "adipokines",
            "Adipocytes release leptin, adipsin and resistin, and adiponectin acts on the myeloma cell.",
            (Adipokines,),
            {},
            assumed("Liu 2015, Pang 2017, Fowler 2011 (abstracts); sizes chosen"),
        ),
    )
}
# The niche with everything that does not contradict another reading.
GROWN = ("assembly", "noncanonical", "gilz", "basal_load", "stromal_loop", "adipokines")


def _parts(network: Network, names: tuple[str, ...]) -> Network:
    """The network with the values of its parts."""
    return with_parameters(network, {k: v for n in names for k, v in PARTS[n].parameters.items()})


@lru_cache(maxsize=8)
def niche(socs3_transit: bool = False, parts: tuple[str, ...] = ()) -> Network:
    """The whole cell in its niche, every drug: 40 states, 41 with the transit compartment for SOCS3 mRNA.

    `parts` are names of `PARTS`, which add states of their own; KeyError for another.
    """
    stat3 = JakStat3Transit if socs3_transit else JakStat3
    name = "_".join(("niche", *(("transit",) if socs3_transit else ()), *parts))
    whole = assemble(
        name,
        Medium,
        Stroma,
        Il6Receptor,
        stat3,
        Pi3kAkt,
        Mapk,
        MyelomaNfkb,
        Il6Gene,
        Survival,
        Estradiol,
        Autophagy,
        Apoptosis,
        Bone,
        TreatedCell,
        GrowthFactors,
        OncogenicRas,
        DnaDamage,
        Cereblon,
        KillerCells,
        instead=[t for n in parts for t in PARTS[n].tables],
    )
    return _parts(whole, parts)


@dataclass(frozen=True)
class Preset:
    """A kind of cell: what differs from the nominal parameters, and how it is kept before an experiment.

    `il6` is the IL-6 of the pre-culture in ng/mL; `clamped`: the medium is changed often, so that IL-6 stays
    there and VEGF at 0.
    """

    name: str
    title: str
    parameters: Mapping[str, float]
    source: Source
    il6: float = 0.0
    clamped: bool = True


PRESETS: dict[str, Preset] = {
    p.name: p
    for p in (
        Preset(
            "mm1s",
            "MM.1S-like, low in IL-6",
            {},
            assumed("the nominal parameters: a line that makes little IL-6"),
        ),
        Preset(
            "u266",
            "U266-like, autocrine",
            {"g_auto": 15.0, "b_const": 0.012},
            assumed("a line that lives on its own IL-6; sizes chosen"),
            clamped=False,
        ),
        Preset(
            "ina6",
            "INA-6-like, needs IL-6",
            {"b_mM": 0.10, "w_mMS": 2.4, "b_X": 0.1, "b_B": 0.32},
            assumed("dies without IL-6 (Brocke-Heidrich 2004); sizes chosen"),
            il6=2.5,
        ),
        Preset(
            "t1114",
            "t(11;14)-like, needs BCL-2",
            {"wM": 0.25, "wX": 0.15, "w2": 0.60},
            assumed("sensitive to venetoclax; sizes chosen"),
        ),
        Preset(
            "hepatocyte",
            "primary hepatocyte, for the data of Sobotta 2017",
            {"k_aL": 0.23, "K_L": 200.0},
            assumed("not saturated below 120 ng/mL in Sobotta 2017; sizes chosen"),
        ),
        Preset(
            "osteoblast",
            "osteoblast-like, for published facts on estradiol",
            {"b_const": 0.0, "w_NA": 0.0, "w_NS": 0.0, "b_m6": 0.1},
            assumed("its unstimulated IL-6 hardly depends on NF-kB; sizes chosen"),
        ),
    )
}


@dataclass(frozen=True)
class Hypothesis:
    """A statement about estradiol: the one effect it frees (or none), a test value, and who says so."""

    name: str
    free: str | None
    test_value: float
    sentence: str
    source: Source

    @property
    def parameters(self) -> dict[str, float]:
        """The parameters that the hypothesis sets to its test value."""
        return {self.free: self.test_value} if self.free else {}


HYPOTHESES: dict[str, Hypothesis] = {
    h.name: h
    for h in (
        Hypothesis(
            "H0",
            None,
            0.0,
            "Estradiol does nothing in the myeloma cell.",
            assumed(
                "Treon 1998: four of five lines have the receptor, yet estradiol did not change their "
                "growth (abstract); "
                "Stice 2008: in endothelium it even activates NF-kB"
            ),
        ),
        Hypothesis(
            "H1",
            "e_deg",
            0.8,
            "Estradiol blocks the IKK-driven loss of IkBa, so that IkBa and NF-kB stay coupled.",
            assumed("Sun 1998 (abstract); Arlier 2018 and Mak 2015 point the same way"),
        ),
        Hypothesis(
            "H2",
            "e_syn",
            2.0,
            "Estradiol raises the resynthesis of IkBa.",
            assumed("Xing 2012: without any effect on its degradation"),
        ),
        Hypothesis(
            "H3",
            "e_tx",
            0.6,
            "The estradiol receptor holds NF-kB off inflammatory promoters.",
            assumed("Kurebayashi 1997, Galien & Garcia 1997, Ray 1997 (abstracts)"),
        ),
        Hypothesis(
            "H4", "e_imp", 0.6, "Estradiol lowers the nuclear import of NF-kB.", memory("Ghisletti 2005")
        ),
        Hypothesis(
            "H5",
            "e_stat",
            0.6,
            "The estradiol receptor keeps pSTAT3 from transcribing (PIAS3).",
            assumed("Wang 2004 in myeloma, Yamamoto 2000 (abstracts); Wang 2001 (unverified)"),
        ),
        Hypothesis(
            "H6",
            "e_coup",
            0.9,
            "Estradiol slows the dissociation of IkBa and NF-kB: the caption taken literally.",
            assumed("nobody; without effect, because the complex is already tight (1 nM); kept as a control"),
        ),
    )
}


@dataclass(frozen=True)
class Variant:
    """One of several published readings of the same mechanism: what it sets, and what it lets an analysis
    estimate.
    """

    name: str
    sentence: str
    parameters: Mapping[str, float]
    beliefs: Mapping[str, Belief]
    source: Source


BORTEZOMIB: dict[str, Variant] = {
    "A": Variant(
        "A",
        "Bortezomib saves IkBa from the proteasome and lowers NF-kB.",
        {"rho_I": 1.0, "om_btz": 0.0},
        {},
        assumed("Ma 2003"),
    ),
    "B": Variant(
        "B",
        "Bortezomib activates IKK-beta; IkBa falls and NF-kB rises.",
        {"rho_I": 0.4, "om_btz": 0.3},
        {"rho_I": beta(4, 6), "om_btz": half_normal(0.3)},
        assumed("Hideshima 2009; it contradicts variant A"),
    ),
}

EFFECTS = tuple(h.free for h in HYPOTHESES.values() if h.free)


def with_parameters(
    network: Network, values: Mapping[str, float], beliefs: Mapping[str, Belief] | None = None
) -> Network:
    """The same network with other nominal values, and other beliefs where given; unknown names raise
    KeyError.
    """
    known = {p.name for p in network.parameters}
    for name in (*values, *(beliefs or {})):
        if name not in known:
            raise KeyError(f"{network.id}: {name!r} is no parameter of this network: see its parameter table")

    def changed(p: Parameter) -> Parameter:
        return replace(
            p, value=float(values.get(p.name, p.value)), belief=(beliefs or {}).get(p.name, p.belief)
        )

    return replace(network, parameters=tuple(changed(p) for p in network.parameters))
