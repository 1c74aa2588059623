"""Are intervals what they claim? Simulation-based calibration: ranks of the truth, coverage, and the error of
the test.

If parameters are drawn from the prior, data from the model, and draws from the posterior of those data, then
the rank of the true value among the draws is uniform (Talts, Betancourt, Simpson, Vehtari & Gelman 2018,
arXiv:1804.06788). The same holds for any function of parameters and data; the log-likelihood is always among
them, because ranks of the parameters alone cannot tell a posterior from the prior (Modrák, Moon, Kim,
Bürkner, Huurre, Faltejsková, Gelman & Vehtari, Bayesian Analysis 2023).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

LEVELS = (0.5, 0.8, 0.89, 0.95)
BY_KIND = 0.89  # level at which kinds of parameters are compared
ALPHA = 0.01  # chance that the whole test rejects a calibrated posterior
WRONG_BY = tuple(
    np.round(np.exp(np.linspace(np.log(1.03), np.log(3.0), 40)), 3)
)  # factors tried by `detectable`
MOST_POOR = 0.05  # share of the fits that may be badly mixed or have diverged


@dataclass(frozen=True)
class Calibration:
    """What the ranks say.

    Attributes:
        names: tested quantities.
        ranks: (fit, quantity), number of draws below the truth, 0..draws.
        draws: kept draws of each fit.
        p: (quantity,) probability of ranks at least as uneven, if the posterior is calibrated (exact by
            simulation).
        chi2_p: (quantity,) of the chi-square test of the histogram with `bins` bins, as a second opinion.
        gamma: pointwise level at which the band of the ECDF holds everywhere with probability 1 - ALPHA.
        coverage: (level, quantity) share of the fits whose central interval holds the truth.
        coverage_low, coverage_high: (level,) 99 % range of that share if the level is right.
        poor: fits that mixed badly or could not be done.
        narrow, wide, shifted: what the test finds in 9 of 10 cases: posterior sd too small by this factor,
            too large
            by this factor, centre displaced by so many posterior sd (for one quantity).
        reasons: why it failed; empty if it passed.
    """

    names: tuple[str, ...]
    ranks: Int[np.ndarray, "fit quantity"]
    draws: int
    p: Float[np.ndarray, " quantity"]
    chi2_p: Float[np.ndarray, " quantity"]
    bins: int
    gamma: float
    coverage: Float[np.ndarray, "level quantity"]
    coverage_low: Float[np.ndarray, " level"]
    coverage_high: Float[np.ndarray, " level"]
    poor: int
    narrow: float
    wide: float
    shifted: float
    reasons: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Passed."""
        return not self.reasons


def ranks(
    truth: Float[np.ndarray, "fit quantity"],
    draws: Float[np.ndarray, "fit draw quantity"],
    seed: int,
) -> Int[np.ndarray, "fit quantity"]:
    """Number of draws below the truth, 0..draws; ties are broken at random."""
    rng = np.random.default_rng(seed)
    below = (draws < truth[:, None]).sum(1)
    equal = (draws == truth[:, None]).sum(1)
    return below + rng.integers(0, equal + 1)


def unevenness(ranks: Int[np.ndarray, "fit quantity"], draws: int) -> Float[np.ndarray, " quantity"]:
    """Smallest two-sided binomial tail probability of the ECDF of the ranks over all its steps.

    The statistic of the simultaneous band of Säilynoja, Bürkner & Vehtari (Statistics and Computing 2022):
    small means that somewhere too many or too few ranks lie below. Its own distribution is found by
    simulation (`null`).
    """
    fits = len(ranks)
    step = np.arange(1, draws + 1)
    counts = np.stack([np.bincount(r, minlength=draws + 1).cumsum()[:-1] for r in ranks.T], axis=1)
    count, share = np.arange(fits + 1), (step / (draws + 1))[:, None]
    tail = 2 * np.minimum(
        stats.binom.cdf(count, fits, share), stats.binom.sf(count - 1, fits, share)
    )  # (step, count)
    return np.minimum(np.take_along_axis(tail, counts, axis=1).min(axis=0), 1.0)


def null(fits: int, draws: int, simulations: int, seed: int) -> Float[np.ndarray, " simulation"]:
    """`unevenness` of uniform ranks."""
    rng = np.random.default_rng(seed)
    return unevenness(rng.integers(0, draws + 1, (fits, simulations)), draws)


def coverage(
    ranks: Int[np.ndarray, "fit quantity"], draws: int, levels: Sequence[float] = LEVELS
) -> Float[np.ndarray, "level quantity"]:
    """Share of fits whose central interval (from the draws) holds the truth.

    The interval between the k-th draw from below and the k-th from above holds the truth with probability
    1 - 2k/(draws + 1) exactly; k need not be whole, the share is then interpolated between its neighbours.
    """
    out = []
    for level in levels:
        k = (1 - level) / 2 * (draws + 1)
        low, high = int(np.floor(k)), int(np.ceil(k))
        inside = [((ranks >= j) & (ranks <= draws - j)).mean(0) for j in (low, high)]
        out.append(inside[0] + (k - low) * (inside[1] - inside[0]))
    return np.stack(out)


def detectable(
    fits: int, draws: int, quantities: int, simulations: int, seed: int, power: float = 0.9
) -> tuple[float, float, float]:
    """What the test would find with probability `power` in one of its quantities: the error of the test
    itself.

    The truth is standard normal given the data; the reported posterior is normal with another sd or centre.
    Returns the factor by which its sd is too small, the factor by which it is too large, and the shift in
    units of the sd.
    """
    rng = np.random.default_rng(seed)
    limit = np.quantile(null(fits, draws, 4000, seed), ALPHA / quantities)

    def found(scale: float, shift: float) -> bool:
        share = stats.norm.cdf((rng.standard_normal((fits, simulations)) - shift) / scale)
        return bool(np.mean(unevenness(rng.binomial(draws, share), draws) <= limit) >= power)

    def first(errors: Sequence[float], kind: tuple[float, float] | None) -> float:
        for e in errors:
            if found(1.0, e) if kind is None else found(*((1 / e, 0.0) if kind[0] else (e, 0.0))):
                return float(e)
        return float("inf")

    return (
        first(WRONG_BY, (1.0, 0.0)),
        first(WRONG_BY, (0.0, 0.0)),
        first(np.linspace(0.05, 2.0, 40).tolist(), None),
    )


def judge(
    names: Sequence[str],
    ranks: Int[np.ndarray, "fit quantity"],
    draws: int,
    poor: Bool[np.ndarray, " fit"],
    seed: int,
) -> Calibration:
    """Pass, or the reasons why not.

    The test fails if any quantity is uneven at the level ALPHA over all of them (Bonferroni), or if more than
    5 % of
    the fits mixed badly: those stay among the ranks, since leaving fits out by how they went would itself
    make ranks
    uneven.
    """
    fits, quantities = ranks.shape
    scale = null(fits, draws, 10_000, seed)
    observed = unevenness(ranks, draws)
    p = (1 + (scale[:, None] <= observed).sum(0)) / (1 + len(scale))
    bins = max(2, min(20, fits // 10, draws + 1))
    edges = np.linspace(0, draws + 1, bins + 1).round().astype(int)
    expected = fits * np.diff(edges) / (draws + 1)
    counts = np.stack([np.histogram(r, edges - 0.5)[0] for r in ranks.T], axis=1)
    chi2_p = stats.chi2.sf(((counts - expected[:, None]) ** 2 / expected[:, None]).sum(0), bins - 1)
    covered = coverage(ranks, draws)
    low, high = (stats.binom.ppf(q, fits, LEVELS) / fits for q in (0.005, 0.995))
    narrow, wide, shifted = detectable(fits, draws, quantities, 200, seed + 1)
    reasons = []
    for i, name in enumerate(names):
        if p[i] < ALPHA / quantities:
            reasons.append(
                f"{name}: ranks of the truth are not uniform (p = {p[i]:.1g}, limit "
                f"{ALPHA / quantities:.1g}): "
                f"{shape(ranks[:, i], draws)}"
            )
    if poor.mean() > MOST_POOR:
        reasons.append(
            f"{int(poor.sum())} of {fits} fits mixed badly, diverged or could not be done (allowed: "
            f"{100 * MOST_POOR:.0f} %)"
        )
    return Calibration(
        tuple(names),
        ranks,
        draws,
        p,
        chi2_p,
        bins,
        float(np.quantile(scale, ALPHA)),
        covered,
        low,
        high,
        int(poor.sum()),
        narrow,
        wide,
        shifted,
        tuple(reasons),
    )


@dataclass(frozen=True)
class Kind:
    """Intervals of all parameters of a kind together.

    Attributes:
        parameters: how many there are.
        share: of `BY_KIND` intervals that hold the truth.
        error: its standard error, from the spread between data sets.
        p: (parameter,) smallest probability of ranks so uneven among them, times their number.
    """

    kind: str
    parameters: int
    share: float
    error: float
    p: float


def by_kind(c: Calibration, kinds: Mapping[str, Sequence[str]]) -> tuple[Kind, ...]:
    """Coverage of the parameters of each kind; parameters of one data set hang together, data sets do not."""
    found = []
    for kind, names in kinds.items():
        at = [c.names.index(n) for n in names]
        each = np.array([coverage(row[at][None], c.draws, (BY_KIND,)).mean() for row in c.ranks])
        error = each.std(ddof=1) / np.sqrt(len(each)) if len(each) > 1 else np.inf
        p = min(1.0, len(at) * float(c.p[at].min()))
        found.append(Kind(kind, len(at), float(each.mean()), float(error), p))
    return tuple(found)


def kinds_in_words(kinds: Sequence[Kind]) -> str:
    """A Markdown table of them."""
    level = f"{100 * BY_KIND:g} %"
    return "\n".join(
        [
            f"| kind | parameters | {level} intervals that hold the truth | least p, times their number |",
            "| --- | --- | --- | --- |",
            *(
                f"| {k.kind} | {k.parameters} | {100 * k.share:.1f} +- {100 * k.error:.1f} % | {k.p:.2g} |"
                for k in kinds
            ),
            "",
        ]
    )


def shape(ranks: Int[np.ndarray, " fit"], draws: int) -> str:
    """In which way ranks are uneven, in words."""
    u = (ranks + 0.5) / (draws + 1)
    shift, spread = (u.mean() - 0.5) * np.sqrt(12 * len(u)), u.var() * 12
    if abs(shift) > 4 and abs(shift) / np.sqrt(len(u)) > abs(spread - 1):
        return "the posterior lies too " + ("low" if shift > 0 else "high")
    if spread > 1:
        return "the posterior is too narrow"
    return "the posterior is too wide" if spread < 1 else "of no simple form"


def in_words(c: Calibration) -> str:
    """The verdict in a few lines of Markdown."""
    fits = len(c.ranks)
    lines = [
        f"**{'Passed' if c.ok else 'FAILED'}**: {fits} data sets from the prior, {c.draws} posterior draws "
        f"each, "
        f"{len(c.names)} quantities.",
        "",
    ]
    lines += [f"* {r}" for r in c.reasons]
    lines += [
        f"* A calibrated posterior would be rejected in {100 * ALPHA:g} % of such runs.",
        f"* In 9 of 10 such runs the test finds: {_factor(c.narrow)} too small in sd, {_factor(c.wide)} "
        f"too large in sd, "
        f"or a centre off by {_number(c.shifted)} posterior sd. Smaller errors may go unseen.",
        f"* {c.poor} of {fits} fits mixed badly or could not be done.",
        "",
        "| quantity | p (ECDF) | p (histogram) | " + " | ".join(f"{100 * x:g} %" for x in LEVELS) + " |",
        "| --- | --- | --- | " + " | ".join("---" for _ in LEVELS) + " |",
    ]
    for i, name in enumerate(c.names):
        cells = " | ".join(f"{100 * c.coverage[k, i]:.1f}" for k in range(len(LEVELS)))
        lines.append(f"| {name} | {c.p[i]:.3g} | {c.chi2_p[i]:.3g} | {cells} |")
    ranges = " | ".join(
        f"{100 * a:.1f}-{100 * b:.1f}" for a, b in zip(c.coverage_low, c.coverage_high, strict=True)
    )
    return "\n".join([*lines, f"| *99 % range if right* | | | {ranges} |", ""])


def _factor(x: float) -> str:
    return "nothing within a factor of 3" if np.isinf(x) else f"a posterior {x:.2f} times"


def _number(x: float) -> str:
    return "more than 2" if np.isinf(x) else f"{x:.2f}"
