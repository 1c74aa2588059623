"""The files of two drugs together, or of a screen of pairs: netCDF, tables, figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inference.fit.verdict import INTERVAL
from inference.resistance.believed_from import BeliefSource, SourceError
from inference.resistance.combinations import combination_figures as drawn
from inference.resistance.combinations import pair_screen, surface
from inference.resistance.combinations.surface import NAMES, SCORES
from inference.resistance.conditions import Condition
from inference.resistance.questions import HOURS
from inference.runs.outputs import write_figure, write_table
from inference.runs.run import Run
from models.catalogue import Preset
from models.drugs import Drug
from models.whole_file import replacing

Range = tuple[float, float] | None  # nM; None: the range in use
LOW, HIGH = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2


@dataclass(frozen=True, eq=False)
class Combination:
    """Two drugs together.

    Attributes:
        data: everything, labelled (`inference.resistance.combinations.surface`).
    """

    data: xr.Dataset

    def table(self) -> pd.DataFrame:
        """A row a score: mean over the grid, as median and 89 % interval over draws, the share of the draws
        above 0, and where the median is largest; for the index of Loewe its median over the grid. `draws`
        is how many a score could be made of: Loewe has none where a drug's own curve turns back.
        """
        rows = []
        for name in SCORES:
            values = self.data[name]
            each = values.mean(("first", "second"), skipna=True).values
            middle = values.median("draw", skipna=True).values
            usable = each[np.isfinite(each)]
            if not len(usable) or not np.isfinite(middle).any():
                rows.append((NAMES[name], *[np.nan] * 7, 0))
                continue
            i, j = np.unravel_index(np.nanargmax(middle), middle.shape)
            best = middle[i, j], self.data["first"].values[i], self.data["second"].values[j]
            rows.append(
                (
                    NAMES[name],
                    *np.quantile(usable, [0.5, LOW, HIGH]),
                    float((usable > 0).mean()),
                    *best,
                    len(usable),
                )
            )
        index = self.data["index"].median(("first", "second"), skipna=True).values
        index = index[np.isfinite(index)]
        if len(index):
            below = float((index < 1).mean())
            ends = np.quantile(index, [0.5, LOW, HIGH])
            rows.append(("combination index (below 1: synergy)", *ends, below, *[np.nan] * 3, len(index)))
        columns = ["score", "mean", "low", "high", "synergy_in", "largest", "at_first_nM", "at_second_nM"]
        columns.append("draws")
        found = pd.DataFrame(rows, columns=columns).set_index("score")
        return found.assign(note=str(self.data.attrs["note"]), mark=str(self.data.attrs["mark"]))

    def grid(self) -> pd.DataFrame:
        """A row a pair of doses: what is left and every score, median and 89 % interval over draws."""
        parts = []
        for name in ("left", *SCORES, "index"):
            q = self.data[name].quantile([0.5, LOW, HIGH], "draw", skipna=True)
            for k, what in enumerate(("", "_low", "_high")):
                parts.append(q.isel(quantile=k, drop=True).rename(f"{name}{what}"))
        return xr.merge(parts).to_dataframe().assign(note=str(self.data.attrs["note"]))

    def figures(self) -> dict[str, Figure]:
        """Surface and isobologram, by name."""
        return {
            "surface": drawn.surface_figure(self.data),
            "isobologram": drawn.isobologram_figure(self.data),
        }

    def __repr__(self) -> str:
        return f"<Combination: {self.data.attrs['question']}>\n{self.table().drop(columns=['note', 'mark'])}"

    def _repr_html_(self) -> str:
        return self.table().to_html(float_format="{:.3g}".format)


@dataclass(frozen=True, eq=False)
class PairRanking:
    """All pairs of some drugs, ranked.

    Attributes:
        data: everything, labelled (`inference.resistance.combinations.pair_screen`).
        idle: drugs that were left out, for they do not change survival here.
    """

    data: xr.Dataset
    idle: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """A row a pair, most synergy first."""
        return pair_screen.pair_ranking(self.data)

    def figures(self) -> dict[str, Figure]:
        """The ranking, by name."""
        return {"pairs": drawn.ranking_figure(self.table(), self.data)}

    def __repr__(self) -> str:
        return f"<PairRanking: {self.data.attrs['question']}>\n{self.table().head(10)}"

    def _repr_html_(self) -> str:
        return self.table().head(30).to_html(float_format="{:.3g}".format)


def combined(
    drugs: Sequence[tuple[Drug, Range]],
    source: BeliefSource,
    run: Run,
    *,
    condition: str | Condition = "alone",
    preset: str | Preset = "mm1s",
    draws: int = 32,
    seed: int = 1,
    steps: int = surface.STEPS,
    hours: float = HOURS,
) -> Combination | PairRanking | None:
    """Two drugs over a grid of doses; more, or none, as a screen of all their pairs (none: the catalogue's).
    None if stopped.

    Raises:
        QuestionError: a drug cannot change survival, or the doses make no grid.
    """
    if len(drugs) == 2:
        asked = surface.pair(drugs[0], drugs[1], condition, preset, steps, hours)
        data = surface.surface(asked, source, draws, seed, run)
        return None if data is None else Combination(data)
    if len(drugs) == 1:
        raise SourceError("`drug`: one drug is no combination: name two, or more for all their pairs")
    if any(limits for _, limits in drugs):
        raise SourceError("`drug`: a screen of pairs finds its own doses: leave the ranges out")
    wanted, idle = pair_screen.screened([d for d, _ in drugs], condition, preset, source, hours)
    found = pair_screen.screen(wanted, source, draws, seed, run)
    return None if found is None else PairRanking(found, idle)


def write(found: Combination | PairRanking, folder: Path) -> list[Path]:
    """The files under `folder`, and their places."""
    from matplotlib import pyplot as plt

    folder.mkdir(parents=True, exist_ok=True)
    tables = {"pairs": found.table()} if isinstance(found, PairRanking) else {}
    if isinstance(found, Combination):
        tables = {"scores": found.table(), "grid": found.grid()}
    places = [folder / "combination.nc"]
    with replacing(places[0], seal=True) as temporary:
        found.data.to_netcdf(temporary, engine="h5netcdf")
    for name, table in tables.items():
        places.append(folder / f"{name}.csv")
        write_table(table, places[-1])
    for name, figure in found.figures().items():
        places.append(folder / f"{name}.png")
        write_figure(figure, places[-1])
        plt.close(figure)
    return places


def default_folder(drugs: Sequence[tuple[Drug, Range]], condition: str, preset: str, results: Path) -> Path:
    """Named after what is asked."""
    names = [d.input for d, _ in drugs] or ["pairs"]
    return results / "-".join(["combine", *names, condition, preset])
