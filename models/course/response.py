"""What a clinic measures of a tumour: M-protein over time, depth of response, and when it has progressed.

Rules of the International Myeloma Working Group, read daily: progression is a rise of the M-protein by a
quarter and by at least 5 g/L from its lowest level (remembered; Kumar 2016, Lancet Oncol 17:e328).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

RISE, LEAST = 1.25, 5.0  # of the lowest level; g/L
PARTIAL, VERY_GOOD = 0.5, 0.1  # M-protein left, over the start
SEEN = 0.3  # g/L that immunofixation sees (remembered: 0.15 to 0.3)
RESIDUAL = 1e-5  # cells left over those at diagnosis: the limit of a residual-disease assay
MONTH = 30.4375  # days


@dataclass(frozen=True)
class Protein:
    """M-protein at the start (g/L), and its half-life in blood (days)."""

    start: Float[np.ndarray, " patient"]
    half_life: Float[np.ndarray, " patient"]


@dataclass(frozen=True)
class ClinicOutcome:
    """What is reported of each patient.

    Attributes:
        progressed: months from the first dose to progression; infinite where there is none.
        left: lowest M-protein over the start. complete: no M-protein seen. residual: lowest share of cells.
    """

    progressed: Float[np.ndarray, " patient"]
    left: Float[np.ndarray, " patient"]
    complete: np.ndarray
    residual: Float[np.ndarray, " patient"]


def m_protein(burden: Float[np.ndarray, "day patient"], protein: Protein) -> Float[np.ndarray, "day patient"]:
    """M-protein (g/L): made in proportion to the cells, lost with its half-life; at its balance at day 0.

    Example:
        >>> one = np.ones(1)
        >>> gone = m_protein(np.array([[1.0], [0.0], [0.0]]), Protein(30 * one, 1 * one))
        >>> [float(x) for x in gone[:, 0].round(2)]
        [30.0, 21.64, 10.82]
    """
    k = np.log(2) / protein.half_life
    stays = np.exp(-k)
    level, found = np.ones(burden.shape[1]), []
    before = burden[0]
    for now in burden:
        if found:  # cells change in a straight line within the day: the exact integral of that
            mean_end = (1 - stays) / k
            level = level * stays + before * (mean_end - stays) + now * (1 - mean_end)
        found.append(level)
        before = now
    return np.array(found) * protein.start


def outcome(burden: Float[np.ndarray, "day patient"], protein: Protein) -> ClinicOutcome:
    """Depth of response and time to progression of each patient."""
    level = m_protein(burden, protein)
    lowest = np.minimum.accumulate(level, 0)
    over = np.minimum(level - RISE * lowest, level - lowest - LEAST)
    up = over >= 0
    first = up.argmax(0)
    days = np.where(up.any(0), first, np.inf)
    for p in np.flatnonzero(up.any(0) & (first > 0)):
        a, b = over[first[p] - 1, p], over[first[p], p]
        days[p] = first[p] - b / (b - a)
    until = np.arange(len(level))[:, None] <= np.where(np.isfinite(days), days, len(level))[None]
    least = np.where(until, level, np.inf).min(0)
    fewest = np.where(until, burden, np.inf).min(0)
    return ClinicOutcome(days / MONTH, least / protein.start, least < SEEN, fewest)
