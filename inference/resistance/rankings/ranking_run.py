"""The simulations of a ranking, in pieces that survive an interruption, and the ranks that follow."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import xarray as xr

from inference.resistance.beliefs import Beliefs
from inference.resistance.dish_plans import DishPlan, dishes_per_set, plan, readout_function
from inference.resistance.rankings import ranks, sensitivity
from inference.resistance.rankings.methods import Simulated
from inference.resistance.rankings.ranking_request import RankError, RankingRequest, words_of
from inference.resistance.rankings.sensitivity import Effects
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller


@dataclass(frozen=True)
class Work:
    """A ranking in progress: what is asked, the dishes, where pieces are kept (None: nowhere), who is told.

    Attributes:
        stop: asked between two pieces; True ends cleanly.
    """

    request: RankingRequest
    what: DishPlan
    folder: Path | None
    tell: Teller
    stop: Callable[[], bool]

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
        place = None if self.folder is None else self.folder / f"{title}-{key}"
        rows = min(request.method.sets, len(values))
        function = readout_function(what, beliefs.names, beliefs.shares, rtol=request.rtol, atol=request.atol)

        def both(x: jax.Array) -> tuple[jax.Array, jax.Array]:
            return sensitivity.slopes(function, x) if slopes else (function(x), jnp.zeros((len(x), 0)))

        pieces = -(-len(values) // rows)
        done = [] if place is None else resumable.numbered(place)
        found = [resumable.read_arrays(p) for p in done[:pieces]]
        dishes = dishes_per_set(what)
        with self.tell.bar(f"{title}, simulations", len(values) * dishes) as bar:
            for i in range(len(found), pieces):
                if self.stop():
                    return None
                block = values[i * rows : (i + 1) * rows]
                short = rows - len(block)
                padded = np.concatenate([block, np.repeat(block[-1:], short, axis=0)])
                value, slope = both(jnp.log(jnp.asarray(padded)))
                piece = {"value": np.asarray(value)[: len(block)], "slope": np.asarray(slope)[: len(block)]}
                if place is not None:
                    resumable.write_arrays(place / f"{i:06d}.npz", piece)
                found.append(piece)
                failed = sum(int(np.isnan(p["value"]).sum()) for p in found)
                bar.to(min((i + 1) * rows, len(values)) * dishes, f"{failed} failed" if failed else "")
        return np.concatenate([p["value"] for p in found]), np.concatenate([p["slope"] for p in found])


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
    folder: Path | None,
    tell: Teller,
    stop: Callable[[], bool],
) -> xr.DataTree | None:
    """Make the ranking; None if stopped (what is finished is kept).

    Args:
        prior: beliefs before the fit, ranked beside; None where `beliefs` are the prior.
        mark: words put on every table and figure, empty if nothing is to be said.
        folder: where pieces are kept; None: nowhere.
    """
    what = plan(request.question, request.method.lanes)
    work = Work(request, what, folder, tell, stop)
    tell.say("Compiling, then simulating ...")
    after = effects(work, beliefs, "ranking")
    if after is None:
        return None
    before = None if prior is None else effects(work, prior, "ranking of the prior")
    if prior is not None and before is None:
        return None
    single, groups, simulated = after
    network = what.system.network
    table = labelled(single, beliefs, {p.name: p.meaning for p in network.parameters})
    if before is not None:
        table["prior_rank"] = ranks.rank(before[0])["rank"]
    counts = sorted({max(2, len(single.size) // 8), max(2, len(single.size) // 2), len(single.size)})
    stable = ranks.stability(single, counts, top=10, resamples=200, seed=request.seed)
    attrs = labelled_tree.flat(
        {
            **request.description(),
            **words_of(request.question, request.method),
            "failed": int((~simulated.good).sum()),
            "simulated": len(simulated.output),
            "mark": mark,
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


def labelled(single: Effects, beliefs: Beliefs, meaning: dict[str, str]) -> xr.Dataset:
    """The ranks of the parameters with pathway, meaning, and what the data told about each."""
    table = ranks.rank(single)
    at = {n: i for i, n in enumerate(beliefs.names)}
    table["pathway"] = ("factor", [beliefs.pathway[at[n]] for n in single.factor])
    table["meaning"] = ("factor", [meaning[n] for n in single.factor])
    table["informed"] = ("factor", [beliefs.informed[at[n]] for n in single.factor])
    return table
