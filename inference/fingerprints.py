"""What tells estradiol hypotheses apart: read-outs whose ratio with over without the hormone differs between them.

The ratios are those of this model: six days with 10 nM estradiol or none, then TNF or IL-6, each hypothesis with its
effect at the catalogue's test value. A study misses a fingerprint if it measured nothing of the kind with estradiol.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from inference.study import Study
from models.catalogue import HYPOTHESES, core
from models.compile import compile_network
from models.dish import dish
from models.ensemble import simulate_lanes
from models.protocol import schedule

TOLD_APART = 0.2  # a ratio must differ by this much (ln) to be seen beyond the error of a blot


@dataclass(frozen=True)
class Fingerprint:
    """A read-out at a time. `species` add up to it; `stimulus`: what is added at 0; `share`: relative to its own start;
    `window`: min, in which a measurement counts as one of this kind."""

    id: str
    title: str
    species: tuple[str, ...]
    stimulus: str
    minutes: float
    share: bool
    window: tuple[float, float]


IKB = ("IkB", "IkBn", "C", "Cn")
FINGERPRINTS = (
    Fingerprint("nfkb_rest", "nuclear NF-kB at rest", ("NFn",), "none", 0.0, False, (-1e9, 0.0)),
    Fingerprint("ikb_15", "IkBa protein 15 min after TNF, share of its start", IKB, "TNF", 15.0, True, (5.0, 30.0)),
    Fingerprint("ikb_60", "IkBa protein 60 min after TNF", IKB, "TNF", 60.0, False, (30.0, 120.0)),
    Fingerprint("ikb_mrna_60", "IkBa mRNA 60 min after TNF", ("mIkB",), "TNF", 60.0, False, (20.0, 180.0)),
    Fingerprint("nfkb_30", "nuclear NF-kB 30 min after TNF", ("NFn",), "TNF", 30.0, False, (5.0, 60.0)),
    Fingerprint("il6_mrna_240", "IL-6 mRNA 4 h after TNF", ("mIL6",), "TNF", 240.0, False, (60.0, 1500.0)),
    Fingerprint("il6_1440", "IL-6 in the medium 24 h after TNF", ("IL6",), "TNF", 1440.0, False, (240.0, 4400.0)),
    Fingerprint("socs3_mrna_60", "SOCS3 mRNA 60 min after IL-6", ("mSOCS3",), "IL6", 60.0, False, (20.0, 180.0)),
)


def ratios(hypotheses: Sequence[str]) -> Float[np.ndarray, "fingerprint hypothesis"]:
    """Each fingerprint with over without 10 nM estradiol, in the nominal myeloma cell."""
    network = core()
    system = compile_network(network)
    effects = [h for h in hypotheses if HYPOTHESES[h].free]
    stimuli = {"none": {}, "TNF": {"TNF": 10.0}, "IL6": {}}
    kinds = [(h, s) for h in ("none", *effects) for s in stimuli]
    minutes = np.unique([0.0, *(f.minutes for f in FINGERPRINTS)])
    nominal = dict(zip(system.parameters, system.nominal, strict=False))
    parameters, schedules = [], []
    for h, s in kinds:
        e2 = {"E2": 0.0 if h == "none" else 10.0}
        made = dish(network, f"{h}_{s}", il6=10.0 if s == "IL6" else 0.0, inputs={**stimuli[s], **e2}, pre=e2)
        parameters.append([(nominal | (HYPOTHESES[h].parameters if h != "none" else {}))[p] for p in system.parameters])
        schedules.append(schedule(system, made, {}))
    stacked = type(schedules[0])(*(jnp.stack([getattr(x, f) for x in schedules]) for f in ("starts", "inputs", "keep", "add")))
    seen = simulate_lanes(system, jnp.asarray(parameters), stacked, jnp.tile(minutes, (len(kinds), 1)), rtol=1e-6, atol=1e-9)
    if not bool(jnp.all(seen.ok)):
        raise RuntimeError("fingerprints: a dish of the nominal cell could not be solved: check the parameters of the catalogue")
    values = np.asarray(seen.values)

    def value(f: Fingerprint, h: str) -> float:
        lane = kinds.index((h, f.stimulus))
        of = values[lane][:, [system.species.index(x) for x in f.species]].sum(1)
        return float(of[np.searchsorted(minutes, f.minutes)] / (of[0] if f.share else 1.0))

    return np.array([[value(f, h) / value(f, "none") if h in effects else 1.0 for h in hypotheses] for f in FINGERPRINTS])


def measured(study: Study) -> np.ndarray:
    """(fingerprint,) whether the study holds a measurement of the kind in a dish with estradiol."""
    m = study.measurements
    held = np.zeros(len(FINGERPRINTS), bool)
    for k, f in enumerate(FINGERPRINTS):
        for i in range(len(m)):
            row = study.tables.observables[m.observable[i]]
            protocol = study.experiment_protocols[m.experiment[i]]
            levels: dict[str, float] = {}
            for p in protocol.periods[: m.period[i] + 1]:
                levels |= dict(p.inputs) | ({"IL6": p.put["IL6"]} if "IL6" in p.put else {})
            stimulated = {n for n in ("TNF", "IL6") if _positive(levels.get(n, 0.0))}
            fits = stimulated == (set() if f.stimulus == "none" else {f.stimulus})
            names = {str(s) for s in row.formula.free_symbols}
            if fits and _positive(levels.get("E2", 0.0)) and names & set(f.species):
                held[k] |= f.window[0] <= m.time[i] <= f.window[1] or (f.stimulus == "none")
    return held


def _positive(value: object) -> bool:
    return not (isinstance(value, int | float) and value == 0.0)


def separating(ratio: Float[np.ndarray, "fingerprint hypothesis"], i: int, j: int) -> list[int]:
    """Fingerprints that tell hypotheses i and j apart, the clearest first."""
    gap = np.abs(np.log(ratio[:, i]) - np.log(ratio[:, j]))
    return [int(k) for k in np.argsort(-gap) if gap[k] > TOLD_APART]
