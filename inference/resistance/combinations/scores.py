"""Expectations of two drugs together, from what each does alone: Bliss, HSA, Loewe and ZIP.

Everything is a share of the cells without drug. A score is what was expected to be left less what is left:
above 0 more die than expected. Doses are nM.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from jaxtyping import Float
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares

Left = Float[np.ndarray, "first second"]
Numbers = float | Float[np.ndarray, "..."]
NO_EFFECT = 1e-6  # share killed below which there is nothing to compare
TURN = 0.02  # share of the cells by which a curve may rise again and still be called falling
TABLE = 4001  # points of the fine table of a curve
POLISHED = 1e-8  # of a dose, relative: where a root on the engine is found


def bliss(a: Float[np.ndarray, " first"], b: Float[np.ndarray, " second"], both: Left) -> Left:
    """Independent chances (Bliss 1939): the product of what each leaves, less what both leave.

    Example:
        >>> import numpy as np
        >>> bliss(np.array([0.5]), np.array([0.8]), np.array([[0.4]]))
        array([[0.]])
    """
    return a[:, None] * b[None] - both


def highest_single_agent(a: Float[np.ndarray, " first"], b: Float[np.ndarray, " second"], both: Left) -> Left:
    """What the better of the two leaves, less what both leave."""
    return np.minimum(a[:, None], b[None]) - both


class DoseCurve:
    """What one drug leaves, as a smooth curve through simulated doses: monotone pieces of ln dose, looked up
    in a fine table.
    """

    def __init__(self, dose: Float[np.ndarray, " dose"], left: Float[np.ndarray, " dose"]) -> None:
        """Doses (nM, ascending, above 0) and the share of the cells that each leaves."""
        self.lowest, self.first = float(dose[0]), float(left[0])
        self._ln = np.linspace(np.log(dose[0]), np.log(dose[-1]), TABLE)
        self._left = PchipInterpolator(np.log(dose), left)(self._ln)
        self._fallen = np.minimum.accumulate(self._left)

    @property
    def turns_back(self) -> bool:
        """Whether more of the drug leaves clearly more cells somewhere: then no one dose belongs to a share,
        and Loewe has no answer.
        """
        return bool((np.minimum(self._left, 1.0) - np.minimum(self._fallen, 1.0)).max() > TURN)

    @property
    def bottom(self) -> float:
        """The least that any of its doses leaves."""
        return float(self._fallen[-1])

    def at(self, dose: Numbers) -> Float[np.ndarray, "..."]:
        """What these doses leave; below the lowest in proportion to the dose, above the highest as there."""
        x = np.asarray(dose, float)
        inner = np.interp(np.log(np.maximum(x, self.lowest)), self._ln, self._left)
        return np.where(x < self.lowest, 1 - (1 - self.first) * x / self.lowest, inner)

    def dose_for(self, left: Numbers) -> Float[np.ndarray, "..."]:
        """The lowest doses that leave so much; infinite if none of the curve does, NaN for a share that no
        drug is needed for.
        """
        share = np.asarray(left, float)
        inner = np.exp(np.interp(-share, -self._fallen, self._ln))
        with np.errstate(divide="ignore", invalid="ignore"):
            small = self.lowest * (1 - share) / (1 - self.first)
        found = np.where(share > self.first, np.minimum(small, self.lowest), inner)
        found = np.where(share < self.bottom, np.inf, found)
        return np.where(share < 1 - NO_EFFECT, found, np.nan)


def loewe_index(
    dose_a: Numbers,
    dose_b: Numbers,
    alone_a: Numbers,
    alone_b: Numbers,
) -> Float[np.ndarray, "..."]:
    """Sum of the doses over those that would do alone what both do (Loewe 1926): below 1, less is needed.

    Args:
        alone_a, alone_b: nM that leave as much alone; infinite where no dose does, which then counts nothing.
            NaN where neither does.

    Example:
        >>> float(loewe_index(1.0, 2.0, 2.0, 4.0))
        1.0
    """
    index = np.asarray(dose_a) / alone_a + np.asarray(dose_b) / alone_b
    return np.where(np.isinf(alone_a) & np.isinf(alone_b), np.nan, index)


def loewe_expected(
    a: DoseCurve, b: DoseCurve, dose_a: Float[np.ndarray, " first"], dose_b: Float[np.ndarray, " second"]
) -> Left:
    """What both would leave if the one were a dilution of the other: the share at which the index is 1.

    Where one drug alone kills more than the other ever does, beyond that share it counts alone. NaN where
    neither does anything.
    """
    x, y = np.broadcast_arrays(dose_a[:, None], dose_b[None])
    bottom = min(a.bottom, b.bottom)
    low, high = np.full(x.shape, bottom), np.full(x.shape, 1 - 2 * NO_EFFECT)
    for _ in range(60):  # the index falls with the share that is left, with steps where one drug drops out
        middle = (low + high) / 2
        too_much = loewe_index(x, y, a.dose_for(middle), b.dose_for(middle)) < 1
        low, high = np.where(too_much, middle, low), np.where(too_much, high, middle)
    return np.where(bottom < 1 - 2 * NO_EFFECT, (low + high) / 2, np.nan)


Engine = Callable[[Float[np.ndarray, " root"], np.ndarray], Float[np.ndarray, " root"]]


def polished(
    curve: Engine, guess: Float[np.ndarray, " root"], left: Float[np.ndarray, " root"], turns: int = 6
) -> Float[np.ndarray, " root"]:
    """Doses that leave what is asked on the engine itself, from guesses of an interpolation, all at once.

    Secants of ln left over ln dose, `turns` at most; a guess that is not finite stays, a root that is lost
    keeps its guess.

    Args:
        curve: (dose, positions of the roots) -> what is left, such as a simulation of each.
    """
    out, todo = np.array(guess, float), np.flatnonzero(np.isfinite(guess) & (guess > 0))
    if not len(todo):
        return out
    x = np.log(out[todo])
    target = np.log(left[todo])
    y = np.log(curve(np.exp(x), todo)) - target
    step = np.full(len(x), 0.02)
    best, miss = x.copy(), np.abs(y)
    for _ in range(turns):
        new = x + step
        found = np.log(curve(np.exp(new), todo)) - target
        slope = (found - y) / np.where(step == 0, np.nan, step)
        x, y = new, found
        better = np.abs(y) < miss
        best, miss = np.where(better, x, best), np.where(better, np.abs(y), miss)
        step = np.clip(np.nan_to_num(-y / slope), -0.5, 0.5)
        if np.all((np.abs(step) < POLISHED) | (y == 0)):
            break
    out[todo] = np.exp(best)
    return out


def _hill(parameters: np.ndarray, dose: np.ndarray, start: float) -> np.ndarray:
    ln_half, ln_slope, end = parameters
    with np.errstate(divide="ignore"):
        power = np.exp(np.clip(np.exp(ln_slope) * (np.log(dose) - ln_half), -700, 700))
    return start + (end - start) * power / (1 + power)


def fitted(
    dose: Float[np.ndarray, " dose"], killed: Float[np.ndarray, " dose"], start: float
) -> Float[np.ndarray, " dose"]:
    """A Hill curve of the share killed, from `start` without dose to an end of its own, by least squares."""
    given = dose[dose > 0]
    middle = np.log(given).mean()
    bounds = ([np.log(given[0]) - 7, np.log(0.1), -1.0], [np.log(given[-1]) + 7, np.log(15.0), 1.0])
    best = None
    for slope in (1.0, 3.0):
        first = np.array([middle, np.log(slope), np.clip(killed[-1], -0.99, 0.99)])
        found = least_squares(
            lambda p: _hill(p, dose, start) - killed, first, bounds=bounds, xtol=1e-12, ftol=1e-12
        )
        best = found if best is None or found.cost < best.cost else best
    assert best is not None
    return _hill(best.x, dose, start)


def zip_delta(
    dose_a: Float[np.ndarray, " first"],
    dose_b: Float[np.ndarray, " second"],
    a: Float[np.ndarray, " first"],
    b: Float[np.ndarray, " second"],
    both: Left,
) -> Left:
    """Zero interaction potency (Yadav 2015): how far curves in the presence of the other drug lie from those
    that keep their half effect and slope. Mean of both directions; doses above 0.
    """
    if not all(np.isfinite(x).all() for x in (a, b, both)):
        return np.full(both.shape, np.nan)
    alone_a, alone_b = fitted(dose_a, 1 - a, 0.0), fitted(dose_b, 1 - b, 0.0)
    expected = alone_a[:, None] + alone_b[None] - alone_a[:, None] * alone_b[None]
    along_b = np.stack([fitted(dose_b, 1 - row, float(alone_a[i])) for i, row in enumerate(both)])
    along_a = np.stack([fitted(dose_a, 1 - column, float(alone_b[j])) for j, column in enumerate(both.T)], 1)
    return (along_a + along_b) / 2 - expected
