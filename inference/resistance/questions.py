"""Questions about resistance: which dishes to compare, and the one number that says how well the cells get
through.

Every read-out is a natural logarithm, larger = more resistant, so that its slope with respect to a ln
parameter is an elasticity and effects on different read-outs can be set side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Bool, Float

from models import catalogue
from models.catalogue import EFFECTS, HYPOTHESES, PRESETS
from models.dish import Dose, dish
from models.drugs import Drug
from models.engine.compile import System, compile_network, observable
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule, schedule
from models.network import Network
from models.reduce import reduced

Observe = Callable[[Array, tuple[Array, ...], tuple[Array, ...]], tuple[Array, ...]]
Start = tuple[Float[Array, "set species"], Bool[Array, " set"]]
Function = Callable[[Float[Array, "set factor"]], Float[Array, " set"]]

CONDITIONS: dict[str, tuple[float, Mapping[str, float], str]] = {  # IL-6 (ng/mL), inputs, in words
    "alone": (0.0, {}, "alone"),
    "il6": (10.0, {}, "with IL-6 10 ng/mL"),
    "stroma": (0.0, {"BMSC": 0.1, "contact": 1.0}, "touching stromal cells"),
    "niche": (0.0, {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}, "in the niche (stroma, fat cells, contact)"),
}
READOUTS = {
    "lnv": "log viability",
    "auc": "log area under the viability curve over log dose",
    "ri": "log resistance index (area under the viability curve, over that of the cell alone)",
    "reserve": "log anti-apoptotic reserve (capacity over BH3 load)",
    "escape": "log share of the pSTAT3 signal (0 to 120 min) that escapes",
}
READ = {"lnv": ("N",), "auc": ("N",), "ri": ("N",), "reserve": ("cap", "BH3"), "escape": ("pS",)}
DECADES = np.linspace(-1.5, 1.5, 7)  # doses of a curve, in powers of ten around the dose of the question
LONGEST = 720.0  # h; a culture that is not split for a month is no experiment
MAX_STEPS = 40_000  # NF-kB of some draws oscillates through all of the pre-culture, about 100 steps a turn
AREA_TIMES = np.arange(0.0, 121.0, 2.0)  # min; pSTAT3 changes over tens of minutes


class QuestionError(ValueError):
    """A question that has no answer: place, finding, remedy."""


@dataclass(frozen=True)
class Question:
    """What is measured in which dishes.

    Attributes:
        readout: one of `READOUTS`.
        drugs: (drug, nM) each; all given at t = 0.
        condition: one of `CONDITIONS`, from t = 0 on.
        preset: name of a preset of the catalogue.
        estradiol: nM, from the pre-culture on.
        hours: length of the treatment.
        hypothesis: what estradiol does, H0 to H6.
        transit: whether SOCS3 mRNA has its transit compartment, as in fits to SOCS3 mRNA.
    """

    readout: str
    drugs: tuple[tuple[Drug, float], ...]
    condition: str = "alone"
    preset: str = "mm1s"
    estradiol: float = 0.0
    hours: float = 48.0
    hypothesis: str = "H1"
    transit: bool = False

    def __post_init__(self) -> None:
        known_names = {
            "readout": READOUTS,
            "condition": CONDITIONS,
            "preset": PRESETS,
            "hypothesis": HYPOTHESES,
        }
        for option, known in known_names.items():
            if (value := getattr(self, option)) not in known:
                raise QuestionError(f"--{option} {value}: is not one of {', '.join(known)}")
        if not self.drugs:
            raise QuestionError(
                "--drug: none given: resistance to what? for example --drug dexamethasone=300"
            )
        for drug, dose in self.drugs:
            if not (math.isfinite(dose) and dose > 0):
                raise QuestionError(f"--drug {drug.name}={dose:g}: a dose is a positive number of nM")
        names = [drug.name for drug, _ in self.drugs]
        if twice := next((n for n in names if names.count(n) > 1), None):
            raise QuestionError(f"--drug {twice}: given twice: name each drug once, with its whole dose")
        if not 1 <= self.hours <= LONGEST:
            raise QuestionError(
                f"--hours {self.hours:g}: is not a length of treatment between 1 and {LONGEST:g} h"
            )
        if self.readout == "ri" and self.condition == "alone":
            raise QuestionError(
                "--readout ri: compares a condition with the cell alone: add --condition il6, stroma or niche"
            )
        if not (math.isfinite(self.estradiol) and self.estradiol >= 0):
            raise QuestionError(f"--estradiol {self.estradiol:g}: is not a concentration in nM")

    def words(self) -> str:
        """The question in words, for titles."""
        drugs = " + ".join(f"{d.name} {dose:g} nM" for d, dose in self.drugs)
        estradiol = f", estradiol {self.estradiol:g} nM" if self.estradiol else ""
        when = "" if self.readout == "escape" else f" after {self.hours:g} h"
        return (
            f"{READOUTS[self.readout]}{when}: {PRESETS[self.preset].title} cell "
            f"{CONDITIONS[self.condition][2]}{estradiol}, {drugs}"
        )

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions of its dishes."""
        return (self.condition, "alone") if self.readout == "ri" else (self.condition,)


@lru_cache(maxsize=32)
def network_of(question: Question) -> Network:
    """What can change the answer, and no more: exact, and smaller to compile and to solve than the whole
    cell.

    Raises:
        QuestionError: a drug or estradiol of the question cannot change its read-out.
    """
    small = question.readout == "escape" and question.condition in ("alone", "il6")
    base = catalogue.core(question.transit) if small else catalogue.niche(question.transit)
    known = {p.name for p in base.parameters}
    base = catalogue.with_parameters(
        base, {k: v for k, v in PRESETS[question.preset].parameters.items() if k in known}
    )
    used = {d.input for d, _ in question.drugs} | {n for c in question.conditions for n in CONDITIONS[c][1]}
    used |= {"E2"} if question.estradiol else set()
    free = HYPOTHESES[question.hypothesis].free
    absent = {
        u.name for u in base.inputs if u.default == 0 and u.name not in used | {"frozen", "clamped", "ST"}
    }
    absent |= {e for e in EFFECTS if e != free}
    network = reduced(base, READ[question.readout], absent)
    left = {u.name for u in network.inputs}
    for drug, dose in question.drugs:
        if drug.input not in left:
            raise QuestionError(
                f"--drug {drug.name}={dose:g}: cannot change the {READOUTS[question.readout]} in this "
                f"condition: "
                "choose another drug, --readout or --condition"
            )
    if question.estradiol and "E2" not in left:
        raise QuestionError(
            f"--estradiol {question.estradiol:g}: does nothing to this read-out under {question.hypothesis}: "
            "leave it out or choose another --hypothesis"
        )
    return network


class Plan(eqx.Module):
    """A question as arrays: one pre-culture, several dishes that continue from it, what is read, how it is
    joined.

    Attributes:
        preculture: schedule of the one period before t = 0.
        treatments: schedules of the dishes from t = 0 on, leading axis dish, one period.
        times: (time,) min.
        observe: what is read at them.
        answer: (dish, time, observable) -> the read-out.
        lanes: sets that step side by side; fewer than sets at once, because a lane whose set is done takes
            the next.
    """

    system: System = eqx.field(static=True)
    preculture: Schedule
    treatments: Schedule
    times: Float[Array, " time"]
    observe: Observe = eqx.field(static=True)
    answer: Callable[[Float[Array, "dish time observable"]], Float[Array, ""]] = eqx.field(static=True)
    lanes: int = eqx.field(static=True)


def plan(question: Question, lanes: int = 512) -> Plan:
    """Which dishes answer the question, and how; `lanes` as in `Plan`."""
    network = network_of(question)
    system = compile_network(network)
    dishes = dishes_of(question)
    first = jax.tree.map(lambda x: x[:1], dish_schedule(system, question, *dishes[0]))
    rest = treatment(system, question)
    times = AREA_TIMES if question.readout == "escape" else np.array([60 * question.hours])
    return Plan(
        system,
        first,
        rest,
        jnp.asarray(times),
        observing(network, READ[question.readout]),
        _ANSWERS[question.readout],
        lanes,
    )


@lru_cache(maxsize=32)
def observing(network: Network, names: tuple[str, ...]) -> Observe:
    """(t, y, args) -> these species and derived quantities; the same function for the same names, so nothing
    compiles twice.
    """
    functions = [observable(network, sp.Symbol(n)) for n in names]
    return lambda t, y, args: tuple(f(t, y, args) for f in functions)


def dishes_of(question: Question) -> list[tuple[tuple[tuple[Drug, float], ...], str]]:
    """(drugs, condition) of each dish, in the order that the answer expects."""
    curve = [tuple((d, dose * 10.0**k) for d, dose in question.drugs) for k in DECADES]
    here = question.condition
    match question.readout:
        case "reserve":
            return [(question.drugs, here)]
        case "auc":
            return [*((c, here) for c in curve), ((), here)]
        case "ri":
            return [*((c, here) for c in curve), ((), here), *((c, "alone") for c in curve), ((), "alone")]
    return [(question.drugs, here), ((), here)]


def treatment(system: System, question: Question) -> Schedule:
    """Schedules from t = 0 on of the dishes of a question, leading axis dish."""
    schedules = [
        dish_schedule(system, question, drugs, condition) for drugs, condition in dishes_of(question)
    ]
    return jax.tree.map(lambda *x: jnp.stack(x), *[jax.tree.map(lambda x: x[1:], s) for s in schedules])


def dish_schedule(
    system: System, question: Question, drugs: Sequence[tuple[Drug, float]], condition: str
) -> Schedule:
    """Pre-culture and treatment of one dish with the preset and estradiol of the question, as two periods."""
    il6, inputs, _ = CONDITIONS[condition]
    estradiol = {"E2": question.estradiol} if question.estradiol else {}
    known = {k: v for k, v in inputs.items() if k in system.inputs}
    protocol = dish(
        system.network,
        condition,
        preset=PRESETS[question.preset],
        il6=il6,
        inputs={**known, **estradiol},
        pre=estradiol,
        doses=[Dose(d, dose) for d, dose in drugs],
    )
    return schedule(system, replace(protocol, parameters={}), {})


def _ln_ratio(y: Float[Array, "dish time observable"]) -> Float[Array, ""]:
    return jnp.log(y[0, -1, 0]) - jnp.log(y[1, -1, 0])


def _ln_area(n: Float[Array, " dish"]) -> Float[Array, ""]:
    """ln of the mean viability over ln dose, between 0 and 1; the last dish is the vehicle. Trapezoids, even
    doses.
    """
    v = n[:-1] / n[-1]
    return jnp.log((v.sum() - (v[0] + v[-1]) / 2) / (len(DECADES) - 1))


_ANSWERS: dict[str, Callable[[Float[Array, "dish time observable"]], Float[Array, ""]]] = {
    "lnv": _ln_ratio,
    "escape": lambda y: (
        jnp.log(jnp.trapezoid(y[0, :, 0], AREA_TIMES)) - jnp.log(jnp.trapezoid(y[1, :, 0], AREA_TIMES))
    ),
    "reserve": lambda y: jnp.log(y[0, -1, 0]) - jnp.log(y[0, -1, 1]),
    "auc": lambda y: _ln_area(y[:, -1, 0]),
    "ri": lambda y: _ln_area(y[: len(DECADES) + 1, -1, 0]) - _ln_area(y[len(DECADES) + 1 :, -1, 0]),
}


def dishes_per_set(what: Plan) -> int:
    """Simulations that one set of parameters needs, the pre-culture not counted."""
    return what.treatments.starts.shape[0]


def parameters(
    what: Plan,
    names: Sequence[str],
    shares: Sequence[Sequence[int]],
    ln_values: Float[Array, "set factor"],
) -> Float[Array, "set parameter"]:
    """Full parameter vectors: nominal but for `names`; the values of each group in `shares` are made to add
    up to 1.
    """
    values = jnp.exp(ln_values)
    for group in shares:
        g = jnp.asarray(group)
        values = values / jnp.ones_like(values).at[:, g].set(values[:, g].sum(axis=1, keepdims=True))
    nominal = jnp.asarray(what.system.nominal[: len(what.system.parameters)])
    where = np.array([what.system.parameters.index(n) for n in names], dtype=int)
    return jnp.broadcast_to(nominal, (len(ln_values), len(nominal))).at[:, where].set(values)


def culture(
    what: Plan,
    values: Float[Array, "set parameter"],
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
    real: Bool[Array, " set"] | None = None,
) -> Start:
    """The state of each set of parameters at the end of the pre-culture, and whether it could be solved.

    Sets that are not `real` only fill the batch and are not solved.
    """
    ends = jnp.zeros(len(values)) if real is None else jnp.where(real, 0.0, jnp.inf)
    times = jnp.full((len(values), len(what.times)), jnp.inf).at[:, 0].set(ends)
    found = _lanes(what, values, _repeat(what.preculture, len(values)), times, rtol, atol, wanted)
    return found.values[:, 0, :], found.ok


def treat(
    what: Plan,
    dish: int,
    values: Float[Array, "set parameter"],
    start: Start,
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
) -> tuple[Float[Array, "set time observable"], Bool[Array, " set"]]:
    """One dish of each set from t = 0 on: what is observed, and whether it could be solved.

    Args:
        values: parameters of the treatment; those of the pre-culture may have been others.
        start: what `culture` gave.
    """
    here = jax.tree.map(lambda x: x[dish], what.treatments)
    return treat_each(what, _repeat(here, len(values)), values, start, rtol=rtol, atol=atol, wanted=wanted)


def treat_each(
    what: Plan,
    dishes: Schedule,
    values: Float[Array, "set parameter"],
    start: Start,
    *,
    rtol: float,
    atol: float,
    wanted: Sequence[str] = (),
    times: Float[Array, "set time"] | None = None,
) -> tuple[Float[Array, "set time observable"], Bool[Array, " set"]]:
    """As `treat`, with a dish of its own for each set (leading axis of `dishes`) and, where given, its own
    output times.
    """
    state = dishes.keep * start[0][:, None, :] + dishes.add  # (set, period, species)
    schedules = Schedule(dishes.starts, dishes.inputs, jnp.zeros_like(state), state)
    asked = jnp.broadcast_to(what.times, (len(values), len(what.times))) if times is None else times
    found = _lanes(what, values, schedules, asked, rtol, atol, wanted)
    columns = tuple(jnp.moveaxis(found.values, -1, 0))
    args = (*jnp.moveaxis(values[:, :, None], 1, 0), *jnp.moveaxis(dishes.inputs[:, 0, :, None], 1, 0))
    seen = jnp.stack(
        [jnp.broadcast_to(o, columns[0].shape) for o in what.observe(what.times, columns, args)], axis=-1
    )
    return seen, start[1] & found.ok


def _lanes(
    what: Plan,
    values: Array,
    schedules: Schedule,
    times: Array,
    rtol: float,
    atol: float,
    wanted: Sequence[str],
) -> Trajectory:
    """Pre-culture and treatment have the same shapes and types and read all species, so that one program
    serves for both.
    """
    strong = jax.tree.map(
        lambda x: jnp.asarray(x, float), schedules
    )  # a weakly typed number would compile everything once more
    return simulate_lanes(
        what.system,
        values,
        strong,
        times,
        rtol=rtol,
        atol=atol,
        max_steps=MAX_STEPS,
        wanted=tuple(wanted),
        lanes=what.lanes,
    )


def _repeat(tree: Any, n: int) -> Any:
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *x.shape)), tree)


def readout(
    what: Plan, names: Sequence[str], shares: Sequence[Sequence[int]], *, rtol: float, atol: float
) -> Function:
    """The read-out as a function of ln parameters (set, factor) -> (set,), NaN where a solve failed;
    differentiable.

    Not to be compiled as a whole: its parts are, once for all dishes.
    """

    def function(ln_values: Float[Array, "set factor"]) -> Float[Array, " set"]:
        p = parameters(what, names, shares, ln_values)
        start = culture(what, p, rtol=rtol, atol=atol, wanted=names)
        dishes = [
            treat(what, i, p, start, rtol=rtol, atol=atol, wanted=names) for i in range(dishes_per_set(what))
        ]
        ok = jnp.all(jnp.stack([o for _, o in dishes]), axis=0)
        y = jnp.stack([v for v, _ in dishes], axis=1)
        safe = jnp.where(ok[:, None, None, None], y, 1.0)
        return jnp.where(ok, jax.vmap(what.answer)(safe), jnp.nan)

    return function
