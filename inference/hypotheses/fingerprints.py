"""What tells readings of an agent apart: read-outs whose ratio with over without it differs between them.

The ratios are those of this model, each reading with its effects at the catalogue's test values: six days
with 10 nM estradiol or none, then TNF or IL-6; 20 nM bortezomib or none, without a stimulus. A study misses a
fingerprint if it measured nothing of the kind with the agent.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from inference.hypotheses.readings import RivalReadings
from inference.study.study import Study
from models.catalogue import BORTEZOMIB, HYPOTHESES, core
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import schedule
from models.readouts import TOTAL_IKBA

TOLD_APART = 0.2  # a ratio must differ by this much (ln) to be seen beyond the error of a blot


@dataclass(frozen=True)
class Fingerprint:
    """A read-out at a time. `species` add up to it; `stimulus`: what is added at 0; `share`: relative to its
    own start;
    `window`: min, in which a measurement counts as one of this kind."""

    id: str
    title: str
    species: tuple[str, ...]
    stimulus: str
    minutes: float
    share: bool
    window: tuple[float, float]


OF_ESTRADIOL = (
    Fingerprint("nfkb_rest", "nuclear NF-kB at rest", ("NFn",), "none", 0.0, False, (-1e9, 0.0)),
    Fingerprint(
        "ikb_15",
        "IkBa protein 15 min after TNF, share of its start",
        TOTAL_IKBA,
        "TNF",
        15.0,
        True,
        (5.0, 30.0),
    ),
    Fingerprint("ikb_60", "IkBa protein 60 min after TNF", TOTAL_IKBA, "TNF", 60.0, False, (30.0, 120.0)),
    Fingerprint("ikb_mrna_60", "IkBa mRNA 60 min after TNF", ("mIkB",), "TNF", 60.0, False, (20.0, 180.0)),
    Fingerprint("nfkb_30", "nuclear NF-kB 30 min after TNF", ("NFn",), "TNF", 30.0, False, (5.0, 60.0)),
    Fingerprint("il6_mrna_240", "IL-6 mRNA 4 h after TNF", ("mIL6",), "TNF", 240.0, False, (60.0, 1500.0)),
    Fingerprint(
        "il6_1440", "IL-6 in the medium 24 h after TNF", ("IL6",), "TNF", 1440.0, False, (240.0, 4400.0)
    ),
    Fingerprint(
        "socs3_mrna_60", "SOCS3 mRNA 60 min after IL-6", ("mSOCS3",), "IL6", 60.0, False, (20.0, 180.0)
    ),
)


# Ma 2003 against Hideshima 2009; B23 of the specification.
OF_BORTEZOMIB = (
    Fingerprint("nfkb_480", "nuclear NF-kB after 8 h", ("NFn",), "none", 480.0, False, (120.0, 1500.0)),
    Fingerprint("ikb_480", "IkBa protein after 8 h", TOTAL_IKBA, "none", 480.0, False, (120.0, 1500.0)),
    Fingerprint("ikb_mrna_480", "IkBa mRNA after 8 h", ("mIkB",), "none", 480.0, False, (120.0, 1500.0)),
)
FINGERPRINTS: dict[str, tuple[Fingerprint, ...]] = {"E2": OF_ESTRADIOL, "btz": OF_BORTEZOMIB}
TEST_VALUES = {h.name: h.parameters for h in HYPOTHESES.values()} | {
    v.name: dict(v.parameters) for v in BORTEZOMIB.values()
}
STIMULI: dict[str, dict[str, float]] = {"none": {}, "TNF": {"TNF": 10.0}, "IL6": {}}


def ratios(question: RivalReadings, readings: Sequence[str]) -> Float[np.ndarray, "fingerprint reading"]:
    """Each fingerprint with over without the agent, in the nominal myeloma cell."""
    network = core()
    system = compile_network(network)
    wanted = FINGERPRINTS[question.input]
    kinds = [(r, s) for r in ("none", *readings) for s in STIMULI]
    minutes = np.unique([0.0, *(f.minutes for f in wanted)])
    nominal = dict(zip(system.parameters, system.nominal, strict=False))
    parameters, schedules = [], []
    for r, s in kinds:
        given = {question.input: 0.0 if r == "none" else question.dose}
        made = dish(
            network,
            f"{r}_{s}",
            il6=10.0 if s == "IL6" else 0.0,
            inputs={**STIMULI[s], **given},
            pre=given if question.before else {},
        )
        parameters.append([(nominal | TEST_VALUES.get(r, {}))[p] for p in system.parameters])
        schedules.append(schedule(system, made, {}))
    stacked = type(schedules[0])(
        *(jnp.stack([getattr(x, f) for x in schedules]) for f in ("starts", "inputs", "keep", "add"))
    )
    seen = simulate_lanes(
        system, jnp.asarray(parameters), stacked, jnp.tile(minutes, (len(kinds), 1)), rtol=1e-6, atol=1e-9
    )
    if not bool(jnp.all(seen.ok)):
        raise RuntimeError(
            "fingerprints: a dish of the nominal cell could not be solved: check the parameters of the "
            "catalogue"
        )
    values = np.asarray(seen.values)

    def value(f: Fingerprint, r: str) -> float:
        lane = kinds.index((r, f.stimulus))
        of = values[lane][:, [system.species.index(x) for x in f.species]].sum(1)
        return float(of[np.searchsorted(minutes, f.minutes)] / (of[0] if f.share else 1.0))

    return np.array([[value(f, r) / value(f, "none") for r in readings] for f in wanted])


def measured(study: Study, question: RivalReadings) -> np.ndarray:
    """(fingerprint,) whether the study holds a measurement of the kind in a dish with the agent."""
    m, wanted = study.measurements, FINGERPRINTS[question.input]
    held = np.zeros(len(wanted), bool)
    for k, f in enumerate(wanted):
        for i in range(len(m)):
            row = study.tables.observables[m.observable[i]]
            protocol = study.experiment_protocols[m.experiment[i]]
            levels: dict[str, float] = {}
            for p in protocol.periods[: m.period[i] + 1]:
                levels |= dict(p.inputs) | ({"IL6": p.put["IL6"]} if "IL6" in p.put else {})
            if any(levels.get(p.name, p.value) != p.value for p in study.network.parameters):
                continue  # a cell that is changed on the way (transfected) is none of those
            stimulated = {n for n in ("TNF", "IL6") if _positive(levels.get(n, 0.0))}
            fits = stimulated == (set() if f.stimulus == "none" else {f.stimulus})
            names = {str(s) for s in row.formula.free_symbols}
            if fits and _positive(levels.get(question.input, 0.0)) and names & set(f.species):
                held[k] |= f.window[0] <= m.time[i] <= f.window[1] or (
                    question.before and f.stimulus == "none"
                )
    return held


def _positive(value: object) -> bool:
    return not (isinstance(value, int | float) and value == 0.0)


def separating(ratio: Float[np.ndarray, "fingerprint hypothesis"], i: int, j: int) -> list[int]:
    """Fingerprints that tell hypotheses i and j apart, the clearest first."""
    gap = np.abs(np.log(ratio[:, i]) - np.log(ratio[:, j]))
    return [int(k) for k in np.argsort(-gap) if gap[k] > TOLD_APART]
