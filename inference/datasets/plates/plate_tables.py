"""Series of a plate as the tables of a PEtab problem on the whole-cell network."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from inference.datasets.plates.plate_rows import WellReading
from inference.datasets.plates.series import PlateSeries, dish_name
from inference.datasets.plates.spreadsheet import PlateError
from inference.study.priors import Prior
from inference.study.problem_tables import (
    Change,
    ExperimentRow,
    MeasurementRow,
    ObservableRow,
    ParameterRow,
    PeriodRow,
    Tables,
)
from models.catalogue import EFFECTS, Preset, with_parameters
from models.declare import Parameter
from models.dish import Dose, dish
from models.drugs import drug
from models.formula import formula
from models.network import Network
from models.readouts import available
from models.sbml.reader import read_sbml
from models.sbml.writer import to_sbml

WIDE = 5.0  # sd of the prior within which a parameter is explored
SCALE_SD, CELL_SCALE_SD = 2.0, 1.0  # sd of ln of a scale in arbitrary units, and of one over the vehicle
BLANK_SD, NOISE_SD = 1.0, 0.5
BLANK_SHARE = 0.1  # of the largest prediction: where the prior of a blank is centred
SHARE_PREFIX = "share_"  # of shares of one whole: gamma each, and normalised in the conditions


@dataclass(frozen=True)
class Centres:
    """Where the prior of an instrument is centred: one unit of its read-out, and its blank."""

    scale: float
    blank: float


@dataclass(frozen=True)
class PlateDesign:
    """A plate on a network and a kind of cell.

    Attributes:
        series: what was measured; preset: the cell; density: at time 0, 1e6/mL.
        vehicle_wells: wells behind a ratio whose vehicle is not in the table.
        before: priors of parameters in place of the declared ones (from a run).
    """

    id: str
    network: Network
    series: tuple[PlateSeries, ...]
    preset: Preset
    density: float
    vehicle_wells: int
    before: Mapping[str, Prior]


def candidates(design: PlateDesign) -> tuple[Parameter, ...]:
    """Parameters of the cell at hand that are believed to vary, estradiol's effects left out."""
    cell = with_parameters(design.network, design.preset.parameters)
    return tuple(
        p
        for p in cell.parameters
        if p.name in design.before or (p.name not in EFFECTS and p.belief.possible(p.value))
    )


def tables_of(
    design: PlateDesign, free: Collection[str], centres: Mapping[str, Centres] | None = None
) -> Tables:
    """The problem with these parameters of the cell estimated, and every instrument's own.

    Args:
        centres: by series; None: 1 for every scale and next to 0 for every blank, for a first look.
    """
    kept = [p for p in candidates(design) if p.name in free]
    shares = [p for p in kept if p.belief.shared]
    if shares:  # of one whole: all of them or none
        kept = [p for p in candidates(design) if p.name in free or p.belief.shared]
    text = to_sbml(design.network)
    own = [_cell_row(p, design.before) for p in kept]
    observables = [_observable(s, design.vehicle_wells) for s in design.series]
    for s in design.series:
        at = (centres or {}).get(s.id, Centres(1.0, 1e-9))
        own += _instrument(s, at)
    dishes: dict[str, WellReading] = {}
    measured = []
    for s, found in zip(design.series, observables, strict=True):
        measured += _measurements(s, found, dishes)
    _require_readouts(design)
    return Tables(
        design.id,
        read_sbml(text),
        text,
        tuple(_experiment(design, name, r, kept) for name, r in dishes.items()),
        tuple(o for found in observables for o in found),
        tuple(measured),
        tuple(own),
    )


def _require_readouts(design: PlateDesign) -> None:
    known = {o.name for o in available(design.network)}
    for s in design.series:
        if s.assay.readout not in known:
            raise PlateError(
                f"{s.rows[0].place}: {s.assay.readout} is not computed by {design.network.id}: leave it out"
            )


def _cell_row(p: Parameter, before: Mapping[str, Prior]) -> ParameterRow:
    """A parameter of the cell with its declared belief around the value it has in this cell."""
    said, unit = f"declared in {p.name}'s table", p.unit
    if p.name in before:
        prior = before[p.name]
        return ParameterRow(
            p.name, p.meaning, _centre(prior), prior.lower, prior.upper, True, prior, p.tags, unit, said
        )
    if p.belief.shared:
        shape = getattr(p.belief, "total", 1.0) * p.value
        prior = before.get(SHARE_PREFIX + p.name, Prior("gamma", (shape, 1.0), 1e-6, 20 + 5 * shape))
        return ParameterRow(
            SHARE_PREFIX + p.name,
            f"{p.meaning}, before division by the sum",
            shape,
            prior.lower,
            prior.upper,
            True,
            prior,
            p.tags,
            "-",
            said,
        )
    family = p.belief.family(p.value)
    if family is None:
        raise PlateError(f"{p.name}: is declared as fixed: leave it out of `estimate`")
    low, high = _bounds(family[0], family[1])
    prior = Prior(*family, low, high)
    return ParameterRow(p.name, p.meaning, p.value, low, high, True, prior, p.tags, unit, said)


def _bounds(family: str, numbers: tuple[float, ...]) -> tuple[float, float]:
    if family == "log-normal":
        wide = math.exp(WIDE * numbers[1])
        return math.exp(numbers[0]) / wide, math.exp(numbers[0]) * wide
    return (0.0, 1.0) if family in ("beta", "logit-normal") else (0.0, 2 * WIDE * numbers[0])


def _centre(prior: Prior) -> float:
    return math.exp(prior.parameters[0]) if prior.family == "log-normal" else prior.parameters[0]


def log_normal_row(name: str, words: str, centre: float, sd: float, unit: str = "-") -> ParameterRow:
    """A parameter that is log-normal around a centre."""
    wide = math.exp(WIDE * sd)
    prior = Prior("log-normal", (math.log(centre), sd), centre / wide, centre * wide)
    return ParameterRow(name, words, centre, centre / wide, centre * wide, True, prior, (), unit, "the plate")


def _instrument(s: PlateSeries, at: Centres) -> list[ParameterRow]:
    rows = []
    if s.scaled:
        sd = CELL_SCALE_SD if s.assay.counts_cells or s.assay.observable.relative_to_vehicle else SCALE_SD
        rows.append(log_normal_row(f"scale_{s.id}", f"signal of one unit: {s.title}", at.scale, sd))
    if s.assay.blank:
        rows.append(
            log_normal_row(f"blank_{s.id}", f"blank in units of the read-out: {s.title}", at.blank, BLANK_SD)
        )
    noise = s.assay.observable.noise
    words = "sd" if noise.kind == "additive" else "sd of ln"
    rows.append(log_normal_row(f"noise_{s.id}", f"{words}: {s.title}", noise.sd, NOISE_SD))
    return rows


def _observable(s: PlateSeries, vehicle_wells: int) -> tuple[ObservableRow, ...]:
    """The row of a series; a second one for the vehicle that a ratio was taken to."""
    o = s.assay.observable
    inside = o.formula + (sp.Symbol(f"blank_{s.id}") if s.assay.blank else 0)
    seen = sp.Symbol(f"scale_{s.id}") * inside if s.scaled else inside
    sd = sp.Symbol(f"noise_{s.id}")
    additive = o.noise.kind == "additive"
    family = "normal" if additive else "log-normal"
    noise = sd + sp.Float(o.noise.share) * seen if additive and o.noise.share else sd
    rows = [ObservableRow(s.id, s.title, formula(seen), formula(noise), family, None, (), "the plate")]
    if s.ratio:
        of = noise / sp.Float(math.sqrt(vehicle_wells))
        title = f"{s.title}: its vehicle, 1 by definition"
        rows.append(
            ObservableRow(f"{s.id}_vehicle", title, formula(seen), formula(of), family, None, (), "the plate")
        )
    return tuple(rows)


def _measurements(
    s: PlateSeries, found: Sequence[ObservableRow], dishes: dict[str, WellReading]
) -> list[MeasurementRow]:
    rows = []
    for r in s.rows:
        source = " ".join(filter(None, (r.plate, r.replicate or r.well)))
        name = _dish_of(r, dishes)
        rows.append(MeasurementRow(s.id, name, r.minutes, r.value, (), r.censored, r.place, source))
    if s.ratio:
        r = s.rows[0]
        vehicle = WellReading(r.place, r.assay, 1.0, "fraction", r.minutes, (), *r.surroundings)
        name = _dish_of(vehicle, dishes)
        rows.append(MeasurementRow(found[1].id, name, r.minutes, 1.0, (), 0, r.place, "by_definition"))
    return rows


def _dish_of(r: WellReading, dishes: dict[str, WellReading]) -> str:
    """The name of the dish of a reading; dishes whose names would be the same are numbered."""
    alike = ((n, o) for n, o in dishes.items() if (o.doses, o.surroundings) == (r.doses, r.surroundings))
    found = next(alike, None)
    if found is not None:
        return found[0]
    name, k = dish_name(r), 2
    while name in dishes:
        name, k = f"{dish_name(r)}_{k}", k + 1
    dishes[name] = r
    return name


def _experiment(design: PlateDesign, name: str, r: WellReading, free: Sequence[Parameter]) -> ExperimentRow:
    """The dish of a reading: pre-culture, fresh medium, drugs and surroundings from time 0 on."""
    inputs = {"BMSC": r.stroma, "contact": float(r.contact)} if r.stroma else {}
    estimated = {p.name for p in free}
    protocol = dish(
        design.network,
        name,
        preset=design.preset,
        il6=r.il6,
        inputs=inputs,
        doses=[Dose(drug(d), amount) for d, amount in r.doses],
        density=design.density,
    )
    own = {n: v for n, v in protocol.parameters.items() if n not in estimated}
    shares = [p.name for p in free if p.belief.shared]
    whole = sp.Add(*(sp.Symbol(SHARE_PREFIX + n) for n in shares))
    own |= {n: sp.Symbol(SHARE_PREFIX + n) / whole for n in shares}
    periods = []
    for i, p in enumerate(protocol.periods):
        if p.add and any(v != 0 for v in p.add.values()):
            raise PlateError(f"{r.place}: adds to what is in the medium, which a plate does not")
        changes = {**(own if i == 0 else {}), **p.inputs, **p.put}
        rows = tuple(Change(k, formula(v), r.place) for k, v in changes.items())
        periods.append(PeriodRow(float(p.start), rows, r.place))
    return ExperimentRow(name, tuple(periods), r.place)
