"""Does a fit predict what it has not seen? A time with all of its replicates, a dish of a series, a whole
series, an experiment left out, by importance weights where those can be trusted.

Leaving out one of three replicates leaves its twins: a fit predicts it well whatever it has learnt. Draws of
the whole posterior are weighted by one over the likelihood of all that is left out together; the Pareto shape
of the weights (Vehtari, Simpson, Gelman, Yao & Gabry, JMLR 2024) says whether that can be trusted. Where it
cannot, only a fit without these measurements can tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats.base import array_stats  # pyright: ignore[reportPrivateImportUsage]  ArviZ documents it, without __all__
from jaxtyping import Float

from inference.fit.verdict import GOOD_K, INTERVAL

KINDS = ("time", "dish", "series", "experiment")
WORDS = {
    "time": "one time of a series, all replicates",
    "dish": "one dish of a series (a dose, a treatment)",
    "series": "a whole series",
    "experiment": "all that was measured in a dish",
}


@dataclass(frozen=True)
class LeftOut:
    """Measurements left out together.

    Attributes:
        kind: of `KINDS`; name: in words.
        k: Pareto shape of the weights.
        pit: (measurement,) share of what is predicted for each that lies below it.
    """

    kind: str
    name: str
    k: float
    pit: np.ndarray

    @property
    def judged(self) -> bool:
        """Can the weights be trusted?"""
        return self.k <= GOOD_K

    @property
    def inside(self) -> int:
        """Measurements within their predicted 89 % interval."""
        return int(np.sum(np.abs(self.pit - 0.5) <= INTERVAL / 2))


def left_out(
    log_likelihood: Float[np.ndarray, "draw measurement"],
    replicated: Float[np.ndarray, "draw measurement"],
    observed: Float[np.ndarray, " measurement"],
    rows: np.ndarray,
) -> tuple[float, Float[np.ndarray, " row"]]:
    """Pareto shape, and the probability below each of the measurements `rows` when all of them are left
    out.
    """
    log_w, shape = array_stats.psislw(log_likelihood[:, rows].sum(1))  # it takes the negative itself
    w = np.exp(log_w - log_w.max())
    return float(shape), w @ (replicated[:, rows] < observed[rows]) / w.sum()


def of_run(dt: xr.DataTree, kinds: Sequence[str] = KINDS) -> list[LeftOut]:
    """Every group of each kind that leaves something to learn from, of a run's tree; censored measurements
    are never asked for.
    """
    predicted = dt["posterior_predictive"].to_dataset()["y"]
    likelihood = dt["log_likelihood"].to_dataset()["y"].sel(draw=predicted["draw"])
    observed = dt["observed_data"].to_dataset()["y"]
    seen = np.flatnonzero(dt["constant_data"].to_dataset()["censored"].values == 0)
    size = int(observed.sizes["measurement"])
    told, drawn = likelihood.values.reshape(-1, size), predicted.values.reshape(-1, size)
    series, dish = (observed[n].values.astype(str) for n in ("observable", "experiment"))
    time = observed["time"].values
    names = {
        "time": [f"{s}, {d}, {t:g} min" for s, d, t in zip(series, dish, time, strict=True)],
        "dish": [f"{s}, {d}" for s, d in zip(series, dish, strict=True)],
        "series": list(series),
        "experiment": list(dish),
    }
    found = []
    for kind in kinds:
        of = np.array(names[kind])
        for name in dict.fromkeys(of[seen]):
            rows = seen[of[seen] == name]
            if len(rows) < size:
                found.append(LeftOut(kind, str(name), *left_out(told, drawn, observed.values, rows)))
    return found


def table(found: Sequence[LeftOut]) -> pd.DataFrame:
    """A row a group: kind, name, measurements, those inside their predicted 89 % interval, mean probability
    below them, Pareto k, whether the weights can be trusted.
    """
    return pd.DataFrame(
        [
            {
                "kind": g.kind,
                "left_out": g.name,
                "measurements": len(g.pit),
                "inside": g.inside,
                "mean_pit": float(g.pit.mean()),
                "pareto_k": g.k,
                "judged": g.judged,
            }
            for g in found
        ]
    )


def in_words(found: Sequence[LeftOut]) -> str:
    """A Markdown table by kind, and the groups that are predicted badly."""
    lines = [
        "| left out | groups | judged | measurements in those | within their 89 % interval |",
        "| --- | --- | --- | --- | --- |",
    ]
    for kind in dict.fromkeys(g.kind for g in found):
        of = [g for g in found if g.kind == kind]
        good = [g for g in of if g.judged]
        count = sum(len(g.pit) for g in good)
        share = f"{100 * sum(g.inside for g in good) / count:.0f} %" if count else "-"
        lines.append(f"| {WORDS[kind]} | {len(of)} | {len(good)} | {count} | {share} |")
    lines += [
        "",
        "Not judged: the weights cannot be trusted (Pareto k above 0.7), only a fit without these can tell.",
    ]
    bad = [g for g in found if g.judged and g.kind != "time" and 2 * g.inside < len(g.pit)]
    for g in bad:
        way = "higher" if g.pit.mean() > 0.5 else "lower"
        lines.append(
            f"Predicted badly: {g.name} ({g.inside} of {len(g.pit)} inside; measured {way} than predicted)."
        )
    return "\n".join([*lines, ""])
