"""Is a fit to be trusted, and what did the data tell? Diagnostics by ArviZ, judged in words."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import xarray as xr

from inference.best_fit.basins import in_words
from inference.fit.verdict_file import Verdict
from inference.samplers.enough import BFMI, DIVERGENT, ESS, R_HAT
from inference.samplers.nested_rhat import nested_rhat
from inference.study.declared_scales import likely_scale, on_declared_scale

INTERVAL = 0.89  # equal-tailed, as ArviZ's default; written in every table
SATURATED, PARETO_K = 0.01, 0.7
QUADRATURE = 0.01  # error of ln of an integral over a blank or a noise that is still no matter
# power-scaling sensitivity above which a belief moves a parameter (Kallioinen et al., Stat Comput 2024)
SENSITIVE = 0.05
LOST, MOVED = 0.15, 0.3  # of the prior variance; of the prior sd: less is no matter (our choice)
NOT_INFORMED = "not informed by these data"


def summary(dt: xr.DataTree) -> pd.DataFrame:
    """A row a parameter: tags, unit, prior and posterior median and 89 % interval, R-hat, ESS, what the data
    told.

    Feedback strengths come first, then estradiol effects, then the rest in the order of the study.
    """
    constants = dt["constant_data"].to_dataset()
    low, high = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
    posterior, prior = dt["posterior"].to_dataset(), dt["prior"].to_dataset()
    rhat, bulk, tail = az.rhat(posterior), az.ess(posterior, method="bulk"), az.ess(posterior, method="tail")
    rows = []
    for name in posterior.data_vars:
        here = constants.sel(parameter=name)
        p, q = prior[name].values.ravel(), posterior[name].values.ravel()
        scale = declared_scale(dt, str(name))
        rows.append(
            {
                "parameter": name,
                "tags": str(here["tags"].item()),
                "unit": str(here["unit"].item()),
                "prior_median": np.median(p),
                "prior_low": np.quantile(p, low),
                "prior_high": np.quantile(p, high),
                "median": np.median(q),
                "low": np.quantile(q, low),
                "high": np.quantile(q, high),
                "rhat": float(rhat[name]),
                "ess_bulk": float(bulk[name]),
                "ess_tail": float(tail[name]),
                "contraction": contraction(p, q, scale),
                "informed": informed(p, q, scale, float(bulk[name])),
            }
        )
    table = pd.DataFrame(rows).set_index("parameter")
    rank = table["tags"].map(lambda t: 0 if "feedback" in t else 1 if "estradiol" in t else 2)
    return table.iloc[np.argsort(rank.to_numpy(), kind="stable")]


def declared_scale(dt: xr.DataTree, name: str) -> str:
    """The scale on which the prior of a parameter of a run was declared, as its file says.

    Files that do not say it (made before it was kept) are read on the scale that their prior suggests.
    """
    kept = dt["constant_data"].to_dataset() if "constant_data" in dt.children else xr.Dataset()
    if "scale" in kept and name in kept["parameter"].values:
        return str(kept["scale"].sel(parameter=name).item())
    return likely_scale(dt["prior"].to_dataset()[name].values.ravel())


def told_about(dt: xr.DataTree, name: str) -> str:
    """What the data of a run told about one of its parameters, in words (`informed`)."""
    before, after = dt["prior"].to_dataset()[name], dt["posterior"].to_dataset()[name]
    worth = float(az.ess(after.values, method="bulk")) if after.sizes["draw"] >= 4 else np.nan
    return informed(
        before.values.ravel(),
        after.values.ravel(),
        declared_scale(dt, name),
        worth if np.isfinite(worth) else None,
    )


def contraction(prior: np.ndarray, posterior: np.ndarray, scale: str) -> float:
    """1 - variance of the posterior over variance of the prior on the declared scale: 0 nothing learnt, 1
    everything.
    """
    p, q = on_declared_scale(scale, prior), on_declared_scale(scale, posterior)
    return float(1 - np.var(q) / np.var(p))


def informed(prior: np.ndarray, posterior: np.ndarray, scale: str, worth: float | None = None) -> str:
    """What the data told about one parameter, in words.

    `not informed`: less than 15 % of the prior variance went and the centre moved by less than 0.3 prior sd,
    or neither by more than three standard errors of its estimate, whichever is larger.
    A bound: one end of the posterior's 89 % interval lies where the prior's does (its outer 15 %), the other
    well inside (our choice of limits; both numbers stand beside the words in every table).

    Args:
        prior, posterior: draws (draw,).
        scale: on which the prior was declared, see `inference.study.declared_scales`.
        worth: independent draws that the posterior's are worth; None: all are independent.
    """
    p, q = on_declared_scale(scale, prior), on_declared_scale(scale, posterior)
    lost, moved = contraction_limits(len(p), worth or len(q))
    if contraction(prior, posterior, scale) < lost and abs(np.mean(q) - np.mean(p)) < moved * np.std(p):
        return NOT_INFORMED
    low, high = (np.mean(p < np.quantile(q, x)) for x in ((1 - INTERVAL) / 2, (1 + INTERVAL) / 2))
    if low > 0.2 and high > 0.85:
        return "bounded from below"
    if high < 0.8 and low < 0.15:
        return "bounded from above"
    return "informed"


def contraction_limits(of_prior: float, of_posterior: float) -> tuple[float, float]:
    """(share of the variance lost, shift in prior sd) below which nothing was learnt, for so many draws.

    The variance of n normal draws is known to sqrt(2 / n) of itself, their mean to sd / sqrt(n); three of
    these errors, where they exceed what we call a matter at all.
    """
    inverse = 1.0 / of_prior + 1.0 / of_posterior
    return max(LOST, 3 * float(np.sqrt(2 * inverse))), max(MOVED, 3 * float(np.sqrt(inverse)))


def power_scaling(dt: xr.DataTree) -> pd.DataFrame:
    """How far each parameter moves when its own prior, or the likelihood, is raised to a power near 1:
    `prior`, `likelihood`.

    Its own: scaling the priors of forty parameters at once moves every one of them, informed or not.
    """
    likelihood = dt["log_likelihood"].to_dataset().to_array().sum(("variable", "measurement"))
    prior = dt["log_prior"].to_dataset().to_array().sum("variable")
    # a flat belief cannot be scaled, and the smoothed weights need a tail of draws
    if np.ptp(prior.values) == 0.0 or np.ptp(likelihood.values) == 0.0 or prior.size < 100:
        return pd.DataFrame(
            0.0, index=list(map(str, dt["posterior"].data_vars)), columns=["prior", "likelihood"]
        )
    names = [str(n) for n in dt["posterior"].data_vars]
    by_data = az.psense(dt, group="likelihood")
    by_prior = {n: float(az.psense(dt, var_names=[n], group="prior", group_var_names=[n])[n]) for n in names}
    found = pd.DataFrame({"prior": by_prior, "likelihood": {n: float(by_data[n]) for n in names}})
    return found.fillna(0.0)


def _scaling_notes(dt: xr.DataTree, silent: Sequence[str]) -> list[str]:
    moved = power_scaling(dt)
    tags = dt["constant_data"]["tags"].to_series()
    moved = moved[[any(t in tags[n] for t in ("feedback", "estradiol")) for n in moved.index]]
    by_prior, by_data = (
        moved["prior"] > SENSITIVE,
        (moved["likelihood"] > SENSITIVE) & ~moved.index.isin(silent),  # pyright: ignore[reportArgumentType]  pandas' stubs are too narrow
    )
    conflict = list(map(str, moved.index[by_prior & by_data]))  # pyright: ignore[reportArgumentType, reportCallIssue]  pandas' stubs are too narrow
    decided = list(map(str, moved.index[by_prior & ~by_data]))  # pyright: ignore[reportArgumentType, reportCallIssue]  pandas' stubs are too narrow
    notes = []
    if conflict:
        notes.append(f"prior and data both move these parameters and may disagree: {', '.join(conflict)}")
    if decided:
        notes.append(f"these follow the prior rather than the data: {', '.join(decided)}")
    return notes


def judge(
    dt: xr.DataTree,
    *,
    failed_solves: int = 0,
    longest: int | None = None,
    superchains: int | None = None,
    certificate: Mapping[str, Any] | None = None,
    mode_mass: Sequence[float] | np.ndarray = (),
    ended: str = "",
) -> Verdict:
    """Judge a run by its draws.

    Args:
        failed_solves: kept draws at which the network could not be solved.
        longest: most steps that a draw may take, to see how often that was reached; None: it tells nothing.
        superchains: groups of chains that began at one point; if fewer than the chains, they are judged by
            nested R-hat, because chains that are short by design cannot pass the ordinary one.
        certificate: `Certificate.attrs()` of the solver, if it was made.
        mode_mass: share of the posterior at each mode that the searches told apart, best first.
        ended: why the run drew no more, see `inference.samplers.draws.Draws`.
    """
    posterior, stats = dt["posterior"].to_dataset(), dt["sample_stats"].to_dataset()
    scales = {str(n): declared_scale(dt, str(n)) for n in posterior.data_vars}
    reasons, notes = _of_divergences(posterior, scales, stats)
    reasons = _of_chains(posterior, superchains) + reasons + _of_energy_and_quadrature(stats)
    notes += _of_length(stats, longest) + of_modes(mode_mass) + ([f"draws: {ended}"] if ended else [])
    if failed_solves:
        reasons.append(f"{failed_solves} kept draws could not be solved: see failures.csv")
    notes += _of_influence(dt)
    table = summary(dt)
    silent = [str(n) for n in table.index if table.loc[n, "informed"] == NOT_INFORMED]
    if "log_likelihood" in dt.children and "log_prior" in dt.children:
        notes += _scaling_notes(dt, silent)
    if certificate is not None:
        (notes if certificate["ok"] else reasons).append(str(certificate["words"]))
    if silent:
        notes.append(f"{NOT_INFORMED}: {', '.join(silent)}")
    return Verdict(not reasons, tuple(reasons), tuple(notes))


def _of_chains(posterior: xr.Dataset, superchains: int | None) -> list[str]:
    """Do the chains agree, and are there enough independent draws?"""
    reasons: list[str] = []
    if posterior.sizes["chain"] > 1:
        nested = superchains is not None and 1 < superchains < posterior.sizes["chain"]
        rhat = (
            {str(n): nested_rhat(v.values, superchains or 1) for n, v in posterior.data_vars.items()}
            if nested
            else {str(n): float(v) for n, v in az.rhat(posterior).data_vars.items()}
        )
        bad = {n: v for n, v in rhat.items() if not v < R_HAT}
        if bad:
            kind = "nested R-hat" if nested else "R-hat"
            reasons.append(
                f"the chains disagree: {kind} is not below {R_HAT} for {_worst(bad, largest=True)}"
            )
    else:
        reasons.append("one chain only: whether chains agree cannot be seen; use 4 `chains`")
    for method in ("bulk", "tail"):
        ess = {str(n): float(v) for n, v in az.ess(posterior, method=method).data_vars.items()}
        bad = {n: v for n, v in ess.items() if not v > ESS}
        if bad:
            reasons.append(
                f"too few independent draws: {method} ESS is not above {ESS:.0f} for "
                f"{_worst(bad, largest=False)}; more `draws` help"
            )
    return reasons


def _of_divergences(
    posterior: xr.Dataset, scales: Mapping[str, str], stats: xr.Dataset
) -> tuple[list[str], list[str]]:
    """Reasons and notes: where the sampler could not follow the posterior."""
    reasons: list[str] = []
    notes: list[str] = []
    if "diverging" in stats:
        draws = posterior.sizes["chain"] * posterior.sizes["draw"]
        diverging = stats["diverging"].values.astype(bool)
        count = int(diverging.sum())
        if count >= max(DIVERGENT * draws, 1):
            reasons.append(
                f"{count} of {draws} draws diverged ({100 * count / draws:.2f} %; allowed: under "
                f"{100 * DIVERGENT:g} %)"
            )
        elif count:
            notes.append(f"{count} of {draws} draws diverged")
        if count > 1 and _clustered(posterior, scales, diverging):
            reasons.append(
                "the divergences lie together in one region of the posterior: it is not explored there"
            )
    return reasons, notes


def _of_energy_and_quadrature(stats: xr.Dataset) -> list[str]:
    """Energies that are explored slowly, integrals that are too coarse."""
    reasons: list[str] = []
    if "energy" in stats:
        bfmi = np.atleast_1d(az.bfmi(stats["energy"].values))
        if np.any(bfmi < BFMI):
            reasons.append(f"energy is explored slowly: E-BFMI {bfmi.min():.2f} (should exceed {BFMI})")
    if "quadrature_error" in stats and (largest := float(stats["quadrature_error"].max())) > QUADRATURE:
        reasons.append(
            f"blanks and noises were integrated out too coarsely: ln of an integral is off by up to "
            f"{largest:.2g} "
            f"(allowed: {QUADRATURE:g}); narrow the bounds of those that the data know well"
        )
    return reasons


def _of_length(stats: xr.Dataset, longest: int | None) -> list[str]:
    """A note: how often a draw took as many steps as it may."""
    if longest is None or "n_steps" not in stats:
        return []
    share = float(np.mean(stats["n_steps"].values >= longest))
    if share <= SATURATED:
        return []
    return [
        f"{100 * share:.1f} % of the draws reached the longest allowed trajectory ({longest} steps): slow, "
        "not wrong"
    ]


def of_modes(mass: Sequence[float] | np.ndarray) -> list[str]:
    """A note: how many modes there are, and where the mass is."""
    if not len(mass):
        return []
    if len(mass) == 1:
        return ["one mode was found"]
    said = in_words(np.asarray(mass))
    return [
        f"{said}; chains begin at each in these shares and need not change between them: smc weighs modes"
    ]


def _of_influence(dt: xr.DataTree) -> list[str]:
    """A note: measurements for which leave-one-out cannot be trusted."""
    chains, draws = dt["posterior"].sizes["chain"], dt["posterior"].sizes["draw"]
    if "log_likelihood" not in dt.children or chains * draws < 100:  # smoothed weights need a tail of draws
        return []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # ArviZ's words on Pareto k are the note below
        k = az.loo(dt, pointwise=True).pareto_k  # pyright: ignore[reportAttributeAccessIssue]  ArviZ does not annotate it
    high = int((np.asarray(k) > PARETO_K).sum())
    if not high:
        return []
    return [
        f"{high} of {np.size(k)} measurements are so influential that leave-one-out is unreliable for them "
        f"(Pareto k > {PARETO_K})"
    ]


def _worst(values: dict, largest: bool) -> str:
    ordered = sorted(values.items(), key=lambda kv: kv[1], reverse=largest)
    text = ", ".join(f"{n} ({v:.3g})" for n, v in ordered[:4])
    return text + (f" and {len(ordered) - 4} more" if len(ordered) > 4 else "")


def _clustered(posterior: xr.Dataset, scales: Mapping[str, str], diverging: np.ndarray) -> bool:
    """Are diverging draws closer to each other than 95 % of random pairs of draws are (standardised, each on
    its declared scale)?
    """
    z = np.stack(
        [on_declared_scale(scales[str(n)], posterior[n].values.ravel()) for n in posterior.data_vars], axis=-1
    )
    z = (z - z.mean(0)) / (z.std(0) + 1e-300)
    here = z[diverging.ravel()]
    rng = np.random.default_rng(0)
    i, j = rng.integers(0, len(z), (2, 2000))
    usual = np.linalg.norm(z[i] - z[j], axis=1)[i != j]
    pairs = [np.linalg.norm(a - b) for k, a in enumerate(here) for b in here[:k]]
    return float(np.median(pairs)) < float(np.quantile(usual, 0.05))


GOOD_K = 0.7
