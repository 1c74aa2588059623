"""Published time courses as PEtab studies, made on demand: python -m inference.datasets.measured_tables
DATA_FOLDER OUT_FOLDER.

The measured tables have terms of their own and are no part of this repository; this writes one PEtab v2
folder a data set from them. All share the network and its kinetics by name; abundances, drives, scales and
blanks belong to one cell and one assay each. Cells are not myeloma: what carries over are kinetics and
feedback strengths.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path

from inference.datasets.measured_study import Measured, Own, Row, write
from models.readouts import OBSERVABLES

KINETICS = ("c1a", "c1", "k1", "k2", "k3", "a3", "a2", "i1", "c3a", "K_TNF")
RECEPTOR = (
    "k_SR",
    "K_iS",
    "k_mS",
    "k_mS0",
    "k_a0",
    "d_R",
    "k_dR",
    "k_S",
    "k_dS",
    "k_T",
    "d_mS",
    "d_SOCS",
    "k_aL",
    "K_L",
)


NFKB_CELL = {"b_const": "0", "w_NA": "0", "w_NS": "0", "N": "0", "clamped": "1"}


def _seen(readout: str, *, scale: str = "", blank: str = "") -> str:
    return OBSERVABLES[readout].seen(scale=scale, blank=blank)


def read(folder: Path, name: str) -> list[dict[str, str]]:
    """Rows of a table by column."""
    with (folder / name).open(newline="") as f:
        return list(csv.DictReader(f))


def ando(folder: Path) -> Measured:
    """Nuclear RelA after TNF with and without siRNA against IkBa, MCF-7; each replicate has its scale and
    blank.
    """
    table = read(folder, "ando2021_mcf7_tnf_nuclear_RelA.csv")
    names = {"siCtrl": "control", "siIkappaBalpha": "knockdown"}
    replicates = sorted({r["replicate"] for r in table})
    rows = tuple(
        Row(f"RelA_{r['replicate']}", names[r["Condition"]], float(r["TIME"]), float(r["mean_DA"]))
        for r in table
    )
    dishes = {
        n: (
            {**NFKB_CELL, "c1a": f"c1a_cell{left}", "c0a": f"c0a_cell{left}"},
            {"clamped": "0", "TNF": "tnf_dose"},
        )
        for n, left in (("control", ""), ("knockdown", " * left_by_siRNA"))
    }
    own = [
        Own("c1a_cell", "NF-kB-induced IkBa transcription without siRNA, 1/min", 3e-5, 0.6),
        Own("c0a_cell", "constitutive IkBa transcription without siRNA, nM/min", 1e-4, 1.0),
        Own("left_by_siRNA", "share of IkBa message that the siRNA leaves", 0.3, 0.0, share=True),
        Own("tnf_dose", "TNF, not stated in the data, ng/mL", 10.0, 1.0),
        Own("noise_RelA", "sd of ln", 0.1, 0.7),
    ]
    own += [
        Own(f"{k}_{r}", f"{k} of replicate {r}", c, 1.5)
        for r in replicates
        for k, c in (("scale", 0.01), ("blank", 10.0))
    ]
    observables = {
        f"RelA_{r}": (_seen("p65_nuclear", scale=f"scale_{r}", blank=f"blank_{r}"), "noise_RelA")
        for r in replicates
    }
    return Measured(
        "ando2021",
        "Ando et al. 2021, MCF-7, TNF, siRNA against IkBa; the table's sd is between cells and is not used",
        dishes,
        observables,
        rows,
        tuple(k for k in KINETICS if k != "c1a"),
        tuple(own),
        cannot="IkBb and IkBe, which hold NF-kB back when IkBa is gone; cells that oscillate out of step",
    )


def guo(folder: Path) -> Measured:
    """Nuclear NF-kB at three doses of TNF, mouse macrophages, one scale and blank; every fourth time."""
    doses = {"100pg": 0.1, "1ng": 1.0, "10ng": 10.0}
    table = [r for r in read(folder, "guo2025_adelaja_BMDM_nuclear_NFkB_summary.csv") if r["ligand"] == "TNF"]
    rows = tuple(
        Row("NFkB", f"tnf_{r['dose']}", float(r["time_min"]), float(r["mean"]))
        for r in table
        if float(r["time_min"]) % 20 == 0
    )
    dishes = {f"tnf_{n}": (dict(NFKB_CELL), {"clamped": "0", "TNF": f"{d:g}"}) for n, d in doses.items()}
    own = (
        Own("scale_NFkB", "scale", 0.005, 1.5),
        Own("blank_NFkB", "blank, nM", 4.0, 1.0),
        Own("noise_NFkB", "sd of ln", 0.15, 0.7),
    )
    return Measured(
        "guo2025_tnf",
        "Guo et al. 2025 after Adelaja et al., macrophages, TNF 0.1, 1, 10 ng/mL; means of 60 cells",
        dishes,
        {"NFkB": (_seen("NFkB_nuclear", scale="scale_NFkB", blank="blank_NFkB"), "noise_NFkB")},
        rows,
        KINETICS,
        own,
        cannot="cells that oscillate out of step: the mean of 60 of them damps faster than any one",
    )


def l929(folder: Path) -> Measured:
    """IkBa after TNF 10 ng/mL, 0 to 24 h, two replicates, fold of the start."""
    table = [r for r in read(folder, "hoffmannlab_L929_TNF_IkB_timecourse.csv") if r["protein"] == "IkBa"]
    rows = tuple(
        Row("IkBa", "tnf_10", float(r["time_min"]), float(r["fold_change"]))
        for r in table
        if float(r["time_min"]) > 0
    )
    own = (
        Own("scale_IkBa", "scale to fold of the start", 0.0133, 1.0),
        Own("noise_IkBa", "sd of ln", 0.3, 0.5),
    )
    return Measured(
        "l929_ikba",
        "Hoffmann laboratory, L929, TNF 10 ng/mL; the start defines the unit and is no measurement",
        {"tnf_10": (dict(NFKB_CELL), {"clamped": "0", "TNF": "10"})},
        {"IkBa": (_seen("IkBa", scale="scale_IkBa"), "noise_IkBa")},
        rows,
        KINETICS,
        own,
        cannot="IkBb, IkBe and p100, measured in the same table; the slow second wave of transcription",
    )


def zeilfelder(folder: Path) -> Measured:  # long: one data set, its read-outs side by side
    """pSTAT3 (whole cell) and SOCS3 (qPCR, blots) after IL-6 in HepG2, one scale a gel or plate, and the loss
    of the receptor.

    Loading controls of a blot are constants, so that they go into its scale. Under cycloheximide the receptor
    decays with
    d_R. The network cannot stop its synthesis alone, but a receptor added to the cell is lost in just that
    way: the excess of
    R + RA over 1 decays with d_R and nothing else where there is no SOCS3.
    """
    kinds = {
        "SOCS3_qpcr_scaled": ("SOCS3_mRNA", "mRNA", 0.4),
        "cSOCS3_wb": ("SOCS3", "protein", 0.4),
        "tpSTAT3_wb_scaled": ("pSTAT3", "pSTAT3", 0.3),
    }
    whole = read(folder, "zeilfelder2025_control_IL6_812pts.csv")
    table = [r for r in whole if r["observable"] in kinds and float(r["cycloheximide"]) == 0]
    sets = sorted({(r["dataset"], r["observable"]) for r in table})
    label = {s: f"{kinds[s[1]][1]}_{i}" for i, s in enumerate(sets)}
    rows, levels, observables, own = [], set(), {}, []
    for _, kind, sd in kinds.values():
        own += [
            Own(f"noise_{kind}", "sd of ln", sd, 0.5),
            Own(f"blank_{kind}", f"blank of {kind}, in its unit", 0.02, 1.5),
        ]
    for r in table:
        value = 10 ** float(r["y_exp"]) if r["scale"] == "log10" else float(r["y_exp"])
        if value > 0:
            levels.add(float(r["il6_ng_ml"]))
            dish = f"il6_{float(r['il6_ng_ml']):g}".replace(".", "p")
            rows.append(Row(label[r["dataset"], r["observable"]], dish, float(r["time_min"]), value))
    for s, name in label.items():
        readout, kind, _ = kinds[s[1]]
        middle = sorted(x.value for x in rows if x.observable == name)
        own.append(Own(f"scale_{name}", f"scale of {s[0]}", middle[len(middle) // 2], 2.0))
        observables[name] = (
            _seen(readout, scale=f"scale_{name}", blank=f"blank_{kind}"),
            f"noise_{kind}",
        )
    dishes = {
        f"il6_{x:g}".replace(".", "p"): ({"N": "0", "clamped": "1"}, {"clamped": "0", "IL6": f"{x:g}"})
        for x in sorted(levels)
    }
    dishes["no_synthesis"] = ({"N": "0", "clamped": "1", "k_tS": "0"}, {"R": "R + 1"})
    rows += [
        Row("receptor", "no_synthesis", float(r["time_min"]), float(r["y_exp"]))
        for r in whole
        if r["observable"] == "binding_sites"
    ]
    own += [
        Own("scale_receptor", "binding sites at the start", 100.0, 1.0),
        Own("noise_receptor", "sd of ln", 0.2, 0.7),
    ]
    observables["receptor"] = (f"scale_receptor * ({_seen('receptors')} - 1)", "noise_receptor")
    return Measured(
        "zeilfelder2025",
        "Zeilfelder et al. 2025, HepG2, IL-6 alone, and binding sites under cycloheximide",
        dishes,
        observables,
        tuple(rows),
        RECEPTOR,
        tuple(own),
        cannot="pSTAT3 of cytoplasm and nucleus apart",
    )


# data set of the authors -> read-outs taken from it: IL-6 alone, left in the medium
SOBOTTA = {
    "bohl_hep_2005_02_03_Cont40ng_T90min": ("pgp130_wb", "pSTAT3_wb"),
    "bohl_hep_2005_11_22_DoseResponseUntil120ng": ("pSTAT3_wb",),
    "bohl_hep_2007_07_17_DRTC": ("pgp130_wb", "pSTAT3_wb", "SOCS3_wb"),
    "bohl_hep_2009_06_23_DRTC": ("pgp130_wb", "pSTAT3_wb", "SOCS3_wb"),
    "bohl_hep_2009_10_14_qRTPCR": ("SOCS3_qpcr",),
    "bohl_mlc_per_cell_log": ("SOCS3_abs",),
}


def sobotta(folder: Path) -> Measured:  # long: one data set, its read-outs side by side
    """Active receptor, pSTAT3, SOCS3 (blots, qPCR, molecules per cell) after IL-6, primary mouse hepatocytes;
    scale and blank a gel.
    """
    seen = {
        "pgp130_wb": ("receptor", "pgp130", 0.4),
        "pSTAT3_wb": ("pSTAT3", "pSTAT3", 0.3),
        "SOCS3_wb": ("SOCS3", "SOCS3", 0.5),
        "SOCS3_qpcr": ("SOCS3_mRNA", "mRNA", 0.4),
    }
    table = [
        r
        for r in read(folder, "sobotta2017_core_data.csv")
        if r["observable"] in SOBOTTA.get(r["dataset"], ())
    ]
    rows, observables, levels = [], {"SOCS3_absolute": (_seen("SOCS3"), "noise_absolute")}, set()
    own = [
        Own("k_aL_hepatocyte", "IL-6-driven JAK activation, 1/min", 0.23, 0.8),
        Own("K_L_hepatocyte", "IL-6 at half, ng/mL", 200.0, 0.8),
        Own("noise_absolute", "sd of ln", 0.32, 0.5),
    ]
    own += [Own(f"noise_{kind}", "sd of ln", sd, 0.5) for _, kind, sd in seen.values()]
    for r in table:
        level = float(r["il6_ng_ml"])
        levels.add(level)
        day = "_".join(r["dataset"].split("_")[2:5])
        name = "SOCS3_absolute" if r["observable"] == "SOCS3_abs" else f"{seen[r['observable']][1]}_{day}"
        rows.append(
            Row(name, f"il6_{level:g}".replace(".", "p"), float(r["time_min"]), 10 ** float(r["y_exp"]))
        )
        if name not in observables:
            readout, kind, _ = seen[r["observable"]]
            own += [
                Own(f"scale_{name}", f"scale of {r['dataset']}", 1.0, 1.5),
                Own(f"blank_{name}", "blank", 0.1, 1.0),
            ]
            observables[name] = (
                _seen(readout, scale=f"scale_{name}", blank=f"blank_{name}"),
                f"noise_{kind}",
            )
    before = {"N": "0", "clamped": "1", "k_aL": "k_aL_hepatocyte", "K_L": "K_L_hepatocyte"}
    dishes = {
        f"il6_{x:g}".replace(".", "p"): (before, {"clamped": "0", "IL6": f"{x:g}"}) for x in sorted(levels)
    }
    return Measured(
        "sobotta2017",
        "Sobotta et al. 2017, primary mouse hepatocytes, IL-6 alone",
        dishes,
        observables,
        tuple(rows),
        tuple(k for k in RECEPTOR if k not in ("k_aL", "K_L")),
        tuple(own),
        wider={
            "k_SR": 1.0,
            "K_iS": 1.0,
            "k_mS": 0.8,
            "k_a0": 1.0,
            "d_R": 0.7,
            "k_dR": 0.7,
            "k_S": 0.7,
            "k_dS": 0.7,
        },
        cannot="the lag of receptor assembly in the first minutes; nuclear and cytoplasmic STAT3 apart; "
        "pulses, actinomycin D "
        "and Stattic are left out",
    )


CYTOKINES = {"NOCYTO": {}, "IL6": {"IL6": "100"}, "TNFa": {"TNF": "100"}, "IL1a": {"TNF": "IL1_as_TNF"}}


def alexopoulos(folder: Path) -> Measured:
    """pSTAT3 and pIkBa (Luminex) after IL-6, TNF and IL-1 with seven inhibitors, two kinds of hepatocytes, 0,
    30 and 180 min.
    """
    signal = {"STAT3": "pSTAT3", "Ikb": "pIkBa"}  # analyte -> read-out
    table = [
        r
        for r in read(folder, "alexopoulos2010_hepatocyte_phospho_luminex.csv")
        if r["analyte"] in signal and r["cytokine"] in CYTOKINES and float(r["MFI"]) > 0
    ]
    rows, dishes, observables = [], {}, {}
    own = [
        Own("IL1_as_TNF", "TNF that drives IKK as IL-1 does, ng/mL", 10.0, 2.0),
        Own("ikki_dose", "IKK inhibitor, nM", 5000.0, 1.5),
    ]
    for cell in sorted({r["cell"] for r in table}):
        own += [
            Own(f"K_L_{cell}", "IL-6 at half activation, ng/mL", 50.0, 1.5),
            Own(f"k_aL_{cell}", "JAK activation, 1/min", 0.1, 1.0),
        ]
        for name in signal.values():
            middle, blank = (1e4, 0.05) if name == "pSTAT3" else (3.0, 30.0)
            own += [
                Own(f"scale_{name}_{cell}", "scale", middle, 2.0),
                Own(f"blank_{name}_{cell}", "blank", blank, 1.5),
                Own(f"noise_{name}_{cell}", "sd of ln", 0.3, 0.5),
            ]
            observables[f"{name}_{cell}"] = (
                _seen(name, scale=f"scale_{name}_{cell}", blank=f"blank_{name}_{cell}"),
                f"noise_{name}_{cell}",
            )
    for r in table:
        cell, dish = r["cell"], f"{r['cell']}_{r['cytokine']}_{r['inhibitor']}"
        after = {
            "clamped": "0",
            **CYTOKINES[r["cytokine"]],
            **({"ikki": "ikki_dose"} if r["inhibitor"] == "IKKi" else {}),
        }
        dishes[dish] = ({**NFKB_CELL, "K_L": f"K_L_{cell}", "k_aL": f"k_aL_{cell}"}, after)
        rows.append(Row(f"{signal[r['analyte']]}_{cell}", dish, float(r["time_min"]), float(r["MFI"])))
    return Measured(
        "alexopoulos2010",
        "Alexopoulos et al. 2010, HepG2 and primary human hepatocytes, Luminex; the table states no doses: "
        "IL-6 and TNF are taken as 100 ng/mL, IL-1 as an unknown dose of TNF, the IKK inhibitor as an "
        "unknown dose given at 0",
        dishes,
        observables,
        tuple(rows),
        (*KINETICS, *(k for k in RECEPTOR if k not in ("k_aL", "K_L"))),
        tuple(own),
        cannot="what inhibitors of MEK, p38, PI3K, mTOR, GSK3 and JNK do to pSTAT3 and IkBa: the core has "
        "no such path, so it "
        "predicts the same with and without them; phosphorylated IkBa, which stands for the rate of its "
        "loss; its "
        "resting level, which the IKK inhibitor lowers; pSTAT3 that rises three hours after IL-1 in HepG2",
    )


STUDIES: tuple[Callable[[Path], Measured], ...] = (sobotta, zeilfelder, ando, guo, l929, alexopoulos)


def main(data: str, out: str) -> None:
    """Write every study and say where."""
    for build in STUDIES:
        study = build(Path(data))
        unknowns = len(study.shared) + len(study.own)
        print(
            f"{write(study, Path(out))}: {len(study.rows)} values, {len(study.dishes)} dishes, {unknowns} "
            f"unknowns"
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
