"""Does the solver's error change the answer? A share of the draws, solved again more tightly and by another
method.

If the density at tighter tolerance were the truth, draws of the run would need importance weights; weights
near 1 mean
that the tolerance is invisible in the posterior. The other method is SciPy's LSODA on functions that SymPy
prints for
NumPy: another integrator, other linear algebra, another compilation of the network.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import sympy as sp
from jaxtyping import Array, Float
from scipy.integrate import solve_ivp

from inference.likelihood.likelihood import lanes, log_likelihood, terms
from inference.runs.run import Run
from inference.study.protocols import STEADY
from inference.study.solved.narrow_states import GRID, features
from inference.study.study import Study
from models.declare import time
from models.engine.blocks import Block
from models.engine.compile import FLATTEST, ROUNDING, System
from models.engine.one_dish import Trajectory
from models.engine.protocol import Schedule
from models.formula import function_of
from models.network import rates_of_change

NEGLIGIBLE = 0.01  # a change of the log-likelihood that no posterior shows, whatever the shape of its tail
PARETO_K = 0.7  # above it importance weights cannot be trusted (Vehtari et al., JMLR 2024)

Evaluate = Callable[[Array, Array, Array], tuple[Array, Array]]


def _raised(x: float, h: float) -> float:
    """x^h of a file's formula; not a number where that has none."""
    try:
        value = 0.0 if -ROUNDING <= x < 0.0 and h != round(h) else float(x) ** h
    except ZeroDivisionError:
        return math.inf
    return math.nan if isinstance(value, complex) else value


_NUMPY: list[Any] = [
    {
        "power": lambda x, h: np.exp(h * np.log(max(x, 0.0) + 1e-100)),
        "guarded_log": lambda x: np.log(max(x, 0.0) + 1e-100),
        "raised": _raised,
        "steepness": lambda x, g: _raised(max(abs(x), FLATTEST) * math.copysign(1, x) if g < 0 else x, g),
        "choose": lambda margin, a, b: a if margin >= 0 else b,
        "Max": lambda *x: max(x),
        "Min": lambda *x: min(x),
        "Heaviside": lambda x, h0=0.5: np.heaviside(x, h0),
    },
    "numpy",
]


@dataclass(frozen=True)
class Certificate:
    """What solving again changed.

    Attributes:
        draws: solved again at `factor` times tighter tolerance; unsolved: of these, those that then failed.
        largest: largest change of the log-likelihood, apart from a common constant.
        khat: Pareto k of the importance weights; effective: effective share of the draws under them.
        other_draws, other_largest: the same for the other method (largest change against the tight solution).
        other: its name.
    """

    draws: int
    factor: float
    unsolved: int
    largest: float
    khat: float
    effective: float
    other: str
    other_draws: int
    other_largest: float

    @property
    def ok(self) -> bool:
        """No draw lost, and weights that do not matter or can be trusted."""
        solved = self.unsolved == 0 and np.isfinite(self.other_largest)
        return bool(
            solved
            and max(self.largest, self.other_largest) < 1.0
            and (self.largest < NEGLIGIBLE or self.khat < PARETO_K)
        )

    def words(self) -> str:
        """One sentence for the verdict."""
        change = (
            f"{self.draws} draws at {self.factor:g} times tighter tolerance change the log-likelihood "
            f"by at most {self.largest:.2g}"
        )
        weights = f"Pareto k {self.khat:.2f}, {100 * self.effective:.1f} % effective"
        lost = f"; {self.unsolved} of them could not be solved" if self.unsolved else ""
        other = (
            f"{self.other} differs from that by at most {self.other_largest:.2g} in {self.other_draws} draws"
        )
        return f"solver: {change} ({weights}){lost}; {other}"

    def attrs(self) -> dict[str, Any]:
        """As plain JSON, which has no infinite numbers."""
        finite = {
            k: None if isinstance(v, float) and not np.isfinite(v) else v for k, v in asdict(self).items()
        }
        return finite | {"ok": self.ok, "words": self.words()}


def certify(
    study: Study,
    theta: Float[np.ndarray, "draw unknown"],
    *,
    rtol: float,
    atol: float,
    factor: float = 100.0,
    other_draws: int = 8,
    batch: int = 16,
    run: Run | None = None,
    evaluate: Evaluate | None = None,
) -> Certificate:
    """Solve draws of a run again.

    Args:
        theta: the share of the draws to look at (100 or more make k meaningful), in own units.
        rtol, atol: tolerances of the run.
        factor: how much tighter.
        other_draws: so many of them also by the other method.
        batch: draws side by side.
        run: is told how far it is.
        evaluate: (theta, rtol, atol) -> log-likelihood terms and whether all dishes could be solved, as the
            run did it; the
            whole study at once if it is not given.
    """
    solve = evaluate or (lambda t, r, a: log_likelihood(study, t, rtol=r, atol=a))

    @jax.jit
    def total(block: Float[Array, "draw unknown"], tighter: Float[Array, ""]) -> tuple[Array, Array]:
        found, ok = jax.vmap(lambda t: solve(t, rtol / tighter, atol / tighter))(block)
        return found.sum(-1), ok

    def both(block: Block) -> tuple[Array, Array, Array]:
        rows = jnp.asarray(theta[block.rows])
        loose, ok_loose = total(rows, jnp.asarray(1.0))
        fine, ok_fine = total(rows, jnp.asarray(factor))
        return loose, fine, ok_loose & ok_fine

    work = run or Run(Path())
    loose, tight, solved = work.in_blocks(both, len(theta), batch, "certificate")
    log_w = (tight - loose)[solved]
    chosen = np.flatnonzero(solved)[:: max(1, int(solved.sum()) // max(other_draws, 1))][:other_draws]
    by_other = np.array(
        [other_log_likelihood(study, theta[i], rtol=rtol / factor, atol=atol / factor) for i in chosen]
    )
    khat, effective = weights(log_w)
    return Certificate(
        len(theta),
        factor,
        int(np.sum(~solved)),
        _spread(log_w),
        khat,
        effective,
        "LSODA (SciPy)",
        len(chosen),
        float(np.max(np.abs(by_other - tight[chosen]), initial=0.0)),
    )


def weights(log_w: Float[np.ndarray, " draw"]) -> tuple[float, float]:
    """Pareto k of importance weights (NaN for fewer than 25), and their effective share after Pareto
    smoothing.
    """
    from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  ArviZ documents it, without __all__

    if _spread(log_w) == 0.0:
        return -np.inf, 1.0
    if len(log_w) < 25:
        w = np.exp(log_w - np.max(log_w))
        return float("nan"), float(w.sum() ** 2 / (w**2).sum() / len(w))
    smooth, k = array_stats.psislw(
        -np.asarray(log_w)
    )  # it takes log-likelihoods, whose weights are their inverse
    w = np.exp(smooth - np.max(smooth))
    return float(k), float(w.sum() ** 2 / (w**2).sum() / len(w))


def _spread(log_w: np.ndarray) -> float:
    return float(np.max(np.abs(log_w - np.median(log_w)), initial=0.0))


def other_log_likelihood(
    study: Study, theta: Float[np.ndarray, " unknown"], *, rtol: float, atol: float
) -> float:
    """Log-likelihood of one draw with every dish solved by LSODA; NaN where LSODA gives up."""
    parameters, schedule = lanes(study, jnp.asarray(theta))
    dishes = [
        by_lsoda(
            study.system,
            np.asarray(p),
            jax.tree.map(lambda a, i=i: np.asarray(a[i]), schedule),
            study.times[i],
            rtol,
            atol,
        )
        for i, p in enumerate(np.asarray(parameters))
    ]
    values = np.stack(dishes)
    if not np.all(np.isfinite(values)):
        return float("nan")
    n = len(dishes)
    solved = Trajectory(jnp.asarray(values), jnp.ones(n, bool), jnp.zeros(n, int), jnp.zeros(n, int))
    return float(terms(study, jnp.asarray(theta), solved).sum())


def by_lsoda(
    system: System,
    parameters: np.ndarray,
    schedule: Schedule,
    times: Float[np.ndarray, " time"],
    rtol: float,
    atol: float,
) -> Float[np.ndarray, "time species"]:
    """One dish, period by period; NaN from where LSODA gives up. A value at the start of a period is the one
    after its jump.
    """
    field = _field(system)
    y = np.asarray(system.initial, dtype=float)
    found = np.zeros((len(times), len(y)))
    starts = schedule.starts[np.isfinite(schedule.starts)]
    last = times[np.isfinite(times)].max()
    for i, start in enumerate(starts):
        y = schedule.keep[i] * y + schedule.add[i]
        end = starts[i + 1] if i + 1 < len(starts) else last
        inside = (times >= start) & ((times < end) if i + 1 < len(starts) else (times <= end))
        found[inside & (times == start)] = y
        wanted = times[inside & (times > start)]
        if end <= start:
            continue
        args = (*parameters, *schedule.inputs[i])
        looks = bool(features(system.network)) and end - start < 0.1 * STEADY
        solution = solve_ivp(
            lambda t, y, args=args: field(t, y, args),
            (start, end),
            y,
            method="LSODA",
            rtol=rtol,
            atol=atol,
            t_eval=np.union1d(wanted, [end]),
            max_step=(end - start) / GRID if looks else np.inf,  # it must not step over what is short either
        )
        if not solution.success:
            found[times >= start] = np.nan
            return found
        found[inside & (times > start)] = solution.y.T[: len(wanted)]
        y = solution.y[:, -1]
    return found


@lru_cache(maxsize=8)
def _field(system: System) -> Callable[[float, np.ndarray, tuple], Any]:
    names = [sp.Symbol(n) for n in system.species]
    args = [sp.Symbol(n) for n in (*system.parameters, *system.inputs)]
    rates = rates_of_change(system.network)
    return function_of([time, names, args], [rates[n] for n in system.species], _NUMPY)
