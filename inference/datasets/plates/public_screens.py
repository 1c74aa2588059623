"""Dose-response tables of public screens as measurements of one line: recognised by their columns.

Nothing of theirs is part of this project; each has terms of its own. A drug that the model does not have is
left out, and named.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from inference.datasets.plates.assays import PlateAssay, assay_called
from inference.datasets.plates.plate_columns import Decided, role_of
from inference.datasets.plates.plate_rows import WellReading, no_drug
from inference.datasets.plates.spreadsheet import PlateError, TidyTable, decoded_text
from models.drugs import drug

HALF = 0.5  # of the vehicle's signal: what the dose called IC50 leaves


@dataclass
class Wanted:
    """What is taken from a screen, and what was left out on the way.

    Attributes:
        line: of the screen, whatever its punctuation; drugs: names to keep, all of the model if empty.
        lines: lines seen; missing: compounds of the line that the model does not have.
    """

    line: str
    drugs: frozenset[str] = frozenset()
    lines: dict[str, None] = field(default_factory=dict)
    missing: dict[str, None] = field(default_factory=dict)

    def has(self, line: str) -> bool:
        """Whether a row is of the line."""
        self.lines.setdefault(line)
        return _plain(line) == _plain(self.line)

    def drug(self, compound: str) -> str | None:
        """The model's name of a compound that is wanted."""
        try:
            name = drug(compound.strip()).name
        except KeyError:
            self.missing.setdefault(compound.strip())
            return None
        return name if not self.drugs or name in self.drugs else None


Read = Callable[[Path, Iterator[tuple[str, Mapping[str, str]]], Wanted], Iterable[WellReading]]


@dataclass(frozen=True)
class PublicScreen:
    """A kind of table that people download.

    Attributes:
        name: of the screen; columns: by which its table is known.
        note: what is assumed of its values; read: rows of the line.
    """

    name: str
    columns: tuple[str, ...]
    note: str
    read: Read


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _number(text: str, place: str, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise PlateError(f"{place}: column {column!r}: {text!r} is no number: correct it") from None
    if not math.isfinite(value):
        raise PlateError(f"{place}: column {column!r}: {text!r} is not finite: leave the row out")
    return value


def _viability() -> PlateAssay:
    found = assay_called("viability")
    assert found is not None
    return found


def _seen(
    place: str, line: str, name: str, nanomolar: float, value: float, hours: float, censored: int = 0
) -> WellReading:
    """A share of the vehicle's signal, cells alone."""
    if nanomolar <= 0:
        raise PlateError(f"{place}: {name} has a dose of {nanomolar:g} nM: leave the row out")
    doses = ((name, nanomolar),)
    return WellReading(
        place, _viability(), value, "fraction", 60 * hours, doses, 0.0, 0.0, False, line, censored=censored
    )


def _ccle(_: Path, rows: Iterator[tuple[str, Mapping[str, str]]], wanted: Wanted) -> Iterable[WellReading]:
    """One row a line and compound, eight doses in it; the activity is the change of viability in per cent."""
    for place, r in rows:
        line = r["Primary Cell Line Name"]
        if not wanted.has(line) or (name := wanted.drug(r["Compound"])) is None:
            continue
        columns = ("Doses (uM)", "Activity Data (median)")
        doses, activity = ([_number(x, place, c) for x in r[c].split(",")] for c in columns)
        if len(doses) != len(activity):
            raise PlateError(f"{place}: has {len(doses)} doses and {len(activity)} values: correct the row")
        for dose, a in zip(doses, activity, strict=True):
            yield _seen(place, line, name, 1e3 * dose, 1 + a / 100, 72)


def _gdsc_fitted(
    _: Path, rows: Iterator[tuple[str, Mapping[str, str]]], wanted: Wanted
) -> Iterable[WellReading]:
    """One row a line and drug: the dose that leaves half, or the end of the range where it is beyond that."""
    for place, r in rows:
        line = r["CELL_LINE_NAME"]
        if not wanted.has(line) or (name := wanted.drug(r["DRUG_NAME"])) is None:
            continue
        half = math.exp(_number(r["LN_IC50"], place, "LN_IC50"))
        low, high = (_number(r[c], place, c) for c in ("MIN_CONC", "MAX_CONC"))
        if not 0 < low < high:
            raise PlateError(f"{place}: the range {low:g} to {high:g} uM is none: correct MIN_CONC, MAX_CONC")
        at = min(max(half, low), high)
        censored = 1 if half > high else -1 if half < low else 0
        yield _seen(place, line, name, 1e3 * at, HALF, 72, censored)


def _gdsc_raw(
    _: Path, rows: Iterator[tuple[str, Mapping[str, str]]], wanted: Wanted
) -> Iterable[WellReading]:
    """One row a well; NC wells have no drug, B wells no cells. Intensities of a plate lose its blank."""
    plates: dict[str, list[tuple[str, Mapping[str, str]]]] = {}
    for place, r in rows:
        if wanted.has(r["CELL_LINE_NAME"]) or r["TAG"].startswith("B"):
            plates.setdefault(r["BARCODE"], []).append((place, r))
    for barcode, wells in plates.items():
        blanks = [_number(r["INTENSITY"], p, "INTENSITY") for p, r in wells if r["TAG"].startswith("B")]
        blank = sum(blanks) / len(blanks) if blanks else 0.0
        of_line = [(p, r) for p, r in wells if not r["TAG"].startswith("B")]
        # NC-0 are wells of medium alone, NC-1 of the solvent: the drugs came in it
        tags = {r["TAG"] for _, r in of_line}
        vehicle = "NC-1" if "NC-1" in tags else "NC-0"
        for place, r in of_line:
            doses: tuple[tuple[str, float], ...] = ()
            if r["TAG"] != vehicle:
                if r["TAG"].startswith("NC") or (name := wanted.drug(r["DRUG_NAME"])) is None:
                    continue
                doses = ((name, 1e3 * _number(r["CONC"], place, "CONC")),)
            value = _number(r["INTENSITY"], place, "INTENSITY") - blank
            minutes = 1440 * _number(r["DURATION"], place, "DURATION")
            yield WellReading(
                place, _viability(), value, "a.u.", minutes, doses, 0.0, 0.0, False, r["CELL_LINE_NAME"],
                plate=barcode,
            )  # fmt: skip


def _prism(
    path: Path, rows: Iterator[tuple[str, Mapping[str, str]]], wanted: Wanted
) -> Iterable[WellReading]:
    """One row a line, one column a treatment of its table beside; log2 of the fold of the vehicle, 5 days."""
    info = {r["column_name"]: (p, r) for p, r in _table(_beside(path, "*treatment-info*.csv"))}
    lines = {r["depmap_id"]: r["ccle_name"] for _, r in _table(_beside(path, "*cell-line-info*.csv"))}
    for place, r in rows:
        first = next(iter(r))
        line = lines.get(r[first], r[first]).partition("_")[0]
        if not wanted.has(line):
            continue
        for column, text in r.items():
            if column == first or not text or column not in info:
                continue
            at, treated = info[column]
            if (name := wanted.drug(treated["name"])) is not None:
                dose = 1e3 * _number(treated["dose"], at, "dose")
                yield _seen(place, line, name, dose, 2.0 ** _number(text, place, column), 120)


def _ctrp(path: Path, rows: Iterator[tuple[str, Mapping[str, str]]], wanted: Wanted) -> Iterable[WellReading]:
    """One row a line, compound and dose; the names stand in tables beside; shares of the vehicle, 72 h."""
    of = {r["experiment_id"]: r["master_ccl_id"] for _, r in _table(_beside(path, "*per_experiment*"))}
    lines = {r["master_ccl_id"]: r["ccl_name"] for _, r in _table(_beside(path, "*per_cell_line*"))}
    drugs = {r["master_cpd_id"]: r["cpd_name"] for _, r in _table(_beside(path, "*per_compound*"))}
    for place, r in rows:
        line = lines.get(of.get(r["experiment_id"], ""), "")
        if not wanted.has(line) or (name := wanted.drug(drugs.get(r["master_cpd_id"], ""))) is None:
            continue
        dose = 1e3 * _number(r["cpd_conc_umol"], place, "cpd_conc_umol")
        yield _seen(place, line, name, dose, _number(r["cpd_avg_pv"], place, "cpd_avg_pv"), 72)


SCREENS: tuple[PublicScreen, ...] = (
    PublicScreen(
        "CCLE",
        ("Primary Cell Line Name", "Compound", "Doses (uM)", "Activity Data (median)"),
        "CCLE: medians of 72 h; their printed sd is not used",
        _ccle,
    ),
    PublicScreen(
        "GDSC, fitted",
        ("CELL_LINE_NAME", "DRUG_NAME", "LN_IC50", "MIN_CONC", "MAX_CONC"),
        "GDSC: one dish of 72 h at the IC50, with half the signal of the vehicle; an IC50 beyond the doses "
        "screened says only that the last dose leaves more, or the first less",
        _gdsc_fitted,
    ),
    PublicScreen(
        "GDSC, raw",
        ("BARCODE", "CELL_LINE_NAME", "TAG", "DRUG_NAME", "CONC", "INTENSITY", "DURATION"),
        "GDSC: wells, less the mean of the blanks of their plate; NC-1 is the vehicle",
        _gdsc_raw,
    ),
    PublicScreen(
        "CTRP",
        ("experiment_id", "cpd_conc_umol", "cpd_avg_pv", "master_cpd_id"),
        "CTRP: mean shares of the vehicle of 72 h",
        _ctrp,
    ),
)
PRISM = PublicScreen("PRISM", (), "PRISM: two to the power of the log2 fold change of 5 days", _prism)


def screen_of(path: Path) -> PublicScreen | None:
    """The screen whose table this is, by its columns; None for a table of somebody's own."""
    if not path.is_file() or path.suffix.lower() in (".xlsx", ".xlsm"):
        return None
    with _opened(path) as file:
        head = next(csv.reader([file.readline()], delimiter=_mark(path)), [])
    for s in SCREENS:
        if set(s.columns) <= set(head):
            return s
    return PRISM if sum(bool(re.match(r"BRD-\w+(-\d+)*::", c)) for c in head) > 1 else None


def long_table(path: Path, wanted: Wanted, decided: Decided) -> TidyTable:
    """The rows of one line with drugs of the model or a vehicle, of a large compressed table of wells.

    Raises:
        PlateError: no column is the line or the drug, or no row is wanted.
    """
    line, compound = decided.columns.get("line", ""), decided.columns.get("drug", "")
    rows, names = [], ()
    for place, r in _table(path):
        names = names or tuple(r)
        line = line or next((h for h in names if role_of(h) == "line"), "")
        compound = compound or next((h for h in names if role_of(h) == "drug"), "")
        if line not in r or compound not in r:
            raise PlateError(f"{path.name}:1: no column is the cell line and the drug: say `columns` "
                             f"line=HEADER and drug=HEADER")  # fmt: skip
        if wanted.has(r[line]) and (no_drug(r[compound]) or wanted.drug(r[compound]) is not None):
            rows.append((place, dict(r)))
    if not rows:
        raise PlateError(f"{path.name}: no row is of the line {wanted.line!r}: name another by `line`")
    return TidyTable(path.name, names, tuple(rows), ".")


def readings_of(path: Path, screen: PublicScreen, wanted: Wanted) -> tuple[WellReading, ...]:
    """The measurements of a line in a table of a screen.

    Raises:
        PlateError: no line is named, it is not there, none of its drugs is one of the model, or a row is
            wrong.
    """
    found = tuple(screen.read(path, _table(path), wanted))
    if found:
        return found
    lines = sorted(x for x in wanted.lines if x)
    if not any(_plain(x) == _plain(wanted.line) for x in lines) or not wanted.line:
        shown = ", ".join(lines[:12]) + (", ..." if len(lines) > 12 else "")
        raise PlateError(f"{path.name}: name one of its lines by `line`: {shown}")
    raise PlateError(f"{path.name}: {wanted.line} was treated with no drug that is asked for and that the "
                     f"model has: gp130 help drugs lists those")  # fmt: skip


def _beside(path: Path, pattern: str) -> Path:
    found = sorted(p for p in path.parent.glob(pattern) if p != path)
    if len(found) != 1:
        what = "is not there" if not found else f"is there {len(found)} times"
        raise PlateError(f"{path.name}: its table {pattern} beside it {what}: put exactly one there")
    return found[0]


def _mark(path: Path) -> str:
    return "\t" if {".tsv", ".txt"} & {s.lower() for s in path.suffixes} else ","


def _opened(path: Path) -> io.TextIOBase:
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return io.StringIO(decoded_text(path.read_bytes(), path.name), newline="")


def _table(path: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Rows with their places, one after the other: a screen may have millions."""
    with _opened(path) as file:
        for i, row in enumerate(csv.DictReader(file, delimiter=_mark(path)), 2):
            if None in row or None in row.values():
                raise PlateError(f"{path.name}:{i}: has another number of cells than the header: correct it")
            yield f"{path.name}:{i}", row
