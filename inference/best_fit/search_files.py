"""The files of a search for the best fit: table, waterfall, profiles."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from inference.best_fit import search_figures
from inference.best_fit.hierarchical import Profiled
from inference.best_fit.modes import laplace
from inference.best_fit.multistart import (
    candidates_of,
    draws_of,
    in_words,
    profile_table,
    search_of,
    table,
)
from inference.best_fit.portable_searches import PROFILES, PointFacts, ProfileFacts, others_of
from inference.best_fit.profile_likelihood import intervals, profiles
from inference.best_fit.trust_region import SIFTED, best_fits, promising
from inference.likelihood.many_points import Batch
from inference.likelihood.reduced_parts import Split, split
from inference.runs.outputs import write_figure, write_table
from inference.runs.run import Run
from inference.study.study import Study

RTOL, ATOL, TOLERANCE = 1e-6, 1e-8, 1e-5  # of the solver; of the search, fall of the objective
# of the intervals; standard deviations a profile goes; its evaluations a point, and when they end
LEVEL, REACH, PROFILE_STEPS, PROFILE_TOLERANCE = 0.95, 4.0, 100, 1e-6
WIDTH = 16  # points evaluated side by side


class SearchError(ValueError):
    """A search that ended nowhere: study, finding, remedy."""


@dataclass(frozen=True)
class Ask:
    """`starts` searches from `spread` of the prior's width, `max_steps` evaluations each; `points` of a
    profile on each side, 0: none.
    """

    starts: int
    spread: float
    max_steps: int
    seed: int
    points: int


def write(study: Study, ask: Ask, run: Run) -> float:  # long: a file after the other
    """Search, say where the searches ended, write the files; returns the log-likelihood of the best fit.

    Args:
        run: its folder takes the files, its executor computes the points of the searches and the profiles.

    Raises:
        SearchError: no start could be solved.
    """
    parts = Split(study, split(study))
    search = search_of(parts, rtol=RTOL, atol=ATOL)
    width, tell, folder = min(WIDTH, ask.starts), run.teller, run.folder
    others = others_of(study, PointFacts(RTOL, ATOL, width), run)
    profiled = Profiled(search, parts, width, rtol=RTOL, atol=ATOL, others=others)
    cells, instruments = len(profiled.layout.cells), len(profiled.layout.instruments)
    tell.say(
        f"Study {study.id}: {cells} parameters of cells are searched, {instruments} of instruments follow "
        f"at their best; "
        f"{SIFTED * ask.starts} points are tried for {ask.starts} searches (compiling first) ..."
    )
    candidates = candidates_of(search, SIFTED * ask.starts, ask.seed, ask.spread)
    with tell.bar("best fit", ask.max_steps) as bar:
        x, value = best_fits(
            profiled,
            promising(profiled, candidates, ask.starts),
            max_steps=ask.max_steps,
            tolerance=TOLERANCE,
            elsewhere=draws_of(search, 400, jax.random.PRNGKey(ask.seed)),
            seed=ask.seed,
            report=lambda i, _, best: bar.to(i, f"objective {best:.4f}"),
        )
    if not np.isfinite(value[0]):
        raise SearchError(
            f"study {study.id}: none of {ask.starts} starting points could be solved: "
            "choose a smaller `spread`, or check the bounds"
        )
    likelihood = float(jax.jit(search.log_likelihood)(jnp.asarray(x[0])))
    tell.say(f"Best log-likelihood {likelihood:.4f}; {in_words(x, value)}")
    write_table(table(search, x[0]), folder / "fit.tsv", sep="\t", index=False)
    ends = pd.DataFrame(x, columns=list(search.problem.names))
    ends.insert(0, "objective", value)
    write_table(ends, folder / "waterfall.csv", index=False)
    figure = search_figures.waterfall(value)
    write_figure(figure, folder / "waterfall.png")
    plt.close(figure)
    if ask.points:
        batch = Batch(search.problem, width, search.objective)
        facts = ProfileFacts(RTOL, ATOL, ask.points, REACH, PROFILE_STEPS, PROFILE_TOLERANCE)
        with tell.bar("profiles", 2 * len(x[0])) as bar:
            found = profiles(
                search.objective,
                x[0],
                laplace(batch, x[0]),
                **facts.plan,
                report=bar.of,
                others=(run, PROFILES.work(study, facts)) if run.executor is not None else None,
            )
        rows = profile_table(search, found, intervals(found, LEVEL), LEVEL)
        write_table(rows, folder / "profiles.csv", index=False)
        tell.say(
            f"{int(rows['identified'].sum())} of {len(rows)} parameters have both ends of their "  # pyright: ignore[reportArgumentType]  pandas' stubs say Series
            f"{100 * LEVEL:.0f} % interval"
        )
    tell.say(f"Written to {folder}")
    return likelihood
