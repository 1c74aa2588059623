"""Cells of a CSV file, an Excel sheet or a data frame, each with its place, and what number a text means."""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Cell = str | float  # a text, or a number that the file itself holds as one
MOST_CELLS = 2_000_000  # of one sheet: far above any plate or screen of one line (our choice)


class PlateError(ValueError):
    """A table that cannot become a study: `file:row: column: finding: remedy`."""


@dataclass(frozen=True)
class Sheet:
    """A rectangle of cells as it stands in the file; empty cells are empty texts.

    Attributes:
        name: of the file, for places.
        rows: (row number in the file, cells).
    """

    name: str
    rows: tuple[tuple[int, tuple[Cell, ...]], ...]


@dataclass(frozen=True)
class TidyTable:
    """A header and rows: each row has a place, and a cell for each column.

    Attributes:
        decimal: what separates decimals in its texts: "." or ",".
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, Mapping[str, Cell]], ...]
    decimal: str


def read_sheet(path: Path, sheet: str = "") -> Sheet:
    """The cells of a file: CSV in whatever encoding and with whatever separator, or an Excel sheet.

    Args:
        sheet: of an Excel file; empty: its only one.

    Raises:
        PlateError: the file is not there, of another kind, empty, or has several sheets and none is named.
    """
    if not path.is_file():
        raise PlateError(f"{path}: is not there: give a table as .csv, .tsv, .txt or .xlsx")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _excel(path, sheet)
    if path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        raise PlateError(
            f"{path.name}: {path.suffix or 'a file without an ending'} is not read: save it as .xlsx or .csv"
        )
    text = decoded_text(path.read_bytes(), path.name)
    lines = text.splitlines()
    first = 1
    separator = None
    if lines and (said := re.fullmatch(r"\"?sep=(.)\"?", lines[0].strip())):  # Excel writes this line itself
        separator, lines, first = said[1], lines[1:], 2
    reader = csv.reader(lines, delimiter=separator or _separator(lines))
    try:
        rows = tuple((first + i, tuple(c.strip() for c in row)) for i, row in enumerate(reader))
    except csv.Error as e:
        raise PlateError(f"{path.name}: is no table ({e}): save it as CSV again") from None
    return _filled(path.name, rows)


def decoded_text(data: bytes, name: str) -> str:
    """The text of a file: by its byte-order mark, else UTF-8, else Windows' western European letters."""
    if b"\0" in data[:4] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PlateError(f"{name}: holds bytes that are no text: save it as CSV or .xlsx")
    encodings = ["utf-16"] if data.startswith((b"\xff\xfe", b"\xfe\xff")) else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    raise PlateError(f"{name}: its encoding is not known: save it as UTF-8")


def _separator(lines: Sequence[str]) -> str:
    """The separator that splits most of the first rows, outside quotes, most alike."""

    def counts(mark: str) -> list[int]:
        return [re.sub(r'"[^"]*"', "", line).count(mark) for line in lines[:20] if line.strip()]

    found = {mark: counts(mark) for mark in ("\t", ";", ",")}
    return next((mark for mark, n in found.items() if n and max(n) and n[0] > 0), ",")


def _excel(path: Path, sheet: str) -> Sheet:
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as e:  # openpyxl raises many kinds
        raise PlateError(
            f"{path.name}: is no Excel file that can be read ({type(e).__name__}): save it as .xlsx again"
        ) from None
    try:
        names = book.sheetnames
        if sheet and sheet not in names:
            raise PlateError(f"{path.name}: `sheet` {sheet}: is not one of {', '.join(names)}")
        filled = [n for n in ([sheet] if sheet else names) if any(True for _ in _values(book[n]))]
        if len(filled) > 1:
            raise PlateError(f"{path.name}: has the sheets {', '.join(filled)}: name one by `sheet`")
        if not filled:
            raise PlateError(f"{path.name}: is empty: give a table with a header")
        rows = tuple(
            (i, tuple(_cell(v, f"{path.name}:{i}") for v in row)) for i, row in _values(book[filled[0]])
        )
    finally:
        book.close()
    return _filled(path.name, rows)


def _values(sheet: Any) -> Iterable[tuple[int, tuple[Any, ...]]]:
    for i, row in enumerate(sheet.iter_rows(values_only=True), 1):
        if any(v is not None for v in row):
            yield i, row


def _cell(value: Any, place: str) -> Cell:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime.datetime | datetime.date | datetime.time | datetime.timedelta):
        raise PlateError(
            f"{place}: {value} is a date, as spreadsheets make of names and numbers: format the "
            f"cell as text and type it again"
        )
    if isinstance(value, int | float) or hasattr(value, "dtype"):
        return float(value)
    return str(value).strip()


def of_frame(frame: Any) -> Sheet:
    """The cells of a pandas data frame; rows are counted from its first row, 1."""
    rows = [(0, tuple(str(c).strip() for c in frame.columns))]
    rows += [
        (i, tuple(_cell(v, f"the frame:{i}") for v in row))
        for i, row in enumerate(frame.astype(object).itertuples(index=False), 1)
    ]
    return _filled("the frame", tuple(rows))


def _filled(name: str, rows: Iterable[tuple[int, tuple[Cell, ...]]]) -> Sheet:
    """The rows that hold anything."""
    kept = tuple((i, r) for i, r in rows if any(c != "" for c in r))
    if not kept:
        raise PlateError(f"{name}: is empty: give a table with a header")
    if sum(len(r) for _, r in kept) > MOST_CELLS:
        raise PlateError(f"{name}: has more than {MOST_CELLS:,} cells: keep the rows of one line")
    return Sheet(name, kept)


def tidy(sheet: Sheet, decimal: str = "") -> TidyTable:
    """The sheet as a table with a header.

    Raises:
        PlateError: columns without a name or with the same one, a row longer than the header, or numbers
            whose decimals cannot be told.
    """
    (number, header), *rest = sheet.rows
    names = [str(c) for c in header]
    while names and not names[-1]:
        names.pop()
    for name in names:
        if not name:
            raise PlateError(f"{sheet.name}:{number}: column {names.index(name) + 1} has no name: give one")
        if names.count(name) > 1:
            raise PlateError(f"{sheet.name}:{number}: column {name!r} is there twice: rename one")
    rows = []
    for i, cells in rest:
        if any(c != "" for c in cells[len(names) :]):
            raise PlateError(
                f"{sheet.name}:{i}: has more cells than the header: is a comma in a number or "
                f"a name? put it in quotes"
            )
        padded = (*cells[: len(names)], *[""] * (len(names) - len(cells)))
        rows.append((f"{sheet.name}:{i}", dict(zip(names, padded, strict=True))))
    if not rows:
        raise PlateError(f"{sheet.name}: has a header and no rows: add the measurements")
    mark = decimal or decimal_of(sheet.name, (c for _, r in rest for c in r))
    return TidyTable(sheet.name, tuple(names), tuple(rows), mark)


def decimal_of(name: str, cells: Iterable[Cell]) -> str:
    """What separates decimals in the texts of a file: "." or ",".

    Raises:
        PlateError: both do, or all there is are numbers like 1,500, which may be either.
    """
    comma = point = either = ""
    for c in cells:
        text = re.sub(r"\s*[^\d.,]+$", "", c).lstrip("<>=~ +-") if isinstance(c, str) else ""
        if re.fullmatch(r"0,\d+|\d+,\d{1,2}|\d+,\d{4,}|\d{1,3}(\.\d{3})+,\d+", text):
            comma = comma or text
        elif re.fullmatch(r"\d*\.\d+|\d{1,3}(,\d{3})+\.\d+", text):
            point = point or text
        elif re.fullmatch(r"\d{1,3},\d{3}", text):
            either = either or text
    if comma and point:
        raise PlateError(f"{name}: {comma} has a decimal comma and {point} a decimal point: write one kind")
    if either and not comma and not point:
        raise PlateError(
            f"{name}: is {either} more than a thousand, or between 1 and 1000? say `decimal` '.' or ','"
        )
    return "," if comma else "."


def number_in(cell: Cell, place: str, decimal: str) -> float:
    """The number that a cell holds.

    Raises:
        PlateError: it holds none, or none that is finite.
    """
    if not isinstance(cell, str):
        value = float(cell)
    else:
        text = cell.replace("\u2212", "-").replace("\xa0", "").replace(" ", "")
        grouped = {".": r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", ",": r"[+-]?\d{1,3}(\.\d{3})+(,\d+)?"}[decimal]
        other = "," if decimal == "." else "."
        if re.fullmatch(grouped, text):
            text = text.replace(other, "")
        elif other in text:
            raise PlateError(
                f"{place}: {cell!r} is no number with the decimal {decimal!r}: correct it, or say `decimal`"
            )
        try:
            value = float(text.replace(",", "."))
        except ValueError:
            raise PlateError(f"{place}: {cell!r} is no number: write one, or leave the row out") from None
    if not math.isfinite(value):
        raise PlateError(f"{place}: {cell!r} is not finite: write a number, or leave the row out")
    return value
