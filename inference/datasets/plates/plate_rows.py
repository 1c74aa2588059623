"""Rows of a table as measurements in the units of the network: one value of one well."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from inference.datasets.plates.assays import PlateAssay, assay_called, nearest_assay
from inference.datasets.plates.plate_columns import Decided, Recognised
from inference.datasets.plates.plate_maps import well_called
from inference.datasets.plates.plate_units import (
    CELLS,
    TIME,
    amount,
    converted,
    in_nanomolar,
    in_ng_per_ml,
    known_unit,
)
from inference.datasets.plates.spreadsheet import Cell, PlateError, TidyTable, number_in
from inference.resistance.conditions import CONDITIONS
from models.drugs import drug, drug_names
from models.nearest_name import unknown

NOTHING = re.compile(
    r"|-|none|no|no drug|vehicle|dmso|untreated|control|ctrl|medium|media|pbs|water|ethanol|etoh|nan|na|n/a"
    r"|0(\.0+)?"
)
YES = re.compile(r"yes|y|true|1(\.0+)?|vehicle|control|ctrl|dmso|untreated|negative control|neg|nc|\+")
NO = re.compile(r"|no|n|false|0(\.0+)?|-|treated|sample|drug|treatment|test")


@dataclass(frozen=True)
class WellReading:
    """One measured value.

    Attributes:
        place: `file:row`.
        assay: what was measured; unit: of the value, "" where none is said.
        minutes: since drug and cytokine were given.
        doses: (drug, nM) by name, none of them 0; il6: ng/mL; stroma: 1e6/mL; contact: whether it is touched.
        censored: -1 the truth is at most `value`, +1 at least.
        count0: for growth rates: the count at time 0 over the vehicle's at the end.
    """

    place: str
    assay: PlateAssay
    value: float
    unit: str
    minutes: float
    doses: tuple[tuple[str, float], ...]
    il6: float
    stroma: float
    contact: bool
    line: str = ""
    replicate: str = ""
    plate: str = ""
    well: str = ""
    censored: int = 0
    count0: float = 0.0

    @property
    def surroundings(self) -> tuple[float, float, bool]:
        """All but the drugs: IL-6, stroma, contact."""
        return self.il6, self.stroma, self.contact


def readings(table: TidyTable, found: Recognised, decided: Decided) -> tuple[WellReading, ...]:
    """The rows of one line as measurements.

    Raises:
        PlateError: file, row, column, what is wrong, what to do.
    """
    rows: list[WellReading] = []
    for place, cells in table.rows:
        for header, assay in found.values:
            if cells[header] != "" and (row := _Row(place, cells, table, found, decided)).wanted():
                read = row.reading(header, assay)
                if not decided.drugs or {d for d, _ in read.doses} <= decided.drugs:
                    rows.append(read)
    if not rows:
        raise PlateError(
            f"{table.name}: no row has a value"
            + (f" of line {decided.line}" if decided.line else "")
            + ": check the columns"
        )
    lines = list(dict.fromkeys(r.line for r in rows))
    if len(lines) > 1:
        raise PlateError(
            f"{table.name}: holds the lines {', '.join(lines[:8])}: a study is about one: name it by `line`"
        )
    _no_duplicates(rows)
    return tuple(rows)


def _no_duplicates(rows: Sequence[WellReading]) -> None:
    seen: dict[tuple, str] = {}
    for r in rows:
        same = (r.assay, r.minutes, r.plate, r.replicate)
        key = (*same, r.well) if r.well else (*same, r.doses, r.surroundings) if r.replicate else None
        if key in seen:
            what = f"well {r.well}" if r.well else f"replicate {r.replicate} of the same dish"
            raise PlateError(
                f"{r.place}: {what} is there already ({seen[key]}): keep one row, or tell plates "
                f"and replicates apart by a column"
            )
        if key is not None:
            seen[key] = r.place


@dataclass(frozen=True)
class _Row:
    """A row of the table while it is read."""

    place: str
    cells: Mapping[str, Cell]
    table: TidyTable
    found: Recognised
    decided: Decided

    def at(self, role: str) -> str:
        """The place of one cell."""
        header = self.found.of.get(role)
        return f"{self.place}: column {header!r}" if header else f"{self.place}: {role}"

    def cell(self, role: str) -> Cell:
        header = self.found.of.get(role)
        return self.decided.constants.get(role, "") if header is None else self.cells[header]

    def text(self, role: str) -> str:
        c = self.cell(role)
        return c.strip() if isinstance(c, str) else f"{c:g}"

    def unit(self, role: str) -> str:
        return self.found.units.get(role, "")

    def wanted(self) -> bool:
        return not self.decided.line or _letters(self.text("line")) == _letters(self.decided.line)

    def reading(self, header: str, assay: PlateAssay | None) -> WellReading:
        assay = assay or self._assay()
        il6 = self._il6()
        stroma, contact = self._stroma()
        value, unit, censored = self._value(header)
        well = self.text("well")
        if assay.powers_of_two:
            value, unit = 2.0**-value, "a.u."
        return WellReading(
            place=self.place,
            assay=assay,
            value=value,
            unit=unit,
            minutes=self._minutes(),
            doses=self._doses(),
            il6=il6,
            stroma=stroma,
            contact=contact,
            line=self.text("line"),
            replicate=self.text("replicate"),
            plate=self.text("plate"),
            well=well_called(well, self.at("well")) if well else "",
            censored=-censored if assay.powers_of_two else censored,
            count0=self._count0(assay),
        )

    def _assay(self) -> PlateAssay:
        named = self.text("readout")
        found = assay_called(named) if named else None
        if found is None:
            raise PlateError(f"{self.at('readout')}: read-out {named!r} is not known: {nearest_assay(named)}")
        return found

    def _value(self, header: str) -> tuple[float, str, int]:
        place, cell = f"{self.place}: column {header!r}", self.cells[header]
        censored = 0
        if isinstance(cell, str) and cell[:1] in "<>" and cell:
            censored = -1 if cell[0] == "<" else 1
            cell = cell.lstrip("<>= ")
        value, own = amount(cell, place, self.table.decimal)
        said = self.text("value_unit")
        unit = own or (known_unit(said, self.at("value_unit")) if said else "") or self.unit(header)
        return value, unit or self.unit("value"), censored

    def _minutes(self) -> float:
        cell, place = self.cell("time"), self.at("time")
        if cell == "":
            raise PlateError(
                f"{place}: the time since the drug is missing: add a column 'time (h)', or say "
                f"`constants` time=48h"
            )
        value, own = amount(cell, place, self.table.decimal)
        unit = own or self.unit("time")
        if not unit:
            raise PlateError(
                f"{place}: {value:g} has no unit: name the column 'time (h)', or say `units` time=h"
            )
        minutes = converted(value, unit, place, TIME, "time")
        if minutes < 0:
            raise PlateError(f"{place}: {value:g} is before the drug: write 0 or more")
        return minutes

    def _doses(self) -> tuple[tuple[str, float], ...]:
        given: dict[str, float] = {}
        vehicle = self._is_vehicle()
        roles = [r for r in ("drug", "drug 2", "drug 3", "drug 4") if self.cell(r) != "" or r == "drug"]
        for role in roles:
            for name, nanomolar in self._doses_of(role):
                if name in given:
                    raise PlateError(
                        f"{self.at(role)}: {name} is given twice in one well: write its whole dose"
                    )
                if nanomolar > 0:
                    given[name] = nanomolar
        if vehicle and given:
            name, dose = next(iter(given.items()))
            raise PlateError(
                f"{self.at('vehicle')}: the vehicle has a dose, {name} {dose:g} nM: make it 0 or "
                f"the well none of the vehicle's"
            )
        return tuple(sorted(given.items()))

    def _is_vehicle(self) -> bool:
        said = self.text("vehicle").lower()
        if YES.fullmatch(said):
            return True
        if not NO.fullmatch(said):
            raise PlateError(
                f"{self.at('vehicle')}: {said!r} is neither yes nor no: write yes for vehicle wells"
            )
        return False

    def _doses_of(self, role: str) -> Iterable[tuple[str, float]]:
        amounts = role.replace("drug", "dose")
        named, doses = self.text(role), self.cell(amounts)
        names = [n.strip() for n in re.split(r"\s\+\s", named)]
        cells: list[Cell] = (
            [c.strip() for c in re.split(r"\s\+\s", doses)] if isinstance(doses, str) else [doses]
        )
        if len(names) > 1 and len(cells) != len(names):
            raise PlateError(
                f"{self.at(amounts)}: has {len(cells)} doses for {len(names)} drugs: write one for "
                f"each, with ' + ' between them"
            )
        for name, cell in zip(names, cells, strict=len(names) > 1):
            yield from self._dose(role, amounts, name, cell)

    def _dose(self, role: str, amounts: str, name: str, cell: Cell) -> Iterable[tuple[str, float]]:
        place = self.at(amounts)
        value, own = (0.0, "") if cell == "" or no_drug(cell) else amount(cell, place, self.table.decimal)
        if no_drug(name):
            if value:
                raise PlateError(
                    f"{place}: the vehicle {name!r} has a dose of {value:g}: leave it empty, or name the drug"
                )
            return
        try:
            declared = drug(name)
        except KeyError:
            raise PlateError(
                unknown(f"{self.at(role)}: drug", name, drug_names(), see="gp130 help drugs")
            ) from None
        if cell == "" and not self._is_vehicle():
            raise PlateError(f"{place}: {declared.name} has no dose: write one, or 0 for its vehicle")
        if value < 0:
            raise PlateError(f"{place}: {value:g} is negative: write 0 or more")
        if value == 0:
            return
        said = self.text(amounts.replace("dose", "dose_unit")) or self.text("dose_unit")
        unit = own or (known_unit(said, self.at("dose_unit")) if said else "") or self.unit(amounts)
        unit = unit or self.unit("dose")
        if not unit:
            raise PlateError(
                f"{place}: {value:g} has no unit: name the column 'dose (nM)', or say `units` {amounts}=nM"
            )
        yield declared.name, in_nanomolar(value, unit, place, declared.name, self.decided.molar_mass)

    def _il6(self) -> float:
        cell, place = self.cell("il6"), self.at("il6")
        if no_drug(cell):
            return 0.0
        if isinstance(cell, str) and cell.lower() in ("yes", "y", "true", "+"):
            return CONDITIONS["il6"].il6
        value, own = amount(cell, place, self.table.decimal)
        if value < 0:
            raise PlateError(f"{place}: {value:g} is negative: write 0 or more")
        unit = own or self.unit("il6")
        if not unit:
            raise PlateError(
                f"{place}: {value:g} has no unit: name the column 'IL-6 (ng/mL)', or say `units` il6=ng/mL"
            )
        return in_ng_per_ml(value, unit, place)

    def _stroma(self) -> tuple[float, bool]:
        cell, place = self.cell("stroma"), self.at("stroma")
        touching = self.text("contact").lower()
        usual = CONDITIONS["stroma"].inputs
        if no_drug(cell):
            if touching and not NO.fullmatch(touching):
                raise PlateError(f"{place}: cells touch a stroma that is not there: say how much there is")
            return 0.0, False
        if isinstance(cell, str) and cell.lower() in ("yes", "y", "true", "+"):
            value = usual["BMSC"]
        else:
            value, own = amount(cell, place, self.table.decimal)
            unit = own or self.unit("stroma")
            if value and not unit:
                raise PlateError(
                    f"{place}: {value:g} has no unit: name the column 'stroma (1e6/mL)', or say "
                    f"`units` stroma=1e6/mL"
                )
            value = converted(value, unit, place, CELLS, "cells") if value else 0.0
        return value, bool(value) and (not touching or not NO.fullmatch(touching))

    def _count0(self, assay: PlateAssay) -> float:
        if not assay.growth:
            return 0.0
        cell = self.cell("count0")
        if cell == "":
            raise PlateError(
                f"{self.at('count0')}: a growth rate needs the count at time 0 over the vehicle's at "
                f"the end: add a column 'count0', or give the counts themselves"
            )
        share = number_in(cell, self.at("count0"), self.table.decimal)
        if not 0 < share < 1:
            raise PlateError(
                f"{self.at('count0')}: {share:g} is not between 0 and 1: the count at time 0 over "
                f"that of the vehicle at the end"
            )
        return share


def no_drug(cell: Cell) -> bool:
    """Whether a cell says that there is none: empty, 0, DMSO, vehicle ..."""
    return NOTHING.fullmatch(cell.strip().lower()) is not None if isinstance(cell, str) else cell == 0


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def of_growth(r: WellReading) -> WellReading:
    """A growth rate GR = 2^(log2(x / x0) / log2(c / x0)) - 1 as the count x over the vehicle's c.

    x / c = (c / x0)^(log2(1 + GR) - 1), with the share x0 / c given (Hafner 2016, Nat Methods 13:521).

    Raises:
        PlateError: the rate is not above -1.
    """
    import math

    if not r.assay.growth:
        return r
    if r.value <= -1:
        raise PlateError(
            f"{r.place}: the growth rate {r.value:g} is not above -1: no count has it; give the "
            f"count, or leave the row out"
        )
    left = (1 / r.count0) ** (math.log2(1 + r.value) - 1)
    return replace(r, value=left, unit="fraction", assay=replace(r.assay, growth=False))
