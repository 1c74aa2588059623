"""Is the mechanism worth anything? Each (line, drug) left out, predicted, and set beside the baselines.

Leaving out is by importance weights (Pareto-smoothed) of the likelihood of the whole pair, its residual
integrated out; where their shape is bad the pair is named and the rest is fitted again without it.
"""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  ArviZ documents it, without __all__
from scipy import stats
from scipy.special import logsumexp

from inference.fit.verdict import PARETO_K
from inference.panel import panel_layout as unknown
from inference.panel.panel_baselines import BASELINES, RANK_ONE, Halves, fitted_by, left_out, score
from inference.panel.panel_curves import GRID, ln_half
from inference.panel.panel_layout import half_normal, log_normal
from inference.panel.panel_model import DEGREES, PanelModel, local, logit, of_half

NODES = 9  # of the quadratures over a residual and over what a curve is off
PERMUTATIONS = 500
MEK = ("PD-0325901", "selumetinib", "trametinib")
MECHANISM = "mechanism"
BOOTSTRAP = 4000


@dataclass(frozen=True)
class CurveDraws:
    """What a prediction needs of each draw.

    Attributes:
        curves: (draw, source, line, drug, dose), without residual and offset.
        scatter, half_noise, noise, curve_spread: (draw,); offset: (draw, source, drug), ln.
    """

    curves: np.ndarray
    scatter: np.ndarray
    half_noise: np.ndarray
    noise: np.ndarray
    curve_spread: np.ndarray
    offset: np.ndarray


def drawn_of(model: PanelModel, z: np.ndarray, curves: np.ndarray) -> CurveDraws:
    """The same for draws (draw, unknown) whose curves were simulated."""
    data, layout = model.data, model.layout

    def of(x: jax.Array) -> tuple[jax.Array, ...]:
        part, at = layout.split(x), local(x, layout, data)
        return (
            at.scatter,
            log_normal(part["half_noise"], *unknown.HALF_NOISE),
            log_normal(part["noise"], *unknown.NOISE),
            half_normal(part["curve_spread"], unknown.CURVE),
            at.offset,
        )

    scatter, half, noise, spread, offset = (np.asarray(a) for a in jax.jit(jax.vmap(of))(jnp.asarray(z)))
    table = np.zeros((len(z), len(data.sources), len(data.drugs)))
    for k, (source, drug) in enumerate(data.offsets):
        table[:, data.sources.index(source), data.drugs.index(drug)] = offset[:, k]
    return CurveDraws(curves, scatter, half, noise, spread, table)


def halves(model: PanelModel, ras: np.ndarray) -> Halves:
    """Measured ln IC50 of every cell and source: as reported, or where a measured curve first falls below
    half, beyond its highest dose where it never does.

    Args:
        ras: covariate of the baselines in place of the panel's own, (line,).
    """
    data, rows = model.data, []
    for source, line, drug, cell in sorted(
        set(zip(data.source, data.line, data.drug, data.cell, strict=True))
    ):
        of = np.flatnonzero((data.source == source) & (data.cell == cell))
        if data.curve[of[0]] < 0:
            y, beyond = np.log(data.dose[of[0]]), data.beyond[of[0]]
        else:
            order = of[np.argsort(data.dose[of])]
            y, beyond = crossing(np.log(data.dose[order]), data.viability[order])
        rows.append((line, drug, source, cell, y, beyond))
    line, drug, source, cell, y, beyond = (np.array(a) for a in zip(*rows, strict=True))
    columns = [np.nan_to_num(ras - np.mean(ras))]
    for x in (data.covariates.amount, data.covariates.growth):
        if np.isfinite(x).sum() > 1:
            columns.append(np.nan_to_num(x - np.nanmean(x)))
    return Halves(line, drug, source, cell, y, beyond, np.stack(columns, axis=1), 0)


def crossing(ln_dose: np.ndarray, viability: np.ndarray) -> tuple[float, int]:
    """ln of the dose at which a measured curve falls below half for good, and whether that is beyond its
    doses (1 above, -1 below); linear between doses.
    """
    above = np.flatnonzero(viability >= 0.5)
    if len(above) and above[-1] == len(viability) - 1:
        return float(ln_dose[-1]), 1
    if not len(above):
        return float(ln_dose[0]), -1
    k = above[-1]
    share = (viability[k] - 0.5) / (viability[k] - viability[k + 1])
    return float(ln_dose[k] + share * (ln_dose[k + 1] - ln_dose[k])), 0


def at_doses(curve: np.ndarray, ln_dose: np.ndarray) -> np.ndarray:
    """Curves (draw, dose of the grid) at ln doses (draw, any), linear between those of the grid."""
    place = np.clip((ln_dose - GRID[0]) / (GRID[1] - GRID[0]), 0, len(GRID) - 1.000001)
    k = place.astype(int)
    rows = np.arange(len(curve))[:, None]
    return curve[rows, k] + (place - k) * (curve[rows, k + 1] - curve[rows, k])


def log_likelihoods(model: PanelModel, drawn: CurveDraws) -> np.ndarray:
    """Log likelihood (draw, cell) of everything seen of a (line, drug), its residual integrated out."""
    data = model.data
    x, w = np.polynomial.hermite_e.hermegauss(NODES)
    log_w = np.log(w / w.sum())
    found = np.zeros((len(drawn.scatter), len(data.cells)))
    for cell in range(len(data.cells)):
        of = np.flatnonzero(data.cell == cell)
        line, drug = data.line[of[0]], data.drug[of[0]]
        by_node = np.zeros((len(drawn.scatter), NODES))
        single = not data.sampled[cell]
        for j, node in enumerate([0.0] if single else x):
            shift = drawn.scatter * node
            for source in np.unique(data.source[of]):
                mine = of[data.source[of] == source]
                curve = drawn.curves[:, source, line, drug]
                worth = np.log(data.dose[mine])[None] - (shift + drawn.offset[:, source, drug])[:, None]
                by_node[:, j] += _of_source(data, mine, curve, worth, drawn, single, x, log_w)
        found[:, cell] = by_node[:, 0] if single else logsumexp(by_node + log_w, axis=1)
    return found


def _of_source(data, rows, curve, worth, drawn, single, x, log_w):
    """Log likelihood (draw,) of what one source saw of a cell, at a given residual."""
    total = np.zeros(len(curve))
    is_curve = data.curve[rows] >= 0
    if is_curve.any():
        v = at_doses(curve, worth[:, is_curve])
        off = drawn.curve_spread[:, None, None] * x[None, :, None]
        z = (data.viability[rows][is_curve][None, None] - v[:, None] - off) / drawn.noise[:, None, None]
        told = (stats.t.logpdf(z, DEGREES) - np.log(drawn.noise)[:, None, None]).sum(-1)
        total += np.asarray(logsumexp(told + log_w[None], axis=1))
    if (~is_curve).any():
        from inference.panel.panel_data import NEARBY

        at = worth[:, ~is_curve]
        below, above = (
            np.asarray(logit(jnp.asarray(at_doses(curve, at + s * np.log(NEARBY))))) for s in (-1, 1)
        )
        scatter = (drawn.scatter if single else np.zeros(len(curve)))[:, None]
        terms = of_half(
            jnp.asarray(below),
            jnp.asarray(above),
            data.beyond[rows][~is_curve][None],
            jnp.asarray(drawn.half_noise)[:, None],
            jnp.asarray(scatter),
        )
        total += np.asarray(terms).sum(-1)
    return total


def weights(model: PanelModel, drawn: CurveDraws) -> tuple[np.ndarray, np.ndarray]:
    """Smoothed log weights (draw, cell) of the posterior without each cell, and their Pareto k (cell,)."""
    told = log_likelihoods(model, drawn)
    log_w, k = np.zeros_like(told), np.zeros(told.shape[1])
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        for i in range(told.shape[1]):
            one, shape = array_stats.psislw(told[:, i])  # it takes the negative itself
            log_w[:, i], k[i] = one - float(logsumexp(one)), float(shape)  # pyright: ignore[reportArgumentType]  one column is one shape
    return log_w, k


def predicted(h: Halves, drawn: CurveDraws, log_w: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Log score and median (target,) of ln IC50 by the mechanism without the target's own cell.

    A draw says Normal(ln IC50 of its curve + offset, residual and noise together).
    """
    scores, middles = np.zeros(len(h)), np.zeros(len(h))
    rng = np.random.default_rng(0)
    for i in range(len(h)):
        curve = drawn.curves[:, h.source[i], h.line[i], h.drug[i]]
        mean = ln_half(curve) + drawn.offset[:, h.source[i], h.drug[i]]
        slope = np.clip(_slope(curve), 0.3, 5.0)
        sd = np.sqrt(drawn.scatter**2 + (drawn.half_noise / slope) ** 2)
        w = log_w[:, h.cell[i]]
        scores[i] = logsumexp(w + score(h.y[i], h.beyond[i], mean, sd))
        rows = rng.choice(len(w), 4000, p=np.exp(w - logsumexp(w)))
        middles[i] = np.median(mean[rows] + sd[rows] * rng.standard_normal(4000))
    return scores, middles


def _slope(curve: np.ndarray) -> np.ndarray:
    """Slope of the logit by ln dose where a curve (draw, dose) passes half."""
    l = np.log(np.clip(curve, 1e-3, 1 - 1e-3)) - np.log(1 - np.clip(curve, 1e-3, 1 - 1e-3))
    at = np.clip((ln_half(curve) - GRID[0]) / (GRID[1] - GRID[0]), 1, len(GRID) - 2).astype(int)
    rows = np.arange(len(curve))
    return (l[rows, at - 1] - l[rows, at + 1]) / (GRID[2] - GRID[0])


def compared(
    model: PanelModel, drawn: CurveDraws, seed: int = 1
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """(table of methods, predictions of every target, null of permuted lines for the MEK inhibitors)."""
    h = halves(model, model.data.covariates.ras)
    log_w, k = weights(model, drawn)
    own, middle = predicted(h, drawn, log_w)
    found = {MECHANISM: (own, middle)}
    rng = np.random.default_rng(seed)
    for name in (*BASELINES, RANK_ONE):
        at = left_out(h, fitted_by(name), rng)
        found[name] = score(h.y, h.beyond, at[:, 0], at[:, 1]), at[:, 0]
    names = model.data
    targets = pd.DataFrame(
        {
            "line": np.array(names.lines)[h.line],
            "drug": np.array(names.drugs)[h.drug],
            "source": np.array(names.sources)[h.source],
            "ln_ic50": h.y,
            "beyond": h.beyond,
            "pareto_k": k[h.cell],
            **{f"{n}: score": s for n, (s, _) in found.items()},
            **{f"{n}: ln_ic50": m for n, (_, m) in found.items()},
        }
    )
    return summary(targets, found, rng), targets, permuted(model, h, drawn, log_w, rng)


def summary(
    targets: pd.DataFrame, found: dict[str, tuple[np.ndarray, np.ndarray]], rng: np.random.Generator
) -> pd.DataFrame:
    """A row a method: mean log score, error of ln IC50 where it was within range, and by how much the
    mechanism's score is better, with an 89 % interval from lines drawn with replacement.
    """
    lines = targets["line"].unique()
    by_line = [np.flatnonzero(targets["line"] == x) for x in lines]
    inside = (targets["beyond"] == 0).to_numpy()
    rows = []
    for name, (told, middle) in found.items():
        gain = found[MECHANISM][0] - told
        sums, counts = np.array([gain[r].sum() for r in by_line]), np.array([len(r) for r in by_line])
        some = rng.integers(0, len(lines), (BOOTSTRAP, len(lines)))
        means = sums[some].sum(1) / counts[some].sum(1)
        low, high = np.quantile(means, (0.055, 0.945))
        rows.append(
            {
                "method": name,
                "log_score": told.mean(),
                "rms_error": np.sqrt(np.mean((targets["ln_ic50"].to_numpy() - middle)[inside] ** 2)),
                "mechanism_better_by": gain.mean(),
                "low": low,
                "high": high,
            }
        )
    return pd.DataFrame(rows).set_index("method")


def permuted(
    model: PanelModel, h: Halves, drawn: CurveDraws, log_w: np.ndarray, rng: np.random.Generator
) -> pd.DataFrame:
    """For each MEK inhibitor, the share of permutations of the lines whose predictions do worse than those
    of the lines themselves: what is permuted is which line a held-out prediction belongs to.
    """
    rows = []
    for drug in [d for d in MEK if d in model.data.drugs]:
        of = np.flatnonzero(h.drug == model.data.drugs.index(drug))
        table = np.zeros((len(of), len(of)))  # target i by the prediction for target j's line
        for a, i in enumerate(of):
            for b, j in enumerate(of):
                curve = drawn.curves[:, h.source[i], h.line[j], h.drug[i]]
                mean = ln_half(curve) + drawn.offset[:, h.source[i], h.drug[i]]
                sd = np.sqrt(drawn.scatter**2 + drawn.half_noise**2)
                told = score(h.y[i], h.beyond[i], mean, sd)
                table[a, b] = logsumexp(log_w[:, h.cell[j]] + told)
        true = np.trace(table)
        null = np.array(
            [table[np.arange(len(of)), rng.permutation(len(of))].sum() for _ in range(PERMUTATIONS)]
        )
        rows.append(
            {
                "drug": drug,
                "targets": len(of),
                "log_score": true / len(of),
                "permuted": null.mean() / len(of),
                "beats": float(np.mean(true > null)),
            }
        )
    return pd.DataFrame(rows).set_index("drug")


def bad(k: np.ndarray) -> np.ndarray:
    """Cells whose weights cannot be trusted."""
    return np.flatnonzero(~(k <= PARETO_K))
