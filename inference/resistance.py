"""Questions about resistance: which dishes to compare, and the one number that says how well the cells get through.

Every read-out is a natural logarithm, larger = more resistant, so that its slope with respect to a ln parameter is an
elasticity and effects on different read-outs can be set side by side.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Float

from models import catalogue
from models.catalogue import EFFECTS, HYPOTHESES, PRESETS
from models.compile import System, compile_network, observable
from models.dish import Dose, dish
from models.drugs import Drug
from models.ensemble import simulate_lanes
from models.network import Network
from models.protocol import Schedule, schedule
from models.reduce import reduced

Observe = Callable[[Array, tuple[Array, ...], tuple[Array, ...]], tuple[Array, ...]]
Function = Callable[[Float[Array, "set factor"]], Float[Array, "set"]]

CONDITIONS: dict[str, tuple[float, Mapping[str, float], str]] = {  # IL-6 (ng/mL), inputs, in words
    "alone": (0.0, {}, "alone"),
    "il6": (10.0, {}, "with IL-6 10 ng/mL"),
    "stroma": (0.0, {"BMSC": 0.1, "contact": 1.0}, "touching stromal cells"),
    "niche": (0.0, {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}, "in the niche (stroma, fat cells, contact)"),
}
READOUTS = {
    "lnv": "ln viability",
    "auc": "ln area under the viability curve over ln dose",
    "ri": "ln resistance index (area under the viability curve, over that of the cell alone)",
    "reserve": "ln anti-apoptotic reserve (capacity over BH3 load)",
    "escape": "ln share of the pSTAT3 signal (0 to 120 min) that escapes",
}
READ = {"lnv": ("N",), "auc": ("N",), "ri": ("N",), "reserve": ("cap", "BH3"), "escape": ("pS",)}
DECADES = np.linspace(-1.5, 1.5, 7)  # doses of a curve, in powers of ten around the dose of the question
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
        known_names = {"readout": READOUTS, "condition": CONDITIONS, "preset": PRESETS, "hypothesis": HYPOTHESES}
        for option, known in known_names.items():
            if (value := getattr(self, option)) not in known:
                raise QuestionError(f"--{option} {value}: is not one of {', '.join(known)}")
        if not self.drugs:
            raise QuestionError("--drug: none given: resistance to what? for example --drug dexamethasone=300")
        for drug, dose in self.drugs:
            if not (math.isfinite(dose) and dose > 0):
                raise QuestionError(f"--drug {drug.name}={dose:g}: a dose is a positive number of nM")
        if self.readout == "ri" and self.condition == "alone":
            raise QuestionError("--readout ri: compares a condition with the cell alone: add --condition il6, stroma or niche")
        if not (math.isfinite(self.estradiol) and self.estradiol >= 0):
            raise QuestionError(f"--estradiol {self.estradiol:g}: is not a concentration in nM")

    def words(self) -> str:
        """The question in words, for titles."""
        drugs = " + ".join(f"{d.name} {dose:g} nM" for d, dose in self.drugs)
        estradiol = f", estradiol {self.estradiol:g} nM" if self.estradiol else ""
        when = "" if self.readout == "escape" else f" after {self.hours:g} h"
        return f"{READOUTS[self.readout]}{when}: {PRESETS[self.preset].title} cell {CONDITIONS[self.condition][2]}{estradiol}, {drugs}"

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions of its dishes."""
        return (self.condition, "alone") if self.readout == "ri" else (self.condition,)


def network_of(question: Question) -> Network:
    """What can change the answer, and no more: exact, and smaller to compile and to solve than the whole cell.

    Raises:
        QuestionError: a drug or estradiol of the question cannot change its read-out.
    """
    small = question.readout == "escape" and question.condition in ("alone", "il6")
    base = catalogue.core(question.transit) if small else catalogue.niche(question.transit)
    known = {p.name for p in base.parameters}
    base = catalogue.with_parameters(base, {k: v for k, v in PRESETS[question.preset].parameters.items() if k in known})
    used = {d.input for d, _ in question.drugs} | {n for c in question.conditions for n in CONDITIONS[c][1]}
    used |= {"E2"} if question.estradiol else set()
    free = HYPOTHESES[question.hypothesis].free
    absent = {u.name for u in base.inputs if u.default == 0 and u.name not in used | {"frozen", "clamped", "ST"}}
    absent |= {e for e in EFFECTS if e != free}
    network = reduced(base, READ[question.readout], absent)
    left = {u.name for u in network.inputs}
    for drug, dose in question.drugs:
        if drug.input not in left:
            raise QuestionError(f"--drug {drug.name}={dose:g}: cannot change the {READOUTS[question.readout]} in this condition: "
                                "choose another drug, --readout or --condition")
    if question.estradiol and "E2" not in left:
        raise QuestionError(f"--estradiol {question.estradiol:g}: does nothing to this read-out under {question.hypothesis}: "
                            "leave it out or choose another --hypothesis")
    return network


class Plan(eqx.Module):
    """A question as arrays: one pre-culture, several dishes that continue from it, what is read, how it is joined.

    Attributes:
        preculture: schedule of the one period before t = 0.
        treatments: schedules of the dishes from t = 0 on, leading axis dish, one period.
        times: (time,) min.
        observe: what is read at them.
        answer: (dish, time, observable) -> the read-out.
    """

    system: System = eqx.field(static=True)
    preculture: Schedule
    treatments: Schedule
    times: Float[Array, "time"]
    observe: Observe = eqx.field(static=True)
    answer: Callable[[Float[Array, "dish time observable"]], Float[Array, ""]] = eqx.field(static=True)


def plan(question: Question) -> Plan:
    """Which dishes answer the question, and how."""
    network = network_of(question)
    system = compile_network(network)
    with_drug, none = question.drugs, ()
    curve = [tuple((d, dose * 10.0**k) for d, dose in question.drugs) for k in DECADES]
    here, reference = question.condition, "alone"
    match question.readout:
        case "lnv" | "escape":
            dishes = [(with_drug, here), (none, here)]
        case "reserve":
            dishes = [(with_drug, here)]
        case "auc":
            dishes = [*((c, here) for c in curve), (none, here)]
        case "ri":
            dishes = [*((c, here) for c in curve), (none, here), *((c, reference) for c in curve), (none, reference)]
    schedules = [_schedule(system, question, drugs, condition) for drugs, condition in dishes]
    first = jax.tree.map(lambda x: x[:1], schedules[0])
    rest = jax.tree.map(lambda *x: jnp.stack(x), *[jax.tree.map(lambda x: x[1:], s) for s in schedules])
    times = AREA_TIMES if question.readout == "escape" else np.array([60 * question.hours])
    functions = [observable(network, sp.Symbol(n)) for n in READ[question.readout]]

    def observe(t: Array, y: tuple[Array, ...], args: tuple[Array, ...]) -> tuple[Array, ...]:
        return tuple(f(t, y, args) for f in functions)

    return Plan(system, first, rest, jnp.asarray(times), observe, _ANSWERS[question.readout])


def _schedule(system: System, question: Question, drugs: Sequence[tuple[Drug, float]], condition: str) -> Schedule:
    il6, inputs, _ = CONDITIONS[condition]
    estradiol = {"E2": question.estradiol} if question.estradiol else {}
    known = {k: v for k, v in inputs.items() if k in system.inputs}
    protocol = dish(system.network, condition, preset=PRESETS[question.preset], il6=il6, inputs={**known, **estradiol}, pre=estradiol,
                    doses=[Dose(d, dose) for d, dose in drugs])
    return schedule(system, replace(protocol, parameters={}), {})


def _ln_ratio(y: Float[Array, "dish time observable"]) -> Float[Array, ""]:
    return jnp.log(y[0, -1, 0]) - jnp.log(y[1, -1, 0])


def _ln_area(n: Float[Array, "dish"]) -> Float[Array, ""]:
    """ln of the mean viability over ln dose, between 0 and 1; the last dish is the vehicle. Trapezoids, even doses."""
    v = n[:-1] / n[-1]
    return jnp.log((v.sum() - (v[0] + v[-1]) / 2) / (len(DECADES) - 1))


_ANSWERS: dict[str, Callable[[Float[Array, "dish time observable"]], Float[Array, ""]]] = {
    "lnv": _ln_ratio,
    "escape": lambda y: jnp.log(jnp.trapezoid(y[0, :, 0], AREA_TIMES)) - jnp.log(jnp.trapezoid(y[1, :, 0], AREA_TIMES)),
    "reserve": lambda y: jnp.log(y[0, -1, 0]) - jnp.log(y[0, -1, 1]),
    "auc": lambda y: _ln_area(y[:, -1, 0]),
    "ri": lambda y: _ln_area(y[: len(DECADES) + 1, -1, 0]) - _ln_area(y[len(DECADES) + 1 :, -1, 0]),
}


def dishes_per_set(what: Plan) -> int:
    """Simulations that one set of parameters needs, the pre-culture not counted."""
    return what.treatments.starts.shape[0]


def parameters(
    what: Plan, names: Sequence[str], shares: Sequence[Sequence[int]], ln_values: Float[Array, "set factor"],
) -> Float[Array, "set parameter"]:
    """Full parameter vectors: nominal but for `names`; the values of each group in `shares` are made to add up to 1."""
    values = jnp.exp(ln_values)
    for group in shares:
        g = jnp.asarray(group)
        values = values.at[:, g].divide(values[:, g].sum(axis=1, keepdims=True))
    nominal = jnp.asarray(what.system.nominal[: len(what.system.parameters)])
    where = np.array([what.system.parameters.index(n) for n in names], dtype=int)
    return jnp.broadcast_to(nominal, (len(ln_values), len(nominal))).at[:, where].set(values)


def simulate(
    what: Plan, before: Float[Array, "set parameter"], during: Float[Array, "set dish parameter"], *, rtol: float, atol: float,
) -> tuple[Float[Array, "set dish time observable"], Float[Array, "set"]]:
    """Read-outs of all dishes of all sets, and whether all solves of a set succeeded (1.0 or 0.0).

    Args:
        before: parameters of the pre-culture; `during`: of each dish from t = 0 on.
    """
    sets, dishes = during.shape[:2]
    zero = jnp.zeros((sets, 1))
    culture = simulate_lanes(what.system, before, _repeat(what.preculture, sets), zero, rtol=rtol, atol=atol)
    rest = culture.values[:, 0, :]  # (set, species)
    each = what.treatments
    start = each.keep[None] * rest[:, None, None, :] + each.add[None]  # (set, dish, period, species)
    begin = Schedule(_repeat(each.starts, sets), _repeat(each.inputs, sets), jnp.zeros_like(start), start)
    lanes = jax.tree.map(lambda x: x.reshape(sets * dishes, *x.shape[2:]), begin)
    times = jnp.broadcast_to(what.times, (sets * dishes, len(what.times)))
    treated = simulate_lanes(what.system, during.reshape(sets * dishes, -1), lanes, times, rtol=rtol, atol=atol, observe=what.observe)
    ok = culture.ok & treated.ok.reshape(sets, dishes).all(axis=1)
    return treated.values.reshape(sets, dishes, len(what.times), -1), ok


def _repeat(tree: object, n: int) -> object:
    return jax.tree.map(lambda x: jnp.broadcast_to(x, (n, *x.shape)), tree)


def readout(what: Plan, names: Sequence[str], shares: Sequence[Sequence[int]], *, rtol: float, atol: float) -> Function:
    """The read-out as a function of ln parameters (set, factor) -> (set,), NaN where a solve failed; differentiable."""

    def function(ln_values: Float[Array, "set factor"]) -> Float[Array, "set"]:
        p = parameters(what, names, shares, ln_values)
        y, ok = simulate(what, p, jnp.repeat(p[:, None], dishes_per_set(what), axis=1), rtol=rtol, atol=atol)
        safe = jnp.where(ok[:, None, None, None], y, 1.0)
        return jnp.where(ok, jax.vmap(what.answer)(safe), jnp.nan)

    return function
