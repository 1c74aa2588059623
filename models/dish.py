"""A dish: pre-culture, wash, stimulus, doses; written as the periods of a protocol.

Pre-culture keeps density and bone (`frozen`), and, where the medium is changed often, its cytokines
(`clamped`). At t = 0 the medium is fresh, the stimulus is added and the cells go on growing. Times are min, 0
is the stimulus.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sympy as sp

from models.catalogue import PRESETS, Preset
from models.drugs import Drug
from models.engine.protocol import Period, Protocol, Value
from models.network import Network

PRECULTURE = 6 * 1440.0  # min


@dataclass(frozen=True)
class Dose:
    """`amount` (nM) of a drug added at `at` min (negative: before the stimulus); doses of one drug add up."""

    drug: Drug
    amount: float
    at: float = 0.0


@dataclass(frozen=True)
class Wash:
    """Fresh medium at `at` min: every dose given before is gone, and with it IL-6 and VEGF."""

    at: float


def dish(  # long: a third of it says what its arguments are
    network: Network,
    id: str,
    *,
    preset: Preset = PRESETS["mm1s"],
    il6: float = 0.0,
    inputs: Mapping[str, Value] | None = None,
    pre: Mapping[str, Value] | None = None,
    doses: Sequence[Dose] = (),
    washes: Sequence[Wash] = (),
    parameters: Mapping[str, Value] | None = None,
    density: float = 0.3,
    levels: Mapping[str, Value] | None = None,
    wash: bool = True,
    kept: bool = False,
) -> Protocol:
    """The protocol of one dish.

    Args:
        network: where the dish is simulated; switches and species it lacks are left out.
        id: name of the dish.
        preset: the kind of cell; its parameters hold in this dish.
        il6: IL-6 added at t = 0, ng/mL.
        inputs: inputs from t = 0 on. Not present before: name them in `pre` too if they are.
        pre: inputs during the pre-culture.
        doses: drugs at times; before t = 0 they pre-treat, and they stay through the wash at 0.
        washes: changes of medium after t = 0.
        parameters: values that differ in this dish, after those of the preset.
        density: myeloma cells during the pre-culture and at t = 0, 1e6/mL.
        levels: species that are set at t = 0, beyond the wash (VEGF added, a state taken from elsewhere).
        wash: whether the medium is fresh at t = 0; otherwise cytokines of the pre-culture stay.
        kept: whether density, dead cells and bone are kept after t = 0 too.
    """
    species = {s.name for s in network.species}
    known = {u.name for u in network.inputs}
    stimulus, before = dict(inputs or {}), dict(pre or {})
    _require_inputs(id, network, (*stimulus, *before, *(d.drug.input for d in doses)))
    defaults = {u.name: u.default for u in network.inputs}
    culture: dict[str, Value] = {"frozen": 1.0, "clamped": 1.0 if preset.clamped else 0.0}
    start: dict[str, Value] = {"IL6": preset.il6}
    if "N" in species:
        start["N"] = density
    else:
        culture["N"], stimulus = density, {"N": density} | stimulus
    if "N" in known:
        before = {"N": density} | before
    after = {k: defaults[k] for k in before} | stimulus | {"frozen": 1.0 if kept else 0.0, "clamped": 0.0}
    put: dict[str, Value] = {"IL6": il6, "VEGF": 0.0, "Z": 100.0} if wash else {"Z": 100.0}
    put |= dict(levels or {})
    add: dict[str, Value] = {} if wash else {"IL6": il6}

    times = sorted({-PRECULTURE, 0.0, *(d.at for d in doses), *(w.at for w in washes)})
    periods = []
    for t in times:
        given = before if t == -PRECULTURE else after if t == 0.0 else {}
        base = before if t < 0 else after
        dosed = _levels(doses, washes, t, base, defaults)
        jump = {-PRECULTURE: start, 0.0: put}.get(t, {})
        if t > 0 and any(w.at == t for w in washes):
            jump = {"IL6": 0.0, "VEGF": 0.0}
        held = culture if t == -PRECULTURE else {}
        periods.append(
            Period(
                t,
                _of_network({**held, **given, **dosed}, known),
                _of_network(jump, species),
                _of_network(add if t == 0.0 else {}, species),
            )
        )
    return Protocol(id, tuple(periods), dict(preset.parameters) | dict(parameters or {}))


def _of_network(values: Mapping[str, Value], names: set[str]) -> dict[str, Value]:
    return {k: v for k, v in values.items() if k in names}


def _require_inputs(id: str, network: Network, names: Sequence[str]) -> None:
    known = {u.name for u in network.inputs}
    for u in names:
        if u not in known:
            raise KeyError(f"{id}: {u!r} is no input of {network.id}: use one of {', '.join(sorted(known))}")


def _levels(
    doses: Sequence[Dose],
    washes: Sequence[Wash],
    t: float,
    base: Mapping[str, Value],
    defaults: Mapping[str, float],
) -> dict[str, Value]:
    """The inputs of the dosed drugs from `t` on: what was given and not washed away, on top of what the dish
    holds anyway.
    """
    last = max((w.at for w in washes if w.at <= t), default=-math.inf)
    levels: dict[str, Value] = {}
    for d in doses:
        name = d.drug.input
        levels.setdefault(name, base.get(name, defaults[name]) if last == -math.inf else 0.0)
        if last <= d.at <= t:
            levels[name] = levels[name] + amount_at_zero(d)
    return levels


def amount_at_zero(dose: Dose) -> Value:
    """The concentration that the dose has, or would have had, at t = 0: the input of a drug that decays is on
    that clock.
    """
    if dose.drug.decay is None or dose.at == 0.0:
        return dose.amount
    return dose.amount * sp.exp(sp.Symbol(dose.drug.decay) * dose.at)
