"""Writes the network of each built-in study as SBML, and its observables from the declared read-outs, into
its folder: python -m inference.study.built_in.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from inference.runs.outputs import write_text
from models.catalogue import core
from models.network import Network
from models.readouts import available
from models.sbml.writer import to_sbml

FOLDER = Path(__file__).parents[1] / "studies"
HEADER = (
    "observableId",
    "observableName",
    "observableFormula",
    "noiseFormula",
    "noiseDistribution",
    "noisePlaceholders",
)


@dataclass(frozen=True)
class Series:
    """A read-out as one series of measurements shows it.

    Attributes:
        readout: its name in `models.readouts`.
        noise: parameter of the table, or placeholder (`each`: every measurement brings its own).
        scale, blank, per: parameters in the formula, see `models.readouts.Observable.seen`.
        family: distribution of the noise, in PEtab's word.
        laboratories: the sd between laboratories that a ratio has beside the noise that is printed; each of
            control and treated has half of the variance.
    """

    id: str
    title: str
    readout: str
    noise: str
    scale: str = ""
    blank: str = ""
    per: str = ""
    family: str = "log-normal"
    each: bool = False
    laboratories: str = ""

    def row(self, network: Network) -> tuple[str, ...]:
        """Its row of observables.tsv; KeyError where the network does not compute the read-out."""
        declared = {o.name: o for o in available(network)}[self.readout]
        formula = declared.seen(scale=self.scale, blank=self.blank, per=self.per)
        noise = f"sqrt(({self.noise}^2 + {self.laboratories}^2) / 2)" if self.laboratories else self.noise
        return (self.id, self.title, formula, noise, self.family, self.noise if self.each else "")


def _gel(id: str, title: str, readout: str, gel: str) -> Series:
    return Series(id, title, readout, f"noise_{gel}", f"scale_{gel}", f"blank_{gel}")


def _to_control(id: str, title: str, readout: str, scale: str, per: str = "") -> Series:
    return Series(
        id,
        f"{title}, ratio to control",
        readout,
        f"noise_{scale}",
        f"scale_{scale}",
        per=per,
        each=True,
        laboratories="sd_laboratories",
    )


def _il6_to_control(state: str, study: str) -> Series:
    # per g_auto: without a feedback of the cell's own the ratio is that of the release
    title = f"IL-6 in the medium, {state}, {study} cells"
    return _to_control(f"IL6_{state}_{study}", title, "IL6_medium", f"IL6_{state}_{study}", "g_auto")


FEEDBACK = (
    _gel("pSTAT3_blot_time", "pSTAT3 blot, IL-6 40 ng/mL", "pSTAT3", "pSTAT3_time"),
    _gel("SOCS3_mRNA_il6_40", "SOCS3 mRNA (qPCR), IL-6 40 ng/mL", "SOCS3_mRNA", "mRNA_40"),
    Series("SOCS3_protein", "SOCS3 protein, nM", "SOCS3", "noise_SOCS3"),
)
MORE_DISHES = (
    _gel("pSTAT3_blot_dose", "pSTAT3 blot, 20 min, IL-6 dose response", "pSTAT3", "pSTAT3_dose"),
    _gel("pSTAT3_blot_rux", "pSTAT3 blot, 20 min, ruxolitinib", "pSTAT3", "pSTAT3_rux"),
    _gel("SOCS3_mRNA_il6_100", "SOCS3 mRNA (qPCR), IL-6 100 ng/mL", "SOCS3_mRNA", "mRNA_100"),
    Series(
        "pSTAT3_degree",
        "phosphorylated share of STAT3, mass spectrometry",
        "pSTAT3",
        "noise_degree",
        family="normal",
    ),
)
ESTRADIOL = (
    *(
        _il6_to_control(state, study)
        for state in ("stimulated", "unstimulated")
        for study in ("hFOB", "marrow")
    ),
    _to_control("IL6_promoter", "IL-6 promoter activity", "IL6_mRNA", "promoter"),
    Series(
        "NFkB_translocation",
        "nuclear over cytosolic NF-kB, ratio to control",
        "NFkB_ratio",
        "noise_translocation",
        "scale_translocation",
        each=True,
    ),
)
TNF = (
    Series(
        "IkBa_blot",
        "IkBa, share of the level before TNF",
        "IkBa",
        "noise_level_IkBa",
        "scale_IkBa",
        each=True,
    ),
    Series(
        "NFkB_nuclear",
        "nuclear NF-kB, share of total",
        "NFkB_nuclear",
        "noise_level_NFkB",
        per="NF_T",
        each=True,
    ),
)
_BLOT_TIME, _MRNA_40, _PROTEIN = FEEDBACK
_DOSE, _RUX, _MRNA_100, _DEGREE = MORE_DISHES
SERIES: dict[str, tuple[Series, ...]] = {
    "il6_feedback_estradiol": (
        *(_BLOT_TIME, _DOSE, _RUX, _MRNA_40, _MRNA_100, _PROTEIN, _DEGREE),
        *ESTRADIOL,
        *TNF,
    ),
    "feedback_reduced": (*FEEDBACK, *TNF),
    "estradiol_reduced": (*ESTRADIOL, *TNF),
}


def networks() -> dict[str, Network]:
    """Study -> the assembly it is about."""
    return {"il6_feedback_estradiol": core(socs3_transit=True)}


def observables(study: str) -> str:
    """The text of its observables.tsv."""
    network = core(socs3_transit=True)  # every built-in study's
    rows = (HEADER, *(s.row(network) for s in SERIES[study]))
    return "".join("\t".join(r) + "\n" for r in rows)


def main() -> None:
    """Bring every `network.xml` up to date with the tables in `models/pathways`, and every `observables.tsv`
    with `models/readouts.py`.
    """
    for study, network in networks().items():
        path = FOLDER / study / "network.xml"
        write_text(to_sbml(network), path)
        print(
            f"{path}: {len(network.species)} species, {len(network.parameters)} parameters, fingerprint "
            f"{network.fingerprint}"
        )
    for study, series in SERIES.items():
        path = FOLDER / study / "observables.tsv"
        write_text(observables(study), path)
        print(f"{path}: {len(series)} observables")


if __name__ == "__main__":
    main()
