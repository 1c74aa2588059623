"""A finished ranking: its table, its figures, and everything behind them, labelled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import xarray as xr

from inference.resistance.rankings import ranking_words
from inference.resistance.rankings.ranking_request import RankingWords, told
from inference.runs import labelled_tree

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIRST = (
    "meaning",
    "direction",
    "pathway",
    "effect",
    "low",
    "high",
    "rank",
    "rank_low",
    "rank_high",
    "informed",
)
HIDDEN = ("size",)  # of the table for people; it is in `dataset`


@dataclass(frozen=True, eq=False)
class Ranking:
    """Which parameters matter most, with the uncertainty of every rank.

    Attributes:
        tree: groups `parameter`, `pathway` (effects and ranks), `stability`, `simulations` (every set and its
            read-out) and `size` (the replicates behind the ranks).
    """

    tree: xr.DataTree

    @classmethod
    def load(cls, path: Path) -> Ranking:
        """From a `ranking.nc`, or the folder that holds one."""
        return cls(labelled_tree.load(path / "ranking.nc" if path.is_dir() else path))

    @property
    def dataset(self) -> xr.Dataset:
        """The parameters: effects, ranks and their probabilities along `factor`."""
        return self.tree["parameter"].to_dataset()

    @property
    def words(self) -> RankingWords:
        """How it is called."""
        return told(self.tree.attrs)

    def table(self) -> pd.DataFrame:
        """A row a parameter, what matters most first."""
        return csv_table(self.tree)

    def figures(self) -> dict[str, Figure]:
        """The leading parameters, how sure their order is, and the pathways, by name."""
        from inference.resistance.rankings import ranking_figures

        return {
            "ranking": ranking_figures.effects(self.tree),
            "ranking_certainty": ranking_figures.certainty(self.tree),
            "ranking_pathways": ranking_figures.pathways(self.tree),
        }

    def __repr__(self) -> str:
        return f"<Ranking: {self.tree.attrs['question']}>\n{self.table().head(10)}"

    def _repr_html_(self) -> str:
        mark = f"<p><b>{self.tree.attrs['mark']}</b></p>" if self.tree.attrs["mark"] else ""
        return f"<p>{self.tree.attrs['question']}</p>{mark}{self.table().head(20).to_html()}"


def csv_table(tree: xr.DataTree) -> pd.DataFrame:
    """The ranking as people read it: a row a parameter, sorted by rank."""
    d = tree["parameter"].to_dataset()
    d["direction"] = ("factor", ranking_words.directions(d, told(tree.attrs)))
    more = [str(n) for n, v in d.data_vars.items() if v.dims == ("factor",) and n not in (*FIRST, *HIDDEN)]
    table = pd.DataFrame(
        {n: d[n].values for n in (*FIRST, *more)}, index=pd.Index(d["factor"].values, name="parameter")
    )
    if tree.attrs["mark"]:
        table["mark"] = tree.attrs["mark"]
    return table.sort_values("rank")
