"""The simulations of a ranking, in pieces that survive an interruption, and the ranks that follow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from inference.resistance.beliefs import Beliefs
from inference.resistance.dish_plans import DishPlan, dishes_per_set, plan, readout_function
from inference.resistance.rankings import rank_changes, ranks, sensitivity
from inference.resistance.rankings.methods import Simulated, dependence
from inference.resistance.rankings.ranking_request import RankError, RankingRequest, words_of
from inference.resistance.rankings.sensitivity import Effects
from inference.runs import labelled_tree
from inference.runs.run import Run
from models.engine.blocks import Block


@dataclass(frozen=True)
class Work:
    """A ranking in progress: what is asked, the dishes, and the run whose folder holds the pieces."""

    request: RankingRequest
    what: DishPlan
    run: Run

    def answers(
        self, beliefs: Beliefs, values: np.ndarray, title: str, slopes: bool
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Read-outs (row,) and, if asked, slopes (row, factor) with respect to ln parameters at `values`
        (row, factor); None if stopped. Failed rows are NaN.
        """
        request, what = self.request, self.what
        key = hashlib.sha256(
            values.tobytes()
            + what.system.network.fingerprint.encode()
            + json.dumps(request.description(), sort_keys=True).encode()
        ).hexdigest()[:12]
        rows = min(request.method.sets, len(values))
        function = readout_function(what, beliefs.names, beliefs.shares, rtol=request.rtol, atol=request.atol)

        def both(part: Block) -> dict[str, jax.Array]:
            x = jnp.log(jnp.asarray(values[part.rows]))
            value, slope = (
                sensitivity.slopes(function, x) if slopes else (function(x), jnp.zeros((len(x), 0)))
            )
            return {"value": value, "slope": slope}

        dishes, failed = dishes_per_set(what), 0
        with self.run.bar(f"{title}, simulations", len(values) * dishes) as bar:

            def told(done: int, piece: Mapping[str, np.ndarray]) -> None:
                nonlocal failed
                failed += int(np.isnan(piece["value"]).sum())
                bar.to(done * dishes, f"{failed} failed" if failed else "")

            found = self.run.within(f"{title}-{key}").kept_blocks(both, len(values), rows, told)
        return None if found is None else (found["value"], found["slope"])


def effects(work: Work, beliefs: Beliefs, title: str) -> tuple[Effects, Effects, Simulated] | None:
    """Effects of the parameters and of their pathways by the method asked for, with what was simulated; None
    if stopped.

    Raises:
        RankError: too few sets could be solved.
    """
    request, method = work.request, work.request.method
    points, values = method.design(beliefs, request.draws, request.seed)
    found = work.answers(beliefs, values, title, method.slopes)
    if found is None:
        return None
    simulated = Simulated(beliefs, points, values, *found)
    solved = int(simulated.good.sum())
    if solved < method.fewest(len(beliefs.names)):
        raise RankError(
            f"{title}: {len(values) - solved} of {len(values)} sets of parameters could not be solved: too "
            "few are left to rank: take more `draws`"
        )
    single, joined = method.effects(simulated, request.seed + 7)
    output, again = np.zeros(0), method.pathway_design(beliefs, request.draws, request.seed)
    if again is not None:
        more = work.answers(beliefs, again, f"{title} of pathways", False)
        if more is None:
            return None
        output = more[0]
    return single, method.pathway_effects(beliefs, joined, output, request.seed + 7), simulated


def execute(
    request: RankingRequest,
    beliefs: Beliefs,
    prior: Beliefs | None,
    mark: str,
    run: Run,
) -> xr.DataTree | None:
    """Make the ranking; None if stopped (what is finished is kept).

    Args:
        prior: beliefs before the fit, ranked beside; None where `beliefs` are the prior.
        mark: words put on every table and figure, empty if nothing is to be said.
        run: in whose folder pieces are kept.
    """
    what = plan(request.question, request.method.lanes)
    work = Work(request, what, run)
    run.say("Compiling, then simulating ...")
    after = effects(work, beliefs, "ranking")
    if after is None:
        return None
    before = None if prior is None else effects(work, prior, "ranking of the prior")
    if prior is not None and before is None:
        return None
    single, groups, simulated = after
    network = what.system.network
    own = {d.potency for d, _ in request.question.drugs}
    table = labelled(single, beliefs, {p.name: p.meaning for p in network.parameters}, own)
    if before is not None:
        for name, column in rank_changes.changed(before[0], single, request.seed).items():
            table[name] = ("factor", column)
    counts = sorted({max(2, len(single.size) // 8), max(2, len(single.size) // 2), len(single.size)})
    stable = ranks.stability(single, counts, top=10, resamples=200, seed=request.seed)
    attrs = labelled_tree.flat(
        {
            **request.description(),
            **words_of(request.question, request.method),
            "failed": int((~simulated.good).sum()),
            "simulated": len(simulated.output),
            "mark": mark,
            "dependence": dependence(beliefs, request.method),
            "disagreements": "\n".join(_disagreements(request, simulated)),
            "network": network.id,
            "network_fingerprint": network.fingerprint,
        }
    )
    names = {"factor": list(beliefs.names)}
    rows = {"readout": ("row", simulated.output), "value": (("row", "factor"), simulated.values)}
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs=attrs),
            "/parameter": table,
            "/pathway": ranks.rank(groups),
            "/stability": stable,
            "/simulations": xr.Dataset(rows, coords=names),
            "/size": xr.Dataset({"size": (("replicate", "factor"), single.size)}, coords=names),
        }
    )


def _disagreements(request: RankingRequest, simulated: Simulated) -> list[str]:
    """Signs about which slopes and a regression of the same draws differ; none where there are no slopes."""
    if not request.method.signed_slopes:
        return []
    s = simulated
    return rank_changes.disagreements(s.beliefs.names, s.values, s.output, s.slope, request.seed)


def labelled(
    single: Effects, beliefs: Beliefs, meaning: dict[str, str], own: Collection[str] = ()
) -> xr.Dataset:
    """The ranks of the parameters with pathway, meaning, and what the data told about each; `own`: potencies
    of the drugs asked about, without which a second ranking stands beside.
    """
    table = ranks.without(ranks.rank(single), single, own)
    at = {n: i for i, n in enumerate(beliefs.names)}
    table["pathway"] = ("factor", [beliefs.pathway[at[n]] for n in single.factor])
    table["meaning"] = ("factor", [meaning[n] for n in single.factor])
    table["informed"] = ("factor", [beliefs.informed[at[n]] for n in single.factor])
    return table
