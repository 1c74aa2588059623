"""Measurements in series: each shares an instrument, with a scale, a blank and a noise of its kind."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from inference.datasets.plates.assays import PlateAssay
from inference.datasets.plates.plate_rows import WellReading, of_growth
from inference.datasets.plates.plate_units import CELLS, SHARE, TIME
from inference.datasets.plates.spreadsheet import PlateError

NEAR = 0.05  # vehicles this close to 1, or to 100, in every group: the values are ratios to them
IN_MEDIUM = {"pg/mL": {"pg/mL": 1.0, "ng/mL": 1e3}, "ng/mL": {"pg/mL": 1e-3, "ng/mL": 1.0}}


@dataclass(frozen=True)
class PlateSeries:
    """Values of one read-out from one instrument.

    Attributes:
        id: of the observable; title: in words.
        assay: what was measured; rows: its values, converted to the unit of the model where it has one.
        scaled: whether its unit is its own, so that a scale is estimated.
        ratio: whether values are ratios to a vehicle that is not among the rows, so that it enters as 1.
        unit: of the values, for people; divided_by: what raw values were divided by.
    """

    id: str
    title: str
    assay: PlateAssay
    rows: tuple[WellReading, ...]
    scaled: bool
    ratio: bool
    unit: str
    divided_by: float = 1.0


def in_series(rows: Sequence[WellReading]) -> tuple[PlateSeries, ...]:
    """Readings grouped by instrument; every value in the unit of the model, or on a scale of its own.

    Raises:
        PlateError: a unit is missing or none of the read-out, a ratio has no vehicle, a value cannot be.
    """
    found: list[PlateSeries] = []
    by_readout: dict[tuple[str, bool], list[WellReading]] = {}
    for r in rows:
        r = of_growth(r)
        by_readout.setdefault((r.assay.readout, r.assay.growth), []).append(r)
    for readings in by_readout.values():
        first = readings[0].assay
        if first.observable.relative_to_vehicle or first.counts_cells:
            found += _over_vehicle(readings)
        elif first.observable.scale is None:
            found += _arbitrary(readings)
        else:
            found.append(_absolute(readings))
    return tuple(_positive(s) for s in _named(found))


def _over_vehicle(readings: list[WellReading]) -> list[PlateSeries]:
    """Counts of cells: absolute, raw, or over the vehicle."""
    assay = readings[0].assay
    units = {r.unit for r in readings}
    mixed = units & set(SHARE) and units - set(SHARE)
    if mixed:
        raise PlateError(
            f"{readings[0].place}: some values are in {', '.join(sorted(u or 'no unit' for u in units))}"
            f": give {assay.readout} in one unit"
        )
    if assay.readout == "count" and units <= set(CELLS):
        return [
            _series(assay, [replace(r, value=r.value * CELLS[r.unit]) for r in readings], False, "1e6/mL")
        ]
    wrong = units - {"", "a.u.", *SHARE} - (set(CELLS) if assay.readout == "count" else set())
    if wrong:
        r = next(r for r in readings if r.unit in wrong)
        raise PlateError(f"{r.place}: {r.unit!r} is no unit of {assay.readout}: write %, fraction or a.u.")
    factor = _share_of(readings, units)
    if factor is not None:
        return _ratios(assay, [replace(r, value=r.value * factor) for r in readings])
    return [_raw(assay, own) for own in _by(readings, lambda r: (r.plate,))]


def _share_of(readings: list[WellReading], units: set[str]) -> float | None:
    """The factor to a fraction of the vehicle; None for raw signals."""
    if units <= set(SHARE):
        if len(units) > 1:
            raise PlateError(f"{readings[0].place}: some values are in % and others in fraction: use one")
        return SHARE[units.pop()]
    vehicles = [
        float(np.mean([r.value for r in own if not r.doses]))
        for own in _by(readings, _group)
        if any(not r.doses for r in own)
    ]
    if not vehicles:
        if units == {""}:
            raise PlateError(
                f"{readings[0].place}: is the value a fraction of the vehicle, % of it, or a raw "
                f"signal? say `units` value=% (or fraction), or add the vehicle wells"
            )
        raise PlateError(
            f"{readings[0].place}: a raw signal needs its vehicle: add the vehicle wells, or give "
            f"% of the vehicle"
        )
    if units == {""} and not any(r.minutes == 0 for r in readings):
        for whole in (1.0, 100.0):
            if all(abs(v / whole - 1) <= NEAR for v in vehicles):
                return 1 / whole
    return None


def _group(r: WellReading) -> tuple:
    return (r.plate, r.minutes, r.surroundings)


def _by(readings: Sequence[WellReading], key) -> list[list[WellReading]]:
    found: dict[tuple, list[WellReading]] = {}
    for r in readings:
        found.setdefault(key(r), []).append(r)
    return list(found.values())


def _ratios(assay: PlateAssay, readings: list[WellReading]) -> list[PlateSeries]:
    """One series a vehicle: each plate, time and surroundings has its own."""
    early = next((r for r in readings if r.minutes == 0), None)
    if early is not None:
        raise PlateError(
            f"{early.place}: a ratio to the vehicle at time 0 says nothing: leave the row out, or "
            f"give raw signals"
        )
    found = []
    for own in _by(readings, _group):
        if all(not r.doses for r in own):
            raise PlateError(
                f"{own[0].place}: only the vehicle was measured here: leave it out, or give raw signals"
            )
        ratio = not any(not r.doses for r in own)
        found.append(_series(assay, own, True, "fraction of the vehicle", ratio=ratio))
    return found


def _raw(assay: PlateAssay, readings: list[WellReading]) -> PlateSeries:
    """The signals of one plate, divided by the mean of its last vehicle wells: a number, so that units go."""
    vehicles = [r for r in readings if not r.doses]
    if not vehicles:
        plate = f" of plate {readings[0].plate}" if readings[0].plate else ""
        raise PlateError(f"{readings[0].place}: no well{plate} is a vehicle: add its vehicle wells")
    last = max(r.minutes for r in vehicles)
    level = float(np.mean([r.value for r in vehicles if r.minutes == last]))
    if level <= 0:
        raise PlateError(
            f"{vehicles[0].place}: the vehicle wells have a mean of {level:g}: check the signals"
        )
    rows = [replace(r, value=r.value / level) for r in readings]
    return _series(assay, rows, True, f"signal over {level:.6g}, the mean of the vehicle", divided_by=level)


def _arbitrary(readings: list[WellReading]) -> list[PlateSeries]:
    wrong = next((r for r in readings if r.unit not in ("", "a.u.", *SHARE)), None)
    if wrong is not None:
        raise PlateError(
            f"{wrong.place}: {wrong.unit!r} is no unit of {wrong.assay.readout}, which has arbitrary "
            f"units here: write a.u."
        )
    return [_series(own[0].assay, own, True, "a.u.") for own in _by(readings, lambda r: (r.plate,))]


def _absolute(readings: list[WellReading]) -> PlateSeries:
    """Values that have the unit of the model's read-out, or one that can be converted to it."""
    assay = readings[0].assay
    unit = assay.observable.unit
    table = IN_MEDIUM.get(unit) or (SHARE if unit in ("fraction", "0-1") else {unit: 1.0, "": 1.0})
    rows = []
    for r in readings:
        if r.unit not in table:
            said = f"{r.unit!r} is no unit of {assay.readout}" if r.unit else f"{assay.readout} has no unit"
            known = [u for u in table if u]
            raise PlateError(
                f"{r.place}: {said}: write {' or '.join(known)}, in the header or by `units` value={known[0]}"
            )
        value = r.value * table[r.unit]
        if table is SHARE and not -0.1 <= value <= 1.1:
            raise PlateError(
                f"{r.place}: {assay.readout} {value:g} is no share between 0 and 1: check its unit"
            )
        rows.append(replace(r, value=value))
    return _series(assay, rows, False, unit)


def _series(
    assay: PlateAssay,
    rows: list[WellReading],
    scaled: bool,
    unit: str,
    *,
    ratio: bool = False,
    divided_by: float = 1.0,
) -> PlateSeries:
    return PlateSeries(
        assay.readout, assay.observable.title, assay, tuple(rows), scaled, ratio, unit, divided_by
    )


def _positive(series: PlateSeries) -> PlateSeries:
    """Refuse what has no logarithm where the noise is one of logarithms, and what is far below 0."""
    for r in series.rows:
        if series.assay.observable.noise.kind != "additive" and r.value <= 0:
            raise PlateError(
                f"{r.place}: {series.assay.readout} {r.value:g} has no logarithm, which its noise "
                f"needs: write '<LIMIT' with the limit of detection"
            )
        if r.value < -0.5:
            raise PlateError(
                f"{r.place}: {series.assay.readout} {r.value:g} is far below 0: is it a change "
                f"rather than a share? give the share that is left"
            )
    return series


def slug(text: str) -> str:
    """The text as a name that PEtab takes."""
    word = re.sub(r"\W+", "_", text.replace("+", "_and_").replace(".", "p")).strip("_")
    return word if word and not word[0].isdigit() else f"x{word}"


def _named(found: list[PlateSeries]) -> list[PlateSeries]:
    """Names that tell series of one read-out apart: by plate, time and surroundings where those differ."""
    out, taken = [], set()
    for s in found:
        alike = [o for o in found if o.assay.readout == s.assay.readout]
        r = s.rows[0]
        parts = [s.assay.readout]
        if len({o.rows[0].plate for o in alike}) > 1:
            parts.append(r.plate or "plate")
        if s.ratio or s.unit.startswith("fraction"):
            if len({o.rows[0].minutes for o in alike}) > 1:
                parts.append(f"{r.minutes / TIME['h']:g}h")
            if len({o.rows[0].surroundings for o in alike}) > 1:
                parts.append(_around(r))
        name, k = slug("_".join(parts)), 2
        while name in taken:
            name, k = slug("_".join([*parts, str(k)])), k + 1
        taken.add(name)
        title = ", ".join([s.title, *(p for p in parts[1:])])
        out.append(replace(s, id=name, title=title))
    return out


def _around(r: WellReading) -> str:
    said = [f"IL6_{r.il6:g}"] if r.il6 else []
    said += [f"stroma_{r.stroma:g}" + ("" if r.contact else "_apart")] if r.stroma else []
    return "_".join(said) or "alone"


def dish_name(r: WellReading) -> str:
    """The dish of a reading, as a name."""
    said = [f"{drug}_{dose:.6g}nM" for drug, dose in r.doses] or ["vehicle"]
    return slug("__".join([*said, *([] if _around(r) == "alone" else [_around(r)])]))
