"""A study in parts that need only some of the network: each simulated with exactly the species its read-outs
depend on.

An experiment without myeloma cells, say, never feels NF-kB: simulating it there would make every step wait
for oscillations that nobody looks at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from inference.likelihood.likelihood import Prediction, Tolerance, predict, terms, trajectories
from inference.study.problem_tables import ExperimentRow
from inference.study.study import Study, from_tables
from models.engine.one_dish import Trajectory


@dataclass(frozen=True, eq=False)
class Part:
    """Some experiments of a study as a study of their own, with the same unknowns; `rows`: their measurements
    in the whole.
    """

    study: Study
    rows: np.ndarray


# Turns kept for a derivative, for each 64 dishes: several times what a dish takes at the tolerance of a fit;
# clearing the memory for more of them would cost as much as the steps themselves.
RECORDED = 1000
# a part may carry so many times the species that one of its experiments needs: each part compiles anew
SLACK = 1.35


def split(study: Study) -> tuple[Part, ...]:
    """The study's experiments, grouped by the species that their measurements depend on."""
    of_experiment = [e.id for e in study.tables.experiments]
    groups: dict[tuple[str, ...], list[str]] = {}
    alike: dict[object, Part | None] = {}  # doses of one drug, say: what one needs the others need
    for e in study.tables.experiments:
        kind = _kind(study, e)
        if kind not in alike:
            alike[kind] = _restricted(study, [e.id])
        if (alone := alike[kind]) is not None:
            groups.setdefault(alone.study.system.species, []).append(e.id)
    merged: dict[tuple[str, ...], list[str]] = {}
    for species in sorted(groups, key=len, reverse=True):
        wider = [m for m in merged if set(species) <= set(m) and len(m) <= SLACK * len(species)]
        merged.setdefault(min(wider, key=len) if wider else species, []).extend(groups[species])
    ordered = ([e for e in of_experiment if e in names] for names in merged.values())
    return tuple(p for names in ordered if (p := _restricted(study, names)) is not None)


def _kind(study: Study, e: ExperimentRow) -> object:
    """What decides which species an experiment needs: what is measured, what is set, and whether to 0."""
    rows = [m for m in study.tables.measurements if m.experiment == e.id]
    changes = (
        (c.target, c.value.is_zero if c.value.is_number else c.value) for p in e.periods for c in p.changes
    )
    times = (*(p.time for p in e.periods), max((m.time for m in rows), default=0.0))
    return frozenset((m.observable, m.overrides) for m in rows), frozenset(changes), times


def _restricted(study: Study, experiments: list[str]) -> Part | None:
    tables = study.tables
    rows = np.array([i for i, m in enumerate(tables.measurements) if m.experiment in experiments], int)
    if not rows.size:
        return None
    measured = tuple(tables.measurements[i] for i in rows)
    seen = {m.observable for m in measured}
    return Part(
        from_tables(
            replace(
                tables,
                experiments=tuple(e for e in tables.experiments if e.id in experiments),
                measurements=measured,
                observables=tuple(o for o in tables.observables if o.id in seen),
            )
        ),
        rows,
    )


def with_values(study: Study, values: Float[Array, " measurement"]) -> Study:
    """The same study with other measured values, which may be traced."""
    return replace(study, measurements=replace(study.measurements, value=values))


@dataclass(frozen=True, eq=False)
class Split:
    """A study and its parts."""

    whole: Study
    parts: tuple[Part, ...]

    def given(self, values: Float[Array, " measurement"]) -> Split:
        """The same with other measured values, which may be traced."""
        own = tuple(Part(with_values(p.study, values[p.rows]), p.rows) for p in self.parts)
        return Split(with_values(self.whole, values), own)

    def dishes(
        self, theta: Float[Array, " unknown"], *, rtol: Tolerance, atol: Tolerance
    ) -> tuple[Trajectory, ...]:
        """The dishes of each part."""
        return tuple(
            trajectories(
                p.study, theta, rtol=rtol, atol=atol, capacity=RECORDED * -(-len(p.study.lanes.starts) // 64)
            )
            for p in self.parts
        )

    def seen(
        self,
        theta: Float[Array, " unknown"],
        dishes: tuple[Trajectory, ...],
    ) -> tuple[Float[Array, " measurement"], Prediction, Bool[Array, ""]]:
        """What instruments with these parameters make of the dishes: log-likelihood and prediction of every
        measurement of the whole, and whether all dishes could be solved."""
        n = len(self.whole.measurements)
        total, fields = jnp.zeros(n), [jnp.zeros(n)] * 3
        ok = jnp.asarray(True)
        for part, cells in zip(self.parts, dishes, strict=True):
            found, seen = terms(part.study, theta, cells), predict(part.study, theta, cells)
            good = jnp.isfinite(found)
            ok = ok & jnp.all(cells.ok) & jnp.all(good)
            total = total.at[part.rows].set(jnp.where(good, found, 0.0))
            fields = [
                f.at[part.rows].set(v)
                for f, v in zip(fields, (seen.value, seen.location, seen.scale), strict=True)
            ]
        return total, Prediction(*fields), ok

    def evaluate(
        self,
        theta: Float[Array, " unknown"],
        *,
        rtol: Tolerance,
        atol: Tolerance,
    ) -> tuple[Float[Array, " measurement"], Prediction, Bool[Array, ""]]:
        """`seen` of the dishes of the same parameters."""
        return self.seen(theta, self.dishes(theta, rtol=rtol, atol=atol))
