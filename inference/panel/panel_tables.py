"""The tables of a panel: dose responses and covariates of many lines, found in a folder and made tidy.

Nothing of theirs is part of this project. What is read, left out or missing is said in lines for people.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.drugs import drug

COLUMNS = ("line", "drug", "source", "hours", "dose_nM", "viability", "ic50_nM", "low_nM", "high_nM")
LINE_COLUMNS = ("line", "ras", "pMEK", "BCL2", "doubling_h")
HOURS = 72.0
# screens hold lines that are not of myeloma; those that are taken for it by others are named here
NOT_MYELOMA = {
    "ARH-77": "an EBV-transformed lymphoblastoid line",
    "IM-9": "an EBV-transformed lymphoblastoid line",
    "MC-CAR": "an EBV-transformed lymphoblastoid line",
    "HuNS1": "a lymphoblastoid line",
    "MC116": "a B-cell lymphoma line",
    "KE-97": "not a myeloma line",
}
BEYOND = 10_000.0  # nM: where the highest dose screened is not in the table
BEYOND_OF = {"bortezomib": 1000.0, "trametinib": 1000.0}
CCLE = ("Primary Cell Line Name", "Compound", "Doses (uM)", "Activity Data (median)")
GDSC_SHORT = ("line", "drug", "ln_ic50_uM")
GDSC = ("CELL_LINE_NAME", "DRUG_NAME", "LN_IC50", "MIN_CONC", "MAX_CONC")
GENOTYPE = ("Public Name", "KRAS", "NRAS", "BRAF")
ARRAY = ("short", "Bcl-2", "MEK1_pS217_S221")
WANTED = {
    "CCLE": "dose responses of CCLE (Barretina et al., Nature 2012, 483:603; depmap.org)",
    "GDSC": "IC50 of GDSC (Iorio et al., Cell 2016, 166:740; www.cancerrxgene.org)",
    "genotype": "genotypes of myeloma lines (Keats laboratory; Hughitt et al., Sci Data 2025)",
    "array": "protein arrays of CCLE (Ghandi et al., Nature 2019, 569:503; depmap.org)",
}
DOUBLING = (
    "doubling times are not there: the growth axis has no covariate (column doubling_h of lines.csv; the "
    "catalogue of the DSMZ lists some)"
)


class PanelError(ValueError):
    """A panel that cannot be read or fitted: place, finding, remedy."""


@dataclass(frozen=True)
class PanelTables:
    """What many lines were seen to do, and what is known of them.

    Attributes:
        measured: a row a viability or a reported IC50, columns `COLUMNS`; doses in nM, viability over that
            of the vehicle, an IC50 beyond `low_nM` or `high_nM` only says so.
        lines: a row a line, columns `LINE_COLUMNS`: `ras` 1, 0 or blank, arrays in log2, hours.
        told: what was left out, and what is missing, a line each.
    """

    measured: pd.DataFrame
    lines: pd.DataFrame
    told: tuple[str, ...]


def plain(name: str) -> str:
    """A line's name without punctuation and case: screens write KMS-11, KMS11 and Kms 11."""
    return re.sub(r"[^A-Z0-9]", "", name.upper()).removesuffix("HAEMATOPOIETICANDLYMPHOIDTISSUE")


def read(folder: Path) -> PanelTables:
    """The panel of a folder: its `panel.csv` and `lines.csv`, or what is there of public screens.

    Args:
        folder: of a panel of somebody's own, or of tables of CCLE and GDSC, at any depth of two.

    Raises:
        PanelError: there is nothing to fit, or a row is wrong.
    """
    if (folder / "panel.csv").is_file():
        return _own(folder)
    if not folder.is_dir():
        raise PanelError(f"{folder}: is no folder: name one with panel.csv, or with tables of CCLE and GDSC")
    found = {kind: [] for kind in ("CCLE", "GDSC", "genotype", "array")}
    for path in sorted([*folder.glob("*.[ct]sv"), *folder.glob("*/*.[ct]sv")]):
        if (kind := _kind(_head(path))) is not None:
            found[kind].append(path)
    rows, told = [], []
    for kind, reader in (("CCLE", _ccle), ("GDSC", _gdsc)):
        for path in found[kind]:
            rows += reader(path, told)
    told += [f"not there: {WANTED[k]}" for k, paths in found.items() if not paths]
    if not rows:
        raise PanelError(f"{folder}: holds no screen of myeloma lines: put there {WANTED['CCLE']}, or name a "
                         f"folder with panel.csv")  # fmt: skip
    measured = pd.DataFrame(rows, columns=pd.Index(COLUMNS))
    lines = _covariates(sorted(measured["line"].unique()), found["genotype"], found["array"])
    return PanelTables(measured, lines, (*dict.fromkeys(told), DOUBLING))


def write(tables: PanelTables, folder: Path) -> None:
    """Keep the tidy tables where `read` finds them again."""
    from inference.runs.outputs import write_table

    write_table(tables.measured, folder / "panel.csv", index=False)
    write_table(tables.lines, folder / "lines.csv", index=False)


def _own(folder: Path) -> PanelTables:
    from inference.runs.text_tables import read_table

    measured = read_table(folder / "panel.csv", ("line", "drug", "source"), "name the columns")
    measured = measured.reindex(columns=list(COLUMNS))
    for i, r in measured.iterrows():
        place = f"{folder / 'panel.csv'}:{int(str(i)) + 2}"
        try:
            measured.loc[i, "drug"] = drug(str(r["drug"])).name  # pyright: ignore[reportCallIssue, reportArgumentType]  pandas' stubs are too narrow
        except KeyError:
            raise PanelError(f"{place}: {r['drug']!r} is no drug of the model: gp130 help drugs") from None
        dose, viability, half = (float(r[c]) for c in ("dose_nM", "viability", "ic50_nM"))  # pyright: ignore[reportArgumentType]  pandas' stubs say Series
        curve = math.isfinite(dose) and math.isfinite(viability)
        if curve == math.isfinite(half):
            raise PanelError(f"{place}: needs dose_nM and viability, or ic50_nM: give one of them")
        if (dose if curve else half) <= 0:
            raise PanelError(f"{place}: a dose is not above 0: leave the row out")
    measured["hours"] = measured["hours"].fillna(HOURS)
    names = sorted(measured["line"].unique())
    path = folder / "lines.csv"
    lines = (
        read_table(path, ("line",), "name the columns").reindex(columns=list(LINE_COLUMNS))
        if path.is_file()
        else pd.DataFrame({"line": names}).reindex(columns=list(LINE_COLUMNS))
    )
    lines = lines.set_index("line").reindex(names).reset_index()
    told = () if int(np.isfinite(lines["doubling_h"].to_numpy(float)).sum()) > 1 else (DOUBLING,)
    return PanelTables(measured, lines, told)


def _head(path: Path) -> tuple[str, ...]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        return tuple(next(csv.reader([file.readline()], delimiter=_mark(path)), ()))


def _mark(path: Path) -> str:
    return "\t" if path.suffix == ".tsv" else ","


def _kind(head: tuple[str, ...]) -> str | None:
    known = {"CCLE": (CCLE,), "GDSC": (GDSC, GDSC_SHORT), "genotype": (GENOTYPE,), "array": (ARRAY,)}
    for kind, columns in known.items():
        if any(set(c) <= set(head) for c in columns):
            return kind
    return None


def _rows(path: Path) -> Iterable[tuple[str, Mapping[str, str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        for i, row in enumerate(csv.DictReader(file, delimiter=_mark(path)), 2):
            yield f"{path.name}:{i}", row


def _number(text: str, place: str, column: str) -> float:
    try:
        value = float(text)
    except (TypeError, ValueError):
        raise PanelError(f"{place}: column {column!r}: {text!r} is no number: correct it") from None
    if not math.isfinite(value):
        raise PanelError(f"{place}: column {column!r}: {text!r} is not finite: leave the row out")
    return value


def _taken(line: str, compound: str, told: list[str]) -> tuple[str, str] | None:
    """Line and drug of a row by the model's name, or None and a word on why not."""
    for name, why in NOT_MYELOMA.items():
        if plain(name) == plain(line):
            told.append(f"left out: {name}, {why}")
            return None
    try:
        return _usual(line), drug(compound.strip()).name
    except KeyError:
        return None


_SPELT = {"MM1S": "MM.1S", "RPMI8226": "RPMI-8226", "SKMM2": "SK-MM-2", "KARPAS620": "KARPAS-620"}


def _usual(line: str) -> str:
    return _SPELT.get(plain(line), line.strip())


def _ccle(path: Path, told: list[str]) -> list[tuple]:
    rows = []
    for place, r in _rows(path):
        if (taken := _taken(r[CCLE[0]], r["Compound"], told)) is None:
            continue
        doses, change = ([_number(x, place, c) for x in r[c].split(",")] for c in CCLE[2:])
        if len(doses) != len(change) or min(doses) <= 0:
            raise PanelError(f"{place}: has {len(doses)} doses above 0 and {len(change)} values: correct it")
        nan = math.nan
        rows += [
            (*taken, "CCLE", HOURS, 1e3 * d, 1 + c / 100, nan, nan, nan)
            for d, c in zip(doses, change, strict=True)
        ]
    return rows


def _gdsc(path: Path, told: list[str]) -> list[tuple]:
    rows, short = [], "LN_IC50" not in _head(path)
    for place, r in _rows(path):
        names = (r["line"], r["drug"]) if short else (r["CELL_LINE_NAME"], r["DRUG_NAME"])
        if (taken := _taken(*names, told)) is None:
            continue
        column = "ln_ic50_uM" if short else "LN_IC50"
        half = 1e3 * math.exp(_number(r[column], place, column))
        low, high = math.nan, BEYOND_OF.get(taken[1], BEYOND)
        if not short:
            low, high = (1e3 * _number(r[c], place, c) for c in ("MIN_CONC", "MAX_CONC"))
        rows.append((*taken, "GDSC", HOURS, math.nan, math.nan, half, low, high))
    if short and rows:
        told.append("the highest doses of GDSC are not in its table: an IC50 above 10 uM (bortezomib, "
                    "trametinib: 1 uM) only says above, and none says below")  # fmt: skip
    return rows


def _covariates(names: list[str], genotypes: list[Path], arrays: list[Path]) -> pd.DataFrame:
    """A row a line. RAS is mutant if any of KRAS, NRAS, BRAF is; wild if KRAS and NRAS are said to be so;
    otherwise blank, since a blank there means that nothing was reported.
    """
    ras: dict[str, float] = {}
    for path in genotypes:
        for _, r in _rows(path):
            genes = [r[g].strip() for g in ("KRAS", "NRAS", "BRAF")]
            if any(g and not g.lower().startswith("wt") for g in genes):
                ras[plain(r["Public Name"])] = 1.0
            elif all(g.lower().startswith("wt") for g in genes[:2]):
                ras.setdefault(plain(r["Public Name"]), 0.0)
    seen: dict[str, tuple[float, float]] = {}
    for path in arrays:
        for place, r in _rows(path):
            seen[plain(r["short"])] = (
                _number(r[ARRAY[2]], place, ARRAY[2]),
                _number(r["Bcl-2"], place, "Bcl-2"),
            )
    nothing = (np.nan, np.nan)
    return pd.DataFrame(
        [(n, ras.get(plain(n), np.nan), *seen.get(plain(n), nothing), np.nan) for n in names],
        columns=pd.Index(LINE_COLUMNS),
    )
