"""The tables of a panel: dose responses and covariates of many lines, found in a folder and made tidy.

Nothing of theirs is part of this project. What is read, left out or missing is said in lines for people.
"""

from __future__ import annotations

import codecs
import csv
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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

    path = folder / "panel.csv"
    table = read_table(path, ("line", "drug", "source"), "name the columns", dtype=str)
    table = table.reindex(columns=list(COLUMNS)).fillna("")
    called: dict[str, str] = {}
    rows: dict[tuple, str] = {}
    for i, r in enumerate(table.to_dict("records"), 2):
        place = f"{path}:{i}"
        row = _own_row(r, place, called)
        if row in rows:
            raise PanelError(f"{place}: says the same as {rows[row]}: a value counted twice, remove one")
        rows[row] = place
    if not rows:
        raise PanelError(f"{path}: holds no row: give one a viability or reported IC50")
    measured = pd.DataFrame(list(rows), columns=pd.Index(COLUMNS))
    lines, told = _own_lines(folder / "lines.csv", sorted(measured["line"].unique()))
    if int(np.isfinite(lines["doubling_h"].to_numpy(float)).sum()) < 2:
        told.append(DOUBLING)
    return PanelTables(measured, lines, tuple(told))


def _own_row(r: Mapping[Any, Any], place: str, called: dict[str, str]) -> tuple:
    """A row of somebody's `panel.csv` in the order of `COLUMNS`; `called`: lines by their plain names."""
    if not plain(r["line"]) or not r["source"].strip():
        raise PanelError(f"{place}: needs a line and a source: fill them in")
    line = called.setdefault(plain(r["line"]), _usual(r["line"]))
    try:
        name = drug(r["drug"].strip()).name
    except KeyError:
        raise PanelError(f"{place}: {r['drug']!r} is no drug of the model: gp130 help drugs") from None
    numbers = COLUMNS[3:]
    hours, dose, viability, half, low, high = (
        _number(r[c], place, c) if r[c].strip() else math.nan for c in numbers
    )
    curve = math.isfinite(dose) and math.isfinite(viability)
    if curve == math.isfinite(half) or (not curve and (math.isfinite(dose) or math.isfinite(viability))):
        raise PanelError(f"{place}: needs dose_nM and viability, or ic50_nM: give one of them")
    for column, value in zip(numbers, (hours, dose, 1.0, half, low, high), strict=True):
        if value <= 0:
            raise PanelError(f"{place}: column {column!r}: {value:g} is not above 0: correct it")
    if low >= high:
        raise PanelError(f"{place}: low_nM {low:g} is not below high_nM {high:g}: correct them")
    if curve:
        _require_share(viability, place, "viability")
    usual = HOURS if math.isnan(hours) else hours
    return (line, name, r["source"].strip(), usual, dose, viability, half, low, high)


def _own_lines(path: Path, names: list[str]) -> tuple[pd.DataFrame, list[str]]:
    """A row each of these lines, whatever the punctuation of their names; and what is not used, in words."""
    from inference.runs.text_tables import read_table

    known: dict[str, tuple] = {}
    told: list[str] = []
    if path.is_file():
        table = read_table(path, ("line",), "name the columns", dtype=str)
        table = table.reindex(columns=list(LINE_COLUMNS)).fillna("")
        for i, r in enumerate(table.to_dict("records"), 2):
            place, name = f"{path}:{i}", plain(r["line"])
            values = tuple(_number(r[c], place, c) if r[c].strip() else math.nan for c in LINE_COLUMNS[1:])
            if values[0] not in (0.0, 1.0) and not math.isnan(values[0]):
                raise PanelError(f"{place}: column 'ras': {r['ras']!r}: give 1, 0 or leave it blank")
            if values[3] <= 0:
                raise PanelError(f"{place}: column 'doubling_h': {values[3]:g} is not above 0: correct it")
            if name in known:
                raise PanelError(f"{place}: {r['line']} stands twice: remove one")
            known[name] = values
            if name not in map(plain, names):
                told.append(f"not used: {r['line']} of {path.name}, of which nothing was measured")
    nothing = (math.nan,) * len(LINE_COLUMNS[1:])
    rows = [(n, *known.get(plain(n), nothing)) for n in names]
    return pd.DataFrame(rows, columns=pd.Index(LINE_COLUMNS)), told


def _require_share(viability: float, place: str, column: str) -> None:
    """A viability over that of the vehicle, noise and all; not one in percent.

    Raises:
        PanelError: it is far from between 0 and 1 (our choice of how far).
    """
    if not -0.5 <= viability <= 3.0:
        raise PanelError(
            f"{place}: column {column!r}: a viability of {viability:g} times the vehicle's is none: give the "
            f"share of the vehicle's, or leave the row out"
        )


def _head(path: Path) -> tuple[str, ...]:
    return tuple(next(csv.reader(_text(path, "replace").splitlines()[:1], delimiter=_mark(path)), ()))


def _text(path: Path, errors: str = "strict") -> str:
    """UTF-8, or UTF-16 where a byte-order mark says so."""
    raw = path.read_bytes()
    marked = raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        return raw.decode("utf-16" if marked else "utf-8-sig", errors)
    except UnicodeDecodeError as e:
        line = raw[: e.start].count(b"\n") + 1
        raise PanelError(
            f"{path.name}:{line}: is no {'UTF-16' if marked else 'UTF-8'} text: save the file as UTF-8"
        ) from None


def _mark(path: Path) -> str:
    return "\t" if path.suffix == ".tsv" else ","


def _kind(head: tuple[str, ...]) -> str | None:
    known = {"CCLE": (CCLE,), "GDSC": (GDSC, GDSC_SHORT), "genotype": (GENOTYPE,), "array": (ARRAY,)}
    for kind, columns in known.items():
        if any(set(c) <= set(head) for c in columns):
            return kind
    return None


def _rows(path: Path) -> Iterable[tuple[str, Mapping[str, str]]]:
    reader = csv.DictReader(_text(path).splitlines(keepends=True), delimiter=_mark(path), restval="")
    for row in reader:
        place = f"{path.name}:{reader.line_num}"
        if None in row:
            raise PanelError(f"{place}: has more cells than columns: remove the surplus")
        yield place, row


def _once(seen: dict[tuple, str], row: Mapping[str, str], place: str) -> None:
    """Refuse a row that stands in the table as it is already."""
    before = seen.setdefault(tuple(row.values()), place)
    if before != place:
        raise PanelError(f"{place}: says the same as {before}: a value counted twice, remove one")


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
    rows, seen = [], dict[tuple, str]()
    for place, r in _rows(path):
        if (taken := _taken(r[CCLE[0]], r["Compound"], told)) is None:
            continue
        _once(seen, r, place)
        doses, change = ([_number(x, place, c) for x in r[c].split(",")] for c in CCLE[2:])
        if len(doses) != len(change) or min(doses) <= 0:
            raise PanelError(f"{place}: has {len(doses)} doses above 0 and {len(change)} values: correct it")
        for c in change:
            _require_share(1 + c / 100, place, CCLE[3])
        nan = math.nan
        rows += [
            (*taken, "CCLE", HOURS, 1e3 * d, 1 + c / 100, nan, nan, nan)
            for d, c in zip(doses, change, strict=True)
        ]
    return rows


def _gdsc(path: Path, told: list[str]) -> list[tuple]:
    rows, seen, short = [], dict[tuple, str](), "LN_IC50" not in _head(path)
    for place, r in _rows(path):
        names = (r["line"], r["drug"]) if short else (r["CELL_LINE_NAME"], r["DRUG_NAME"])
        if (taken := _taken(*names, told)) is None:
            continue
        _once(seen, r, place)
        column = "ln_ic50_uM" if short else "LN_IC50"
        logarithm = _number(r[column], place, column)
        if abs(logarithm) > 30:  # below 1e-7 pM or above 1e7 M: no concentration
            raise PanelError(
                f"{place}: column {column!r}: {logarithm:g} is no ln of an IC50 in uM: correct it"
            )
        half = 1e3 * math.exp(logarithm)
        low, high = math.nan, BEYOND_OF.get(taken[1], BEYOND)
        if not short:
            low, high = (1e3 * _number(r[c], place, c) for c in ("MIN_CONC", "MAX_CONC"))
            if not 0 < low < high:
                raise PanelError(f"{place}: MIN_CONC and MAX_CONC are no range of doses: correct them")
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
