"""Does a fit predict each measurement as well as it claims? The probability below each, the measurement
itself left out.
"""

from __future__ import annotations

from dataclasses import dataclass

import matplotlib.pyplot as plt
import numpy as np
import xarray as xr
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  ArviZ documents it, without __all__
from jaxtyping import Float
from matplotlib.figure import Figure
from scipy import stats

from inference.fit.verdict import GOOD_K
from inference.runs.colours import DATA, POSTERIOR, PRIOR
from inference.runs.figure_labels import label


@dataclass(frozen=True)
class LooPit:
    """`pit` (measurement,) share of the leave-one-out predictive below the measured value; `k` the Pareto
    shape of each; `p` of the Kolmogorov test that they are uniform, without those of k above 0.7."""

    pit: np.ndarray
    k: np.ndarray
    observable: np.ndarray
    p: float

    @property
    def sentence(self) -> str:
        """The finding in words. Measurements share parameters, so the test is a little too easy to pass."""
        bad = int((self.k > GOOD_K).sum())
        u = self.pit[self.k <= GOOD_K]
        outer = np.mean((u < 0.055) | (u > 0.945))
        word = "agree with uniform" if self.p > 0.01 else "are NOT uniform"
        return (
            f"LOO-PIT of {len(u)} measurements {word} (p = {self.p:.2g}); {100 * outer:.0f} % lie outside "
            f"their 89 % interval "
            f"(11 % expected); {bad} more are too influential to be judged."
        )


def loo_pit(
    log_likelihood: Float[np.ndarray, "draw measurement"],
    replicated: Float[np.ndarray, "draw measurement"],
    observed: Float[np.ndarray, " measurement"],
) -> tuple[Float[np.ndarray, " measurement"], Float[np.ndarray, " measurement"]]:
    """Leave-one-out probability below each measured value, and the Pareto shape, from draws of the whole
    posterior.
    """
    return of_probabilities(log_likelihood, (replicated < observed).astype(float))


def of_probabilities(
    log_likelihood: Float[np.ndarray, "draw measurement"],
    below: Float[np.ndarray, "draw measurement"],
) -> tuple[Float[np.ndarray, " measurement"], Float[np.ndarray, " measurement"]]:
    """The same where each draw tells the probability below the measured value itself, which is less noisy."""
    size = log_likelihood.shape[1]
    pit, k = np.zeros(size), np.zeros(size)
    for i in range(size):
        log_w, shape = array_stats.psislw(log_likelihood[:, i])  # it takes the negative itself
        w = np.exp(log_w - log_w.max())
        pit[i], k[i] = np.sum(w * below[:, i]) / w.sum(), float(shape)
    return pit, k


def of_run(dt: xr.DataTree) -> LooPit:
    """LOO-PIT of a run's tree, from the draws whose predictions were kept; censored measurements left out."""
    predicted = dt["posterior_predictive"].to_dataset()["y"]
    log_likelihood = dt["log_likelihood"].to_dataset()["y"].sel(draw=predicted["draw"])
    observed = dt["observed_data"].to_dataset()["y"]
    seen = dt["constant_data"].to_dataset()["censored"].values == 0
    size = int(observed.sizes["measurement"])
    pit, k = loo_pit(
        log_likelihood.values.reshape(-1, size)[:, seen],
        predicted.values.reshape(-1, size)[:, seen],
        observed.values[seen],
    )
    good = k <= GOOD_K
    p = float(stats.kstest(pit[good], "uniform").pvalue) if good.any() else float("nan")
    return LooPit(pit, k, observed["observable"].values[seen], p)


def figure(found: LooPit) -> Figure:
    """ECDF of all LOO-PITs minus the diagonal with its 99 % band, and the values observable by observable."""
    good = found.k <= GOOD_K
    u = np.sort(found.pit[good])
    names = list(dict.fromkeys(found.observable))
    fig, (left, right) = plt.subplots(
        1, 2, figsize=(10, max(3.6, 0.17 * len(names))), layout="constrained", width_ratios=(1, 1.6)
    )
    grid = np.linspace(0, 1, 200)
    half = stats.kstwo.ppf(0.99, max(len(u), 1))
    left.fill_between(grid, -half, half, color=PRIOR, alpha=0.35, lw=0)
    left.plot(grid, np.searchsorted(u, grid, side="right") / max(len(u), 1) - grid, color=POSTERIOR)
    left.axhline(0, color=DATA, lw=0.5)
    left.set_xlabel("LOO-PIT")
    left.set_ylabel("ECDF minus diagonal")
    y = np.array([names.index(n) for n in found.observable])
    jitter = np.random.default_rng(0).uniform(-0.25, 0.25, len(y))
    right.scatter(found.pit[good], (y + jitter)[good], s=8, color=POSTERIOR, alpha=0.7, lw=0)
    right.scatter(found.pit[~good], (y + jitter)[~good], s=14, facecolor="none", edgecolor=PRIOR, lw=0.8)
    right.set_yticks(range(len(names)), [label(n, 40) for n in names], fontsize=7)
    right.set_xlabel("LOO-PIT (open: too influential to be judged)")
    for ax in (left, right):
        ax.spines[["top", "right"]].set_visible(False)
    return fig
