"""Which parameters of the cell a plate can move, where its instruments are centred, a run as its prior."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import xarray as xr

from inference.best_fit.fisher_scoring import ridges
from inference.datasets.plates.plate_tables import (
    BLANK_SHARE,
    SHARE_PREFIX,
    WIDE,
    Centres,
    PlateDesign,
    candidates,
    tables_of,
)
from inference.datasets.plates.spreadsheet import PlateError
from inference.likelihood.likelihood import predict, trajectories
from inference.likelihood.sensitivity_matrix import SensitivityMatrix, sensitivity_matrix
from inference.study.priors import Prior
from inference.study.problem_tables import StudyError
from inference.study.study import Study, from_tables
from models.nearest_name import unknown
from models.network import Network

POINTS, SEED = 3, 1  # of the prior at which a plate is looked at before it is fitted
RTOL, ATOL = 1e-6, 1e-9
HELD = 0.5  # sd of the noise that all that is held at its nominal value may move the values together
MOST = 24  # parameters of the cell that are freed at most, unless somebody says otherwise: what a fit carries
STRONG = 0.6  # correlation in a run that independent priors lose, and that is told


@dataclass(frozen=True)
class Freed:
    """What a plate estimates of the cell.

    Attributes:
        free: parameters that are estimated; held: those believed to vary that are not, the strongest first,
            each with the sd of the noise that one sd of its prior moves all values together.
        unreached: series that no parameter of the cell moves.
        matrix: slopes with respect to what is estimated, instruments too.
        left: sd of the noise that all that is held could move the values together.
    """

    free: tuple[str, ...]
    held: tuple[tuple[str, float], ...]
    unreached: tuple[str, ...]
    matrix: SensitivityMatrix
    left: float


def centres(design: PlateDesign, study: Study) -> dict[str, Centres]:
    """Scale and blank of each series, from what the nominal cell does in these dishes.

    Args:
        study: the design with nothing of the cell estimated.

    A scale in arbitrary units can be known from the values alone; its prior is wide around the ratio of the
    medians.

    Raises:
        PlateError: a dish cannot be simulated.
    """
    theta = jnp.asarray(study.nominal)
    dishes = trajectories(study, theta, rtol=RTOL, atol=ATOL)
    if not bool(np.all(np.asarray(dishes.ok))):
        raise PlateError(f"{design.id}: a dish of it cannot be simulated: check times and doses")
    seen = np.asarray(predict(study, theta, dishes).value)
    found = {}
    for s in design.series:
        rows = study.measurements.observable == study.observables.index(s.id)
        here, values = seen[rows], study.measurements.value[rows]
        level = float(np.median(here))
        scale = float(np.median(np.abs(values))) / max(level, 1e-12)
        found[s.id] = Centres(max(scale, 1e-12) if s.scaled else 1.0, max(BLANK_SHARE * here.max(), 1e-6))
    return found


def require_names(design: PlateDesign, estimate: Collection[str]) -> None:
    """Refuse names that are no parameters which are believed to vary.

    Raises:
        PlateError: one is not.
    """
    known = [p.name for p in candidates(design)]
    for name in estimate:
        if name not in known:
            raise PlateError(unknown(f"{design.id}: `estimate`", name, known, see="gp130 tables parameters"))


def freed(
    design: PlateDesign, at: Mapping[str, Centres], bare: Study, estimate: Collection[str], most: int
) -> Freed:
    """The parameters of the cell that these measurements can move.

    The strongest are freed until all the others together would move the values by less than half the sd of
    their noise, each by one sd of its prior (root of the sum of squares, at the worst of a few points).

    Args:
        bare: the design with nothing of the cell estimated: what the read-outs depend on is all it holds.
        estimate: exactly these instead; nothing else is looked at then.
        most: no more than so many.
    """
    known = {p.name: p.value for p in candidates(design)}
    seen = [n for n, v in known.items() if n in bare.system.parameters or v == 0]
    study = from_tables(tables_of(design, estimate or seen, at))
    found = sensitivity_matrix(study, POINTS, SEED, rtol=RTOL, atol=ATOL)
    cell = {n for p in known for n in (p, SHARE_PREFIX + p)}
    columns = [i for i, n in enumerate(found.names) if n in cell]
    force = _force(found, columns)
    order = np.argsort(-force)
    left = np.sqrt(np.append(np.cumsum((force[order] ** 2)[::-1])[::-1], 0.0))  # held from here on
    names = [found.names[columns[i]].removeprefix(SHARE_PREFIX) for i in order]
    chosen = set(estimate or names[: min(int(np.argmax(left <= HELD)), most)])
    shares = {p.name for p in candidates(design) if p.belief.shared}
    chosen |= shares if chosen & shares else set()
    strength = dict(zip(names, force[order], strict=True))
    together = math.sqrt(sum(strength[n] ** 2 for n in names if n not in chosen))
    held = tuple((n, float(strength.get(n, 0.0))) for n in [*names, *known] if n not in chosen)
    estimated = [n for n in found.names if n not in cell or n.removeprefix(SHARE_PREFIX) in chosen]
    return Freed(
        tuple(n for n in known if n in chosen),
        tuple(dict(held).items()),
        _unreached(study, found, columns, design),
        found.only(estimated),
        together,
    )


def _force(found: SensitivityMatrix, columns: list[int]) -> np.ndarray:
    """(column,) sd of the noise that one prior sd of each moves all values together, at the worst point."""
    whole = found.location[..., columns] * found.prior_sd[columns]
    return np.sqrt((whole**2).sum(1)).max(0)


def _unreached(
    study: Study, found: SensitivityMatrix, columns: list[int], design: PlateDesign
) -> tuple[str, ...]:
    moves = np.abs(found.location[..., columns]).max((0, 2)) > 1e-6
    index = {s.id: study.observables.index(s.id) for s in design.series}
    return tuple(n for n, k in index.items() if not moves[study.measurements.observable == k].any())


def from_run(
    run: xr.DataTree, network: Network, own: Collection[str] = ()
) -> tuple[dict[str, Prior], tuple[str, ...]]:
    """What a run says of the parameters of the network, as priors for a study; and what gets lost on the way.

    PEtab's priors are independent: each becomes log-normal with the mean and sd of ln of its draws, and
    strong correlations are told.

    Args:
        own: parameters that the kind of cell sets: what another cell says of them is not carried over.

    Raises:
        StudyError: the run has no parameter of the network.
    """
    posterior = run["posterior"].to_dataset()
    upper = {p.name: 1.0 if p.unit == "0-1" else math.inf for p in network.parameters if p.name not in own}
    upper |= {SHARE_PREFIX + p.name: math.inf for p in network.parameters if p.belief.shared}
    names = [n for n in upper if n in posterior.data_vars]
    draws = {n: posterior[n].values.ravel() for n in names}
    names = [n for n in names if np.all(draws[n] > 0) and np.ptp(draws[n]) > 0]
    if not names:
        raise StudyError("`prior_from`: the run has no parameter of the whole cell: name another one")
    ln = np.log(np.stack([draws[n] for n in names], axis=1))
    mean, sd = ln.mean(0), ln.std(0, ddof=1)
    priors = {}
    for n, m, s in zip(names, mean, sd, strict=True):
        wide = math.exp(WIDE * s)
        high = min(math.exp(m) * wide, upper[n])
        priors[n] = Prior("log-normal", (float(m), float(s)), math.exp(m) / wide, high)
    if len(names) == 1:
        return priors, ()
    lost = ridges(np.cov(ln, rowvar=False), tuple(names), STRONG)
    return priors, tuple(f"{a} and {b} ({r:+.2f})" for a, b, r in lost)
