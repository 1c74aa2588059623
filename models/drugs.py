"""The named drugs: target, mechanism, potency, usual range, source; and a network specialised to what acts.

One network carries every drug as an input (absent means 0), so doses and combinations are lanes side by side.
`treat`
is for people: tables, exports and pictures that show only what acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp

from models.catalogue import EFFECTS, HYPOTHESES, with_parameters
from models.declare import Derived, Reaction, assumed, derived, memory
from models.network import Network, check
from models.ratelaws import power
from models.treatment.added import ADDED
from models.treatment.drug import Drug

DRUGS: dict[str, Drug] = {
    d.name: d
    for d in (
        Drug(
            "siltuximab",
            ("CNTO 328",),
            "silt",
            "IL-6",
            "binds the ligand; valid while there is more antibody than IL-6",
            "K_silt",
            (0.67, 67.0),
            memory("dissociation constant 0.01 to 0.03 nM; 10 ug/mL are 67 nM"),
            drawn_at=("IL-6",),
        ),
        Drug(
            "tocilizumab",
            (),
            "toci",
            "IL-6 receptor, membrane and soluble",
            "competes with IL-6",
            "K_toci",
            (67.0, 690.0),
            memory("1 to 2.5 nM; mode of action: Nishimoto 2008 (abstract)"),
            drawn_at=("IL-6R/gp130",),
        ),
        Drug(
            "ruxolitinib",
            ("INCB18424",),
            "rux",
            "JAK1 and JAK2",
            "competes with ATP, steep; half is gone from the medium in 12 h",
            "IC_rux",
            (100.0, 1000.0),
            derived("pSTAT3 blots of Sobotta 2017"),
            decay="k_rux",
            shown_at=500.0,
            drawn_at=("JAK1/JAK2",),
        ),
        Drug(
            "trametinib",
            (),
            "tram",
            "MEK",
            "allosteric; ERK is not phosphorylated",
            "IC_tram",
            (1.0, 100.0),
            memory("0.9 to 1.8 nM; allosteric: Gilmartin 2011 (abstract)"),
            drawn_at=("ERK",),
        ),
        Drug(
            "PI3K inhibitor",
            ("copanlisib", "LY294002"),
            "pi3ki",
            "PI3K",
            "competes with ATP",
            "IC_pi3k",
            (100.0, 1000.0),
            memory("class of pictilisib and copanlisib; LY294002 is the tool of the older papers"),
            drawn_at=("PI3K",),
        ),
        Drug(
            "MK-2206",
            ("MK2206",),
            "akti",
            "Akt",
            "allosteric; Akt is not phosphorylated",
            "IC_akti",
            (100.0, 2000.0),
            memory("65 nM on pAkt in cells"),
            drawn_at=("Akt",),
        ),
        Drug(
            "MLN120B",
            ("IKK inhibitor", "IKK-beta inhibitor"),
            "ikki",
            "IKK-beta, in myeloma cell and stroma",
            "IkBa is kept, NF-kB stays coupled",
            "IC_ikki",
            (1000.0, 30000.0),
            memory("60 nM on the enzyme, 0.5 to 5 uM in cells"),
            drawn_at=("IKK",),
        ),
        Drug(
            "bortezomib",
            ("velcade", "PS-341"),
            "btz",
            "proteasome",
            "blocks degradation of IkBa, MCL-1 and c-Myc; proteotoxic stress: NOXA, p38, autophagy; in "
            "variant B also activates IKK-beta",
            "IC_btzS",
            (1.0, 100.0),
            assumed("proteasome 10 nM (unverified), stress 15 nM set by viability"),
            shown_at=4.0,
            drawn_at=("drug stress",),
            drawn_inhibits=False,
        ),
        Drug(
            "venetoclax",
            ("ABT-199",),
            "ven",
            "BCL-2",
            "occupies the groove",
            "K_ven",
            (10.0, 10000.0),
            memory("10 nM in cells; biochemical Ki below 0.01 nM"),
            shown_at=1000.0,
            drawn_at=("BCL-2",),
        ),
        Drug(
            "S63845",
            (),
            "s63",
            "MCL-1",
            "occupies the groove and stabilises the protein",
            "K_s63",
            (1.0, 1000.0),
            memory("Kd 0.19 nM (Kotschy 2016)"),
            shown_at=30.0,
            drawn_at=("MCL-1",),
        ),
        Drug(
            "A-1331852",
            ("A1331852",),
            "a133",
            "BCL-XL",
            "occupies the groove",
            "K_a133",
            (10.0, 1000.0),
            memory("cell-level potency"),
            drawn_at=("BCL-XL",),
        ),
        Drug(
            "dexamethasone",
            (),
            "dex",
            "glucocorticoid receptor",
            "raises the BH3 load unless Akt is active; represses NF-kB's inflammatory genes",
            "EC_dex",
            (10.0, 1000.0),
            memory("20 nM; protection from it by IL-6 is the classic read-out of resistance"),
            shown_at=300.0,
            drawn_at=("drug stress",),
            drawn_inhibits=False,
            protection="IL-6 protects from it through PI3K and Akt, and a PI3K inhibitor abolishes that "
            "(Hideshima 2001)",
        ),
        Drug(
            "DNA damage",
            (),
            "chemo",
            "DNA",
            "drives caspases past the BCL-2 family",
            "EC_chemo",
            (10.0, 10000.0),
            assumed("a generic drug, doxorubicin-like"),
            shown_at=200.0,
            drawn_at=("apoptosis",),
            drawn_inhibits=False,
        ),
        Drug(
            "VX-745",
            ("p38 inhibitor",),
            "p38i",
            "p38",
            "less AP-1, less IL-6 from the niche",
            "IC_p38",
            (30.0, 1000.0),
            assumed("order of its potency; usual 100 nM (unverified); Hideshima 2003 (abstract)"),
            drawn_at=("p38",),
        ),
        Drug(
            "VPS34 inhibitor",
            ("VPS34-IN1", "SAR405"),
            "vpsi",
            "VPS34",
            "less autophagy, which would relieve proteotoxic stress",
            "IC_vps",
            (100.0, 1000.0),
            memory("about 25 nM on the enzyme"),
            drawn_at=("VPS34",),
        ),
        Drug(
            "estradiol",
            ("17-beta-estradiol", "oestradiol"),
            "E2",
            "oestrogen receptor",
            "agonist; what the receptor then does is one of H0 to H6",
            "K_E",
            (0.01, 100.0),
            memory("0.1 to 0.3 nM"),
        ),
        Drug(
            "fulvestrant",
            ("ICI 182780",),
            "fulv",
            "oestrogen receptor",
            "competes with estradiol and degrades the receptor; not above 1 uM",
            "K_F",
            (10.0, 1000.0),
            derived("relative affinity 0.89"),
            drawn_at=("ER",),
        ),
        Drug(
            "4-hydroxytamoxifen",
            ("4-OH-tamoxifen", "tamoxifen", "afimoxifene"),
            "tam",
            "oestrogen receptor",
            "competes with estradiol; not above 1 uM",
            "K_T",
            (10.0, 1000.0),
            derived("competition IC50 30 against 5.7 (Maximov 2017)"),
            drawn_at=("ER",),
        ),
        *ADDED,
    )
}


def drug(name: str) -> Drug:
    """The drug of that name, alias or input, whatever the case; raises KeyError."""
    for d in DRUGS.values():
        if name.lower() in {n.lower() for n in (d.name, d.input, *d.aliases)}:
            return d
    raise KeyError(name)


def shown_drugs() -> tuple[tuple[Drug, float], ...]:
    """The drugs that reports and the explorer show, each with its dose (nM)."""
    return tuple((d, d.shown_at) for d in DRUGS.values() if d.shown_at is not None)


def drug_names() -> tuple[str, ...]:
    """Every name under which a drug is known."""
    return tuple(n for d in DRUGS.values() for n in (d.name, d.input, *d.aliases))


def treat(
    network: Network,
    *present: Drug | str,
    hypothesis: str = "H0",
    values: Mapping[str, float] | None = None,
    id: str | None = None,
) -> Network:
    """The network with only what acts: absent drugs are 0 everywhere, effects that a hypothesis does not free
    too.

    Reactions whose rate vanishes, and parameters, inputs and derived quantities that nothing uses any more,
    are left out. Trajectories under the drugs that are present are those of the full network.

    Args:
        network: an assembly of the catalogue.
        present: drugs (or their names) that act.
        hypothesis: H0 to H6; the effect it frees keeps its test value.
        values: parameters to set, after the hypothesis (a bortezomib variant, a preset).
        id: name of the result.
    """
    drugs = [drug(d) if isinstance(d, str) else d for d in present]
    acting = {d.input for d in drugs}
    known = {p.name for p in network.parameters}
    chosen = {k: v for k, v in HYPOTHESES[hypothesis].parameters.items() if k in known}
    network = with_parameters(network, chosen | dict(values or {}))
    gone = {
        u.symbol
        for u in network.inputs
        if u.name in {d.input for d in DRUGS.values()} and u.name not in acting
    }
    gone |= {
        p.symbol for p in network.parameters if p.name in EFFECTS and p.value == 0 and p.name not in chosen
    }
    return pruned(replace(network, id=id or "_".join([network.id, *sorted(acting), hypothesis])), gone)


def pruned(network: Network, gone: Iterable[sp.Symbol]) -> Network:
    """The network where the symbols of `gone` are 0, without the rows that nothing uses any more."""
    known: dict[sp.Symbol, sp.Expr] = dict.fromkeys(gone, sp.Integer(0))
    kept: list[Derived] = []
    for d in network.derived:
        expression = _simplified(d.expression, known)
        if expression.is_number or expression.is_Symbol:
            known[d.symbol] = expression
        else:
            kept.append(replace(d, expression=expression))
    reactions = [replace(r, rate=_simplified(r.rate, known)) for r in network.reactions]
    reactions = [r for r in reactions if r.rate != 0]
    used = _used(reactions, kept)
    switches = {s.held_by.name for s in network.species if s.held_by}
    result = replace(
        network,
        reactions=tuple(reactions),
        derived=tuple(d for d in kept if d.symbol in used),
        parameters=tuple(p for p in network.parameters if p.symbol in used),
        inputs=tuple(u for u in network.inputs if u.symbol in used or u.name in switches),
    )
    check(result)
    return result


def _simplified(expression: sp.Expr, known: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    put_in: Any = expression.xreplace(dict(known))
    return put_in.replace(lambda e: isinstance(e, power) and e.args[0] == 0, lambda e: sp.Integer(0))


def _used(reactions: Iterable[Reaction], derived: Iterable[Derived]) -> set[sp.Basic]:
    used: set[sp.Basic] = set().union(*(r.rate.free_symbols for r in reactions))
    for d in reversed(list(derived)):
        if d.symbol in used:
            used |= d.expression.free_symbols
    return used
