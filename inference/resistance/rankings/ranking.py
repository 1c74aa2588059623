"""A ranking as a run in a folder: simulations in pieces that survive an interruption, then ranks, tables,
figures.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import xarray as xr

from inference.resistance.beliefs import Beliefs, at, joint, ln_per_normal, spread
from inference.resistance.questions import Plan, Question, dishes_per_set, plan, readout
from inference.resistance.rankings import ranks, sensitivity
from inference.resistance.rankings.sensitivity import Effects
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller

METHODS = {
    "elasticity": "elasticity (% change of the read-out per % change of the parameter), mean over draws",
    "sobol": "total Sobol index (share of the variance that involves the parameter)",
    "dgsm": "DGSM (upper bound of the total Sobol index)",
    "morris": "Morris mu* (mean size of the change from one end of the belief to the other)",
    "srrc": "standardised rank regression coefficient (SRRC)",
}
DRAWS = {"elasticity": 200, "sobol": 256, "dgsm": 500, "morris": 40, "srrc": 1024}
MORRIS_LEVELS, MORRIS_ENDS = 4, (0.055, 0.945)  # the 89 % interval: a quantile of 0 or 1 is no number
GRADIENT = ("elasticity", "dgsm")
# Of a step. Slopes need digits that variances and ranks of thousands of sets do not: a third fewer steps.
RTOL = {True: 1e-5, False: 1e-4}
RESAMPLES = 500
# Sets handed to the engine at once, and those that step side by side: few sets take twenty times the steps of
# the others, so a lane must find the next set waiting; with derivatives every step is recorded, which bounds
# their number.
SETS, LANES = {True: 256, False: 8192}, {True: 32, False: 512}


class RankError(ValueError):
    """A ranking that cannot be made: place, finding, remedy."""


@dataclass(frozen=True)
class Request:
    """What a ranking is asked; two equal requests on one device give equal files.

    `draws` means draws for elasticity, dgsm and srrc, base points for sobol (a power of 2), trajectories for
    morris.
    `source` names the beliefs: "prior", or the run.
    """

    question: Question
    method: str
    draws: int
    seed: int
    source: str
    rtol: float = 1e-5
    atol: float = 1e-7

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise RankError(f"--method {self.method}: is not one of {', '.join(METHODS)}")
        if self.draws < 2:
            raise RankError(f"--draws {self.draws}: at least 2 are needed")
        if self.seed < 0:
            raise RankError(f"--seed {self.seed}: is not a natural number")
        if self.method == "sobol" and self.draws & (self.draws - 1):
            raise RankError(
                f"--draws {self.draws}: a Sobol study takes a power of 2, for example "
                f"{1 << self.draws.bit_length()}"
            )

    def description(self) -> dict[str, Any]:
        """As plain values, for files."""
        q = self.question
        return {
            "method": self.method,
            "draws": self.draws,
            "seed": self.seed,
            "source": self.source,
            "rtol": self.rtol,
            "atol": self.atol,
            "question": q.words(),
            "readout": q.readout,
            "drugs": {d.name: dose for d, dose in q.drugs},
            "condition": q.condition,
            "preset": q.preset,
            "estradiol": q.estradiol,
            "hours": q.hours,
            "hypothesis": q.hypothesis,
            "transit": q.transit,
        }


def fewest(method: str, parameters: int) -> int:
    """Draws that a method needs at least: a regression has as many unknowns as parameters, and one."""
    return parameters + 2 if method == "srrc" else 2


def evaluate(
    what: Plan,
    beliefs: Beliefs,
    values: np.ndarray,
    request: Request,
    gradient: bool,
    folder: Path,
    tell: Teller,
    title: str,
    stop: Callable[[], bool],
) -> tuple[np.ndarray, np.ndarray] | None:
    """Read-outs (row,) and, if asked, slopes (row, parameter) with respect to ln parameters at `values` (row,
    parameter).

    Works in pieces kept under `folder`; None if stopped between two of them. Failed rows are NaN.
    """
    key = hashlib.sha256(
        values.tobytes()
        + what.system.network.fingerprint.encode()
        + json.dumps(request.description(), sort_keys=True).encode()
    ).hexdigest()[:12]
    place = folder / f"{title}-{key}"
    rows = min(SETS[gradient], len(values))
    function = readout(what, beliefs.names, beliefs.shares, rtol=request.rtol, atol=request.atol)

    def both(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        return sensitivity.slopes(function, x) if gradient else (function(x), jnp.zeros((len(x), 0)))

    pieces = -(-len(values) // rows)
    done = resumable.numbered(place)
    found = [resumable.read_arrays(p) for p in done[:pieces]]
    total = len(values) * dishes_per_set(what)
    with tell.bar(f"{title}, simulations", total) as bar:
        for i in range(len(found), pieces):
            if stop():
                return None
            block = values[i * rows : (i + 1) * rows]
            short = rows - len(block)
            padded = np.concatenate([block, np.repeat(block[-1:], short, axis=0)])
            value, slope = both(jnp.log(jnp.asarray(padded)))
            piece = {"value": np.asarray(value)[: len(block)], "slope": np.asarray(slope)[: len(block)]}
            resumable.write_arrays(place / f"{i:06d}.npz", piece)
            found.append(piece)
            failed = sum(int(np.isnan(p["value"]).sum()) for p in found)
            bar.to(
                min((i + 1) * rows, len(values)) * dishes_per_set(what), f"{failed} failed" if failed else ""
            )
    return np.concatenate([p["value"] for p in found]), np.concatenate([p["slope"] for p in found])


def effects(
    request: Request,
    what: Plan,
    beliefs: Beliefs,
    folder: Path,
    tell: Teller,
    stop: Callable[[], bool],
    title: str,
) -> tuple[Effects, Effects, np.ndarray, np.ndarray] | None:
    """Effects of the parameters and of their pathways by the method asked for, with the read-outs and
    parameter values.

    None if stopped.
    """
    n = len(beliefs.names)
    points = np.zeros((0, n))
    match request.method:
        case "sobol":
            points = sensitivity.sobol_design(n, request.draws, request.seed)
            values = at(beliefs, np.clip(points, 1e-6, 1 - 1e-6))
        case "morris":
            points = sensitivity.morris_design(n, request.draws, MORRIS_LEVELS, request.seed)
            values = at(beliefs, MORRIS_ENDS[0] + (MORRIS_ENDS[1] - MORRIS_ENDS[0]) * points)
        case _:
            values, _ = joint(beliefs, request.draws, request.seed)
    gradient = request.method in GRADIENT
    found = evaluate(what, beliefs, values, request, gradient, folder, tell, title, stop)
    if found is None:
        return None
    output, slope = found
    good = np.isfinite(output)
    if good.sum() < fewest(request.method, n):
        raise RankError(
            f"{title}: {len(output) - good.sum()} of {len(output)} sets of parameters could not be solved: "
            f"too few are left "
            "to rank: take more --draws"
        )
    ends = RESAMPLES, request.seed + 7
    match request.method:
        case "elasticity":
            scale = spread(beliefs, values[good])
            joined = sensitivity.over_draws(
                beliefs.names, slope[good] * scale, "elasticity x sd of ln parameter"
            )
            more = {"swing": np.abs(slope[good]).mean(0) * scale, "sd_ln": scale}
            single = sensitivity.over_draws(beliefs.names, slope[good], METHODS["elasticity"], more)
        case "dgsm":
            per_sd = slope[good] * ln_per_normal(beliefs, values[good])
            single = sensitivity.dgsm_effects(beliefs.names, per_sd, output[good], np.ones(n), *ends)
            joined = sensitivity.over_draws(beliefs.names, per_sd, "slope per prior sd")
        case "sobol":
            single = joined = sensitivity.sobol_effects(beliefs.names, output, *ends)
        case "morris":
            single = joined = sensitivity.morris_effects(beliefs.names, points, output, *ends)
        case _:
            single = joined = sensitivity.rank_regression_effects(
                beliefs.names, np.log(values), output, *ends
            )
    if request.method == "sobol":
        grouped = _pathway_indices(request, what, beliefs, folder, tell, stop, title)
        return None if grouped is None else (single, grouped, output, values)
    return single, sensitivity.by_group(joined, beliefs.pathway), output, values


def _pathway_indices(
    request: Request,
    what: Plan,
    beliefs: Beliefs,
    folder: Path,
    tell: Teller,
    stop: Callable[[], bool],
    title: str,
) -> Effects | None:
    """Total indices of whole pathways: of groups they do not follow from those of their members."""
    design = sensitivity.sobol_design(len(beliefs.names), request.draws, request.seed, beliefs.pathway)
    values = at(beliefs, np.clip(design, 1e-6, 1 - 1e-6))
    found = evaluate(what, beliefs, values, request, False, folder, tell, f"{title} of pathways", stop)
    if found is None:
        return None
    return sensitivity.sobol_effects(beliefs.names, found[0], RESAMPLES, request.seed + 7, beliefs.pathway)


def execute(
    request: Request,
    beliefs: Beliefs,
    prior: Beliefs | None,
    mark: str,
    out: Path,
    tell: Teller,
    stop: Callable[[], bool],
) -> xr.DataTree | None:
    """Make the ranking and its files under `out`; None if stopped (what is finished is kept).

    Args:
        prior: beliefs before the fit, ranked beside; None where `beliefs` are the prior.
        mark: words put on every table and figure, empty if nothing is to be said.
    """
    what = plan(request.question, LANES[request.method in GRADIENT])
    tell.say("Compiling, then simulating ...")
    after = effects(request, what, beliefs, out / "checkpoint", tell, stop, "ranking")
    if after is None:
        return None
    before = (
        effects(request, what, prior, out / "checkpoint", tell, stop, "ranking of the prior")
        if prior is not None
        else None
    )
    if prior is not None and before is None:
        return None
    single, groups, output, values = after
    table = ranks.rank(single)
    declared = {p.name: p for p in what.system.network.parameters}
    table["pathway"] = ("factor", list(beliefs.pathway))
    table["meaning"] = ("factor", [declared[n].meaning for n in beliefs.names])
    table["informed"] = ("factor", list(beliefs.informed))
    if before is not None:
        table["prior_rank"] = ranks.rank(before[0])["rank"]
    counts = sorted({max(2, len(single.size) // 8), max(2, len(single.size) // 2), len(single.size)})
    stable = ranks.stability(single, counts, top=10, resamples=200, seed=request.seed)
    attrs = labelled_tree.flat(
        {
            **request.description(),
            "failed": int(np.isnan(output).sum()),
            "simulated": len(output),
            "mark": mark,
            "network": what.system.network.id,
            "network_fingerprint": what.system.network.fingerprint,
        }
    )
    names = {"factor": list(beliefs.names)}
    return xr.DataTree.from_dict(
        {
            "/": xr.Dataset(attrs=attrs),
            "/parameter": table,
            "/pathway": ranks.rank(groups),
            "/stability": stable,
            "/simulations": xr.Dataset(
                {"readout": ("row", output), "value": (("row", "factor"), values)}, coords=names
            ),
            "/size": xr.Dataset({"size": (("replicate", "factor"), single.size)}, coords=names),
        }
    )


def csv_table(tree: xr.DataTree) -> pd.DataFrame:
    """The ranking as people read it: a row a parameter, sorted by rank."""
    d = tree["parameter"].to_dataset()
    columns = {
        "pathway": "pathway",
        "effect": "effect",
        "low": "low",
        "high": "high",
        "rank": "rank",
        "rank_low": "rank_low",
        "rank_high": "rank_high",
        "informed": "informed",
    }
    extra = [
        n
        for n in (
            "swing",
            "sd_ln",
            "first",
            "first_low",
            "first_high",
            "mu",
            "sigma",
            "nu",
            "r2",
            "prior_rank",
        )
        if n in d
    ]
    table = pd.DataFrame(
        {new: d[old].values for old, new in columns.items()} | {n: d[n].values for n in extra},
        index=pd.Index(d["factor"].values, name="parameter"),
    )
    if tree.attrs["mark"]:
        table["mark"] = tree.attrs["mark"]
    return table.sort_values("rank")
