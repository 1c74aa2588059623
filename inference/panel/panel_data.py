"""A panel as arrays: every dish that is simulated, and what was seen in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inference.panel.panel_tables import PanelError, PanelTables

NEARBY = 1.15  # the curve's slope at a reported IC50 is taken between this factor below and above


@dataclass(frozen=True)
class Covariates:
    """What is known of the lines before any drug; NaN where it is not.

    Attributes:
        ras: probability that RAS is mutant: 1, 0, or from pMEK where no genotype was reported.
        amount: ln of the amount of BCL-2 over the panel's mean; growth: ln of the growth rate likewise.
    """

    ras: np.ndarray
    amount: np.ndarray
    growth: np.ndarray


@dataclass(frozen=True)
class PanelData:
    """The dishes of a panel and the measurements in them; indices point into the names.

    Attributes:
        lines, drugs, sources: names; cells: (line, drug) pairs that were measured; sampled: whether a cell
            has several measurements, so that its residual is an unknown of its own; offsets: (source, drug)
            pairs after the first source of a drug; curves: (source, line, drug) with several doses.
        line, drug, source, cell, offset, hours: of each measurement, (row,); offset -1: none.
        dose: nM; of a reported IC50 that, or the end of its range.
        curve: of each measurement, -1 for a reported IC50; viability: as measured, NaN there.
        beyond: of a reported IC50: 1 above the range, -1 below, 0 within.
    """

    lines: tuple[str, ...]
    drugs: tuple[str, ...]
    sources: tuple[str, ...]
    cells: tuple[tuple[str, str], ...]
    sampled: tuple[bool, ...]
    offsets: tuple[tuple[str, str], ...]
    curves: tuple[tuple[str, str, str], ...]
    line: np.ndarray
    drug: np.ndarray
    source: np.ndarray
    cell: np.ndarray
    offset: np.ndarray
    hours: np.ndarray
    dose: np.ndarray
    curve: np.ndarray
    viability: np.ndarray
    beyond: np.ndarray
    covariates: Covariates

    @property
    def of_curve(self) -> np.ndarray:
        """Rows that are viabilities of a curve."""
        return np.flatnonzero(self.curve >= 0)

    @property
    def of_half(self) -> np.ndarray:
        """Rows that are reported IC50."""
        return np.flatnonzero(self.curve < 0)

    def without(self, cells: np.ndarray) -> PanelData:
        """The same panel without the measurements of these cells; names and their order stay."""
        keep = ~np.isin(self.cell, cells)
        names = ("line", "drug", "source", "cell", "offset", "hours", "dose", "curve", "viability", "beyond")
        from dataclasses import replace

        return replace(self, **{n: getattr(self, n)[keep] for n in names})


def arrays(tables: PanelTables) -> PanelData:
    """The tables of a panel as arrays.

    Raises:
        PanelError: fewer than two lines or drugs, or a covariate that is the same for all.
    """
    m = tables.measured
    lines, drugs = (tuple(sorted(m[c].unique())) for c in ("line", "drug"))
    sources = tuple(dict.fromkeys(m["source"]))
    if len(lines) < 2:
        raise PanelError(f"panel: has {len(lines)} line: give two or more, or fit one with gp130 new-study")
    first = {d: m.loc[m["drug"] == d, "source"].iloc[0] for d in drugs}
    offsets = tuple(
        (s, d) for d in drugs for s in dict.fromkeys(m.loc[m["drug"] == d, "source"]) if s != first[d]
    )
    keys_of = list(zip(m["line"], m["drug"], strict=True))
    cells = tuple(sorted(set(keys_of)))
    is_curve = m["dose_nM"].notna()
    curves = tuple(
        sorted(set(m.loc[is_curve, ["source", "line", "drug"]].itertuples(index=False, name=None)))
    )
    half, low, high = (m[c].to_numpy(float) for c in ("ic50_nM", "low_nM", "high_nM"))
    above, below = half > high, half < low  # False where there is no end
    dose = np.where(is_curve, m["dose_nM"], np.where(above, high, np.where(below, low, half)))
    keys = list(zip(m["source"], m["line"], m["drug"], strict=True))
    return PanelData(
        lines,
        drugs,
        sources,
        cells,
        tuple(keys_of.count(c) > 1 for c in cells),
        offsets,
        curves,
        np.array([lines.index(x) for x in m["line"]]),
        np.array([drugs.index(x) for x in m["drug"]]),
        np.array([sources.index(x) for x in m["source"]]),
        np.array([cells.index((x, d)) for _, x, d in keys]),
        np.array([offsets.index((s, d)) if (s, d) in offsets else -1 for s, _, d in keys]),
        m["hours"].to_numpy(float),
        dose.astype(float),
        np.array([curves.index(k) if c else -1 for k, c in zip(keys, is_curve, strict=True)]),
        m["viability"].to_numpy(float),
        np.where(is_curve, 0, above.astype(int) - below.astype(int)),
        covariates(tables.lines.set_index("line").loc[list(lines)]),
    )


def covariates(lines: pd.DataFrame) -> Covariates:
    """What is known of the lines, centred.

    Where no genotype was reported, pMEK tells how likely a mutant is: Student's t of the mutants and of the
    wild types about their means with one variance, a flat prior on all three, and their shares.

    Raises:
        PanelError: a covariate has one value for all lines.
    """
    for name in ("ras", "BCL2", "doubling_h"):
        known = lines[name].to_numpy(float)
        known = known[np.isfinite(known)]
        if len(known) > 1 and np.ptp(known) == 0:
            raise PanelError(
                f"lines.csv: {name} is {known[0]:g} for every line and can explain nothing: leave it out"
            )
    amount = np.log(2.0) * (lines["BCL2"] - lines["BCL2"].mean()).to_numpy(float)
    rate = -np.log(lines["doubling_h"].to_numpy(float))
    middle = np.nanmean(rate) if np.isfinite(rate).sum() > 1 else np.nan
    return Covariates(
        mutant(lines["ras"].to_numpy(float), lines["pMEK"].to_numpy(float)), amount, rate - middle
    )


def mutant(ras: np.ndarray, indicator: np.ndarray) -> np.ndarray:
    """Probability (line,) that RAS is mutant, from genotypes (1, 0, NaN) and a noisy indicator (line,).

    Example:
        >>> import numpy as np
        >>> p = mutant(np.array([1, 1, 1, 0, 0, 0, np.nan]), np.array([1.0, 1.2, 0.8, 0.0, 0.2, -0.2, 1.0]))
        >>> bool(p[-1] > 0.9), p[:2].tolist()
        (True, [1.0, 1.0])
    """
    from scipy import stats

    known = np.isfinite(ras)
    if not known.any():
        return np.full(len(ras), 0.5)
    share = (np.sum(ras[known]) + 1) / (known.sum() + 2)
    groups = [indicator[(ras == g) & np.isfinite(indicator)] for g in (0.0, 1.0)]
    result = np.where(known, ras, share)
    degrees = sum(len(g) for g in groups) - 2
    if min(len(g) for g in groups) < 2 or degrees < 2:
        return result
    variance = sum(float(((g - g.mean()) ** 2).sum()) for g in groups) / degrees
    for i in np.flatnonzero(~known & np.isfinite(indicator)):
        wild, other = (
            float(stats.t.pdf(indicator[i], degrees, g.mean(), np.sqrt(variance * (1 + 1 / len(g)))))
            for g in groups
        )
        result[i] = share * other / (share * other + (1 - share) * wild)
    return result
