"""What measurements of a design can ever say: unknowns, products of unknowns, or nothing.

The rank of the sensitivity matrix at random points of the prior, in logarithms: a direction in which no
prediction moves at any point is a product of powers that no data of this design can know, and what is left
of the unknowns involved are the products that can be known. (Rothenberg 1971, Econometrica 39:577; the
logarithm makes every scaling symmetry the same direction everywhere.) How far each unknown is narrowed is the
posterior of the problem made linear at each point, as for any design (Chaloner & Verdinelli 1995, Stat Sci
10:273).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from jaxtyping import Float

from inference.likelihood.sensitivity_matrix import SensitivityMatrix

UNSEEN = 1e-4  # sd of the noise that one prior sd moves all measurements together: nothing at all
FLAT = 3e-3  # singular value of columns of length 1 below which a direction is flat: above the solver's error
SMALL = 1e-3  # entry of a flat direction that is none
SIMPLE = 0.03  # an exponent this close to a simple fraction is that fraction
EXPONENTS = 6  # largest denominator of an exponent; a symmetry of mass action has whole ones
NARROWED, HARDLY = 0.9, 0.97  # posterior over prior sd that counts as narrowed, and as hardly so
SHOWN = 10


@dataclass(frozen=True)
class Knowable:
    """What a design can tell of its unknowns.

    Attributes:
        products: combinations that can be known where their members cannot, as exponents by name.
        unseen: unknowns that no prediction depends on.
        mixed: groups of unknowns in which some direction is flat and no product of powers.
        rank: combinations that the measurements can fix around one point; unknowns: how many there are.
        narrowed: unknown -> expected posterior over prior sd of its logarithm, the smallest first.
    """

    products: tuple[dict[str, Fraction], ...]
    unseen: tuple[str, ...]
    mixed: tuple[tuple[str, ...], ...]
    rank: int
    unknowns: int
    narrowed: Mapping[str, float]

    @property
    def combinations(self) -> tuple[str, ...]:
        """The products as text: `k_mS k_tS`, `a / b`, `a b^2`."""
        return tuple(_as_text(p) for p in self.products)

    def told(self) -> tuple[str, ...]:
        """Lines for people."""
        lines = [f"these values can fix {self.rank} combinations of {self.unknowns} unknowns"]
        if self.unseen:
            lines.append(f"not seen at all: {', '.join(self.unseen)}")
        if self.products:
            members = sorted({n for p in self.products for n in p})
            lines.append(
                f"only as products: {', '.join(f'`{c}`' for c in self.combinations)} (not "
                f"{', '.join(members)} each)"
            )
        lines += [f"not each, and as no product either: {', '.join(m)}" for m in self.mixed]
        most = [f"{n} {r:.2f}" for n, r in self.narrowed.items() if r < NARROWED]
        lines.append(
            f"expected posterior over prior sd: {', '.join(most[:SHOWN])}"
            if most
            else "nothing will be narrowed by more than a tenth of its prior sd"
        )
        hardly = [n for n, r in self.narrowed.items() if r > HARDLY and n not in self.unseen]
        if hardly:
            shown = ", ".join(hardly[:SHOWN]) + (" ..." if len(hardly) > SHOWN else "")
            lines.append(f"hardly narrowed ({len(hardly)} of them): {shown}")
        return tuple(lines)


def knowable(found: SensitivityMatrix) -> Knowable:
    """What can be known, from the sensitivity matrix at a few points.

    Example:
        >>> import numpy as np
        >>> from inference.likelihood.sensitivity_matrix import SensitivityMatrix
        >>> slopes = np.array([[[1.0, 1.0, 0.0], [2.0, 2.0, 1.0]]])  # a and b act by a b alone
        >>> m = SensitivityMatrix(("a", "b", "c"), np.ones((1, 3)), slopes, 0 * slopes, np.ones(3))
        >>> knowable(m).combinations
        ('a b',)
    """
    whole = found.whole()
    matrix = whole.reshape(-1, whole.shape[-1])
    size = np.linalg.norm(matrix, axis=0)
    seen = np.flatnonzero(size > UNSEEN)
    unseen = tuple(n for n, s in zip(found.names, size, strict=True) if s <= UNSEEN)
    names = [found.names[i] for i in seen]
    # columns of length 1: what is weak is not taken for what is flat
    unit = matrix[:, seen] / np.maximum(size[seen], UNSEEN)
    one = max(_rank(unit[k : k + whole.shape[1]]) for k in range(0, len(unit), whole.shape[1]))
    flat, _ = _reduced(_flat(unit))
    products, mixed = [], []
    for group in _connected(flat):
        here = flat[np.abs(flat[:, group]).max(1) > SMALL][:, group]
        exponents = _products(here / size[seen][group] * found.prior_sd[seen][group])  # now of ln of unknowns
        if exponents is None:
            mixed.append(tuple(names[i] for i in group))
        else:
            powers = [{names[i]: e for i, e in zip(group, row, strict=True) if e} for row in exponents]
            products += [p for p in powers if len(p) > 1]  # one alone was only near a flat direction
    return Knowable(tuple(products), unseen, tuple(mixed), one, len(found.names), _narrowed(found, whole))


def _narrowed(found: SensitivityMatrix, whole: Float[np.ndarray, "point row unknown"]) -> dict[str, float]:
    """Posterior over prior sd of each unknown, root mean square over the points."""
    size = len(found.names)
    left = [np.diag(np.linalg.inv(np.eye(size) + j.T @ j)) for j in whole]
    ratio = np.sqrt(np.mean(left, axis=0))
    order = np.argsort(ratio)
    return {found.names[i]: float(ratio[i]) for i in order}


def _rank(unit: Float[np.ndarray, "row column"]) -> int:
    values = np.linalg.svd(unit, compute_uv=False)
    return int((values > FLAT).sum())


def _flat(unit: Float[np.ndarray, "row column"]) -> Float[np.ndarray, "direction column"]:
    """Directions in which nothing moves; where there are not twice as many rows as columns only those of two
    columns, for any other may be a chance of the points.
    """
    columns = unit.shape[1]
    if _different(unit) >= 2 * columns:
        _, values, right = np.linalg.svd(unit, full_matrices=True)
        return right[int((values > FLAT).sum()) :]
    found = []
    alike = unit.T @ unit
    first: set[int] = set()
    for i in range(columns):
        for j in range(i + 1, columns):
            sign = np.sign(alike[i, j])
            if j not in first and np.linalg.norm(unit[:, i] - sign * unit[:, j]) < FLAT:
                row = np.zeros(columns)
                row[i], row[j] = 1.0, -sign
                found.append(row)
                first.add(j)
    return np.array(found).reshape(-1, columns)


def _different(unit: Float[np.ndarray, "row column"]) -> int:
    """How many rows are not the same as another: replicates are one."""
    return len(np.unique(np.round(unit, 4), axis=0))


def _reduced(rows: Float[np.ndarray, "row column"]) -> tuple[np.ndarray, list[int]]:
    """Row echelon form with ones on the pivots, and the pivots."""
    a, pivots, k = np.array(rows, float), [], 0
    if not a.size:
        return a, pivots
    for column in range(a.shape[1]):
        if k == len(a):
            break
        best = k + int(np.abs(a[k:, column]).argmax())
        if abs(a[best, column]) < SMALL * np.abs(a).max():
            continue
        a[[k, best]] = a[[best, k]]
        a[k] /= a[k, column]
        others = [i for i in range(len(a)) if i != k]
        a[others] -= np.outer(a[others, column], a[k])
        pivots.append(column)
        k += 1
    return a[:k], pivots


def _connected(rows: Float[np.ndarray, "direction column"]) -> list[list[int]]:
    """Columns in groups that share a flat direction."""
    groups: list[set[int]] = []
    for row in rows:
        group = set(map(int, np.flatnonzero(np.abs(row) > SMALL)))
        near = [g for g in groups if g & group]
        groups = [g for g in groups if g not in near]
        groups.append(set().union(group, *near))
    return [sorted(g) for g in groups]


def _products(flat: Float[np.ndarray, "direction unknown"]) -> list[list[Fraction]] | None:
    """Exponents of the products that no flat direction changes; None where those are no simple fractions."""
    rows, pivots = _reduced(flat)
    simple = [[Fraction(float(x)).limit_denominator(EXPONENTS) for x in row] for row in rows]
    off = np.abs(rows - np.array([[float(x) for x in row] for row in simple]))
    if off.max() > SIMPLE:
        return None
    free = [i for i in range(flat.shape[1]) if i not in pivots]
    found = []
    for f in free:  # exponent 1 of this one, and of each pivot what keeps the product the same
        row = [Fraction(0)] * flat.shape[1]
        row[f] = Fraction(1)
        for k, p in enumerate(pivots):
            row[p] = -simple[k][f]
        first = next(e for e in row if e)
        found.append([e / abs(first) * (1 if first > 0 else -1) for e in row])
    return found


def _as_text(product: dict[str, Fraction]) -> str:
    def power(name: str, e: Fraction) -> str:
        return name if e == 1 else f"{name}^{e}" if e.denominator == 1 else f"{name}^({e})"

    above = " ".join(power(n, e) for n, e in product.items() if e > 0)
    below = " ".join(power(n, -e) for n, e in product.items() if e < 0)
    return above + (f" / {below}" if below else "")
