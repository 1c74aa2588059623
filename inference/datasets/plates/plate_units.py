"""Units of plates and blots, converted to those of the network: nM, ng/mL, minutes, 1e6/mL."""

from __future__ import annotations

import re
from collections.abc import Mapping

from inference.datasets.plates.spreadsheet import Cell, PlateError, number_in

MOLAR = {"M": 1e9, "mM": 1e6, "uM": 1e3, "nM": 1.0, "pM": 1e-3, "fM": 1e-6}  # in nM
MASS = {"mg/mL": 1e6, "ug/mL": 1e3, "ng/mL": 1.0, "pg/mL": 1e-3, "mg/L": 1e3, "ug/L": 1.0}  # in ng/mL
TIME = {"s": 1 / 60, "min": 1.0, "h": 60.0, "d": 1440.0}  # in min
CELLS = {"1e6/mL": 1.0, "1e5/mL": 0.1, "1e3/mL": 1e-3, "/mL": 1e-6}  # in 1e6/mL
SHARE = {"fraction": 1.0, "%": 0.01}
IL6_KILODALTON = 20.8  # mature human interleukin-6, UniProt P05231, residues 30 to 212
WORDS = {
    "s": ("s", "sec", "secs", "second", "seconds"),
    "min": ("min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "day", "days"),
    "%": ("%", "percent", "per cent", "pct"),
    "fraction": ("fraction", "share", "ratio", "0-1", "of vehicle", "of control"),
    "a.u.": ("a.u.", "au", "rfu", "rlu", "mfi", "arbitrary units", "counts", "od", "fold"),
}
KNOWN = (*MOLAR, *MASS, *TIME, *CELLS, *SHARE, "a.u.")


def unit_called(text: str) -> str | None:
    """The unit of that spelling, or None; mM and MM, nm and nM are told apart only where they must be."""
    word = re.sub(r"\s+", " ", text.strip().replace("\u00b5", "u").replace("\u03bc", "u"))
    word = re.sub(r"^x ?10\^?6|^10\^6|^million(?: cells)?", "1e6", word)
    if word in KNOWN:
        return word
    folded = word.lower()
    named = next((unit for unit, words in WORDS.items() if folded in words), None)
    alike = [u for u in KNOWN if u.lower() == folded and u not in ("M", "mM")]
    return named or (alike[0] if len(alike) == 1 else None)


def split_header(header: str) -> tuple[str, str]:
    """A column's name without its unit, and the unit: `dose (uM)`, `dose [uM]`, `dose_uM`, `Time, h`."""
    for pattern in (
        r"(.*?)\s*[(\[]([^()\[\]]+)[)\]]\s*",
        r"(.*?)\s*,\s*(\S+)",
        r"(.*?)[_\s]+in[_\s]+(\S+)",
        r"(.*?)[_\s]+(\S+)",
    ):
        found = re.fullmatch(pattern, header.strip())
        if found and found[1] and (unit := unit_called(found[2].replace("_per_", "/"))) is not None:
            return found[1], unit
    return header.strip(), ""


def known_unit(text: str, place: str) -> str:
    """The unit of that spelling.

    Raises:
        PlateError: there is none.
    """
    unit = unit_called(text)
    if unit is None:
        raise PlateError(f"{place}: unit {text!r} is not one of {', '.join(KNOWN)}: write one of them")
    return unit


def amount(cell: Cell, place: str, decimal: str) -> tuple[float, str]:
    """A number and the unit behind it in the same cell, if there is one: `100 nM`, `1uM`, `0,5`."""
    if isinstance(cell, str) and (
        found := re.fullmatch(r"([<>=~\s]*[-+\d.,eE\s]*\d)\s*([^\d\s.,][^\d]*)", cell)
    ):
        return number_in(found[1], place, decimal), known_unit(found[2], place)
    return number_in(cell, place, decimal), ""


def in_nanomolar(value: float, unit: str, place: str, drug: str, molar_mass: Mapping[str, float]) -> float:
    """A dose of a drug in nM.

    Raises:
        PlateError: the unit is none of a dose, or a mass and the drug's molar mass is not known.
    """
    if unit in MOLAR:
        return value * MOLAR[unit]
    if unit in MASS:
        if drug not in molar_mass:
            raise PlateError(
                f"{place}: {drug} is dosed in {unit}, and its molar mass is not known: say "
                f"`molar_mass` {drug}=GRAMS_PER_MOL, or write nM"
            )
        return value * MASS[unit] / molar_mass[drug] * 1e3
    raise PlateError(f"{place}: {unit!r} is no unit of a dose: write one of {', '.join((*MOLAR, *MASS))}")


def in_ng_per_ml(value: float, unit: str, place: str) -> float:
    """IL-6 in ng/mL.

    Raises:
        PlateError: the unit is none of a concentration.
    """
    if unit in MASS:
        return value * MASS[unit]
    if unit in MOLAR:
        return value * MOLAR[unit] * IL6_KILODALTON
    raise PlateError(f"{place}: {unit!r} is no unit of IL-6: write one of {', '.join((*MASS, *MOLAR))}")


def converted(value: float, unit: str, place: str, table: Mapping[str, float], what: str) -> float:
    """A value in the unit whose factor in `table` is 1.

    Raises:
        PlateError: the unit is none of the table.
    """
    if unit not in table:
        raise PlateError(f"{place}: {unit!r} is no unit of {what}: write one of {', '.join(table)}")
    return value * table[unit]
