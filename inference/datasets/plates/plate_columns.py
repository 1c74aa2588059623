"""Which column of a table is the drug, the dose, the time ...: recognised, shown, corrected by options."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from inference.datasets.plates.assays import PlateAssay, assay_called
from inference.datasets.plates.plate_units import known_unit, split_header
from inference.datasets.plates.spreadsheet import PlateError, TidyTable
from models.nearest_name import unknown

# role -> (what it is, how its header is usually written)
ROLES: Mapping[str, tuple[str, str]] = {
    "line": ("the cell line", r"line|cell ?line|cells|cell|cell line name|primary cell line name"),
    "drug": ("the drug", r"drug|compound|treatment|inhibitor|agent|drug name|compound name|substance"),
    "dose": ("its dose", r"dose|conc|concentration|doses|drug conc|drug concentration|drug dose|final conc"),
    "dose_unit": ("the unit of the dose", r"dose unit|conc unit|concentration unit|unit|units"),
    "il6": ("IL-6", r"il ?6|interleukin ?6|il ?6 dose|il ?6 conc"),
    "stroma": ("stromal cells", r"stroma|bmsc|bmscs|stromal cells|coculture|co culture|hs ?5"),
    "contact": ("whether they touch", r"contact|touching"),
    "time": (
        "the time since the drug",
        r"time|timepoint|time point|duration|incubation|hours|minutes|days|"
        r"hour|min|h|day",
    ),
    "readout": ("what was measured", r"read ?out|assay|endpoint|analyte|target|marker|measured|observable"),
    "value": ("the measured value", r"value|signal|measurement|response|result|intensity|reading"),
    "value_unit": ("the unit of the value", r"value unit|signal unit|measurement unit"),
    "replicate": ("the replicate", r"replicate|rep|repeat|replica|technical replicate|biological replicate"),
    "plate": ("the plate or gel", r"plate|plate id|plate name|gel|blot id|batch|experiment|run|gel id"),
    "vehicle": ("whether a well is a vehicle", r"vehicle|control|is control|is vehicle|well type|type"),
    "well": ("the well", r"well|well id|position|well position"),
    "count0": ("the count at time 0 over the vehicle's at the end", r"count0|time ?0|t0|x0|count at time 0"),
}
MEASURED = ("dose", "il6", "stroma", "time")  # roles that have a unit
REPEATED = ("drug", "dose", "dose_unit")
TIME_WORDS = {"hours": "h", "hour": "h", "h": "h", "minutes": "min", "min": "min", "days": "d", "day": "d"}


@dataclass(frozen=True)
class Decided:
    """What somebody says about a table, by role; all of it optional.

    Attributes:
        columns: role -> header, where the guess is wrong or there is none.
        constants: role -> text that holds for every row of a table without such a column.
        units: role -> unit, where the header has none.
        molar_mass: drug -> g/mol, for doses in ng/mL.
        line: take the rows of this line alone; drugs: those of these drugs and of the vehicle alone.
        vehicle_wells: wells behind a ratio to a vehicle, where none of them is in the table.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    molar_mass: Mapping[str, float] = field(default_factory=dict)
    line: str = ""
    drugs: frozenset[str] = frozenset()
    vehicle_wells: int = 6


@dataclass(frozen=True)
class Recognised:
    """Where everything stands.

    Attributes:
        of: role -> header; further drugs are `drug 2`, `dose 2` ...
        units: role -> unit in the header or said.
        values: (header, its assay or None where a column says it) of each column of values.
        unused: headers that mean nothing here.
    """

    of: Mapping[str, str]
    units: Mapping[str, str]
    values: tuple[tuple[str, PlateAssay | None], ...]
    unused: tuple[str, ...]

    def told(self, constants: Mapping[str, str]) -> tuple[str, ...]:
        """A line a role: which column it is, in which unit."""
        lines = []
        for role, header in self.of.items():
            unit = self.units.get(role, "")
            lines.append(f"{role}: column {header!r}" + (f" in {unit}" if unit else ""))
        for header, assay in self.values:
            what = f" ({assay.observable.title})" if assay else ""
            unit = self.units.get(header, "")
            lines.append(f"value: column {header!r}{what}" + (f" in {unit}" if unit else ""))
        lines += [f"{role}: {text} in every row" for role, text in constants.items()]
        return (*lines, *(f"not used: column {h!r}" for h in self.unused))


def recognise(table: TidyTable, decided: Decided) -> Recognised:
    """Find the role of every column.

    Raises:
        PlateError: a role or header that is said is not there, two columns could be the same role, or no
            column is the value.
    """
    place = f"{table.name}:1"
    for name in (*decided.columns, *decided.constants, *decided.units):
        if re.sub(r" \d$", "", name) not in ROLES:
            raise PlateError(unknown(f"{place}: `columns`", name, ROLES))
    for role, header in decided.columns.items():
        if header not in table.columns:
            raise PlateError(unknown(f"{place}: `columns` {role}: column", header, table.columns))
    found: dict[str, list[tuple[str, str]]] = {}
    units: dict[str, str] = {}
    values: list[tuple[str, PlateAssay | None]] = []
    unused: list[str] = []
    said = {header: role for role, header in decided.columns.items()}
    for header in table.columns:
        bare, unit = split_header(header)
        role = said.get(header) or role_of(header) or role_of(bare)
        if role is None and (bracket := re.fullmatch(r"(.*?)\s*[(\[](.+)[)\]]\s*", header)):
            role = role_of(bracket[1]) if role_of(bracket[1]) in MEASURED else None
            unit = bracket[2] if role else unit  # refused below if it is none
        if role is not None and role in decided.columns and header != decided.columns[role]:
            unused.append(header)
            continue
        assay = None if role and role != "value" else assay_called(header) or assay_called(bare)
        if role == "value" or (role is None and assay is not None and "value" not in decided.columns):
            values.append((header, assay))
            units[header] = decided.units.get("value", unit)
        elif role is None:
            unused.append(header)
        else:
            found.setdefault(role, []).append((header, unit))
    for role, headers in found.items():
        if len(headers) > 1:
            both = " and ".join(repr(h) for h, _ in headers)
            raise PlateError(f"{place}: {both} could both be {_words(role)}: say `columns` {role}=HEADER")
        header, unit = headers[0]
        units[role] = (
            decided.units.get(role) or unit or (TIME_WORDS.get(header.lower(), "") if role == "time" else "")
        )
    of = {role: headers[0][0] for role, headers in found.items()}
    _values_told(place, values, of, decided)
    units |= {r: u for r, u in decided.units.items() if r not in units}
    units = {r: known_unit(u, f"{place}: {r}") if u else "" for r, u in units.items()}
    return Recognised(of, units, tuple(values), tuple(unused))


def role_of(header: str) -> str | None:
    """The role of a header, or None."""
    plain = re.sub(r"\s+", " ", re.sub(r"[^a-z0-9]+", " ", header.lower())).strip()
    repeated = re.fullmatch(r"(.*?) ?([2-4])", plain)
    for role, (_, pattern) in ROLES.items():
        if re.fullmatch(pattern, plain):
            return role
        if role in REPEATED and repeated and re.fullmatch(pattern, repeated[1]):
            return f"{role} {repeated[2]}"
    return None


def _words(role: str) -> str:
    return ROLES[re.sub(r" \d$", "", role)][0]


def _values_told(
    place: str, values: Sequence[tuple[str, PlateAssay | None]], of: Mapping[str, str], decided: Decided
) -> None:
    """One column of values, or several that each say what they hold."""
    if not values:
        raise PlateError(f"{place}: no column is the measured value: say `columns` value=HEADER")
    both = sorted(set(decided.constants) & set(of))
    if both:
        raise PlateError(
            f"{place}: {both[0]} is said for every row, and column {of[both[0]]!r} says it too: keep one"
        )
    unnamed = [h for h, a in values if a is None]
    if len(values) > 1 and ("readout" in of or "readout" in decided.constants or unnamed):
        raise PlateError(
            f"{place}: {' and '.join(repr(h) for h, _ in values)} could both be the measured "
            f"value: say `columns` value=HEADER"
        )
    if unnamed and "readout" not in of and "readout" not in decided.constants:
        raise PlateError(
            f"{place}: column {unnamed[0]!r} does not say what was measured: say `constants` "
            f"readout=viability (or pSTAT3, IL6_ELISA ...)"
        )
