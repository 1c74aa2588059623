"""Which node, or pair, would make a drug kill again, and through which path IL-6 protects.

`scan(Question("viability", {"dexamethasone": 300}, "niche"), prior_source("H1")).nodes()` in a notebook; the
command asks the same through `knockdown_files.make`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import xarray as xr

from inference.resistance.beliefs import Beliefs
from inference.resistance.believed_from import BeliefSource, SourceError, believed
from inference.resistance.conditions import WITH_IL6
from inference.resistance.knockdowns.knockdown import RESAMPLES, knocked_down, lost_share, path_shares
from inference.resistance.knockdowns.knockdown_nodes import LEVELS, NODES
from inference.resistance.knockdowns.knockdown_tables import node_table, pair_table
from inference.resistance.questions import Question, network_of
from inference.resistance.rankings.ranking_request import RankError
from inference.runs import labelled_tree
from inference.runs.console import Teller
from models.catalogue import HYPOTHESES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RTOL, ATOL = 1e-5, 1e-7


@dataclass(frozen=True, eq=False)
class KnockdownScan:
    """What inhibiting every node and every pair does to survival under a drug.

    Attributes:
        tree: groups `scan` (as `knocked_down` gives it) and `paths` (IL-6's protection with each path cut).
    """

    tree: xr.DataTree

    @classmethod
    def load(cls, path: Path) -> KnockdownScan:
        """From a `scan.nc`, or the folder that holds one."""
        return cls(labelled_tree.load(path / "scan.nc" if path.is_dir() else path))

    @property
    def dataset(self) -> xr.Dataset:
        """Every node, level and pair over the draws."""
        return self.tree["scan"].to_dataset()

    def nodes(self) -> pd.DataFrame:
        """A row a node and level, best resensitiser first."""
        return node_table(self.dataset)

    def pairs(self) -> pd.DataFrame:
        """A row a pair, best resensitiser first."""
        return pair_table(self.dataset)

    def paths(self) -> pd.DataFrame:
        """The share of IL-6's protection that goes with each path."""
        protection = self.tree["paths"].to_dataset()["protection"]
        return lost_share(protection, RESAMPLES, int(self.tree.attrs["seed"])).to_dataframe()

    def figures(self) -> dict[str, Figure]:
        """Nodes, pairs and paths, by name."""
        from inference.resistance.knockdowns import knockdown_figures as drawn

        return {
            "nodes": drawn.nodes_figure(self.tree),
            "pairs": drawn.pairs_figure(self.tree),
            "paths": drawn.paths_figure(self.tree),
        }

    def __repr__(self) -> str:
        return f"<KnockdownScan: {self.tree.attrs['question']}>\n{self.nodes().head(10)}"

    def _repr_html_(self) -> str:
        return f"<p>{self.tree.attrs['question']}</p>{self.nodes().head(20).to_html()}"


def scanned(
    question: Question, source: BeliefSource, draws: int, seed: int, pair_level: float, tell: Teller
) -> KnockdownScan:
    """As `scan`, of a question that carries the hypothesis of its source; nothing is written."""
    if pair_level not in LEVELS:
        raise SourceError(f"`pair_level` {pair_level:g}: is not one of {', '.join(map(str, LEVELS))}")

    def of(asked: Question) -> Beliefs:
        effect = HYPOTHESES[asked.hypothesis].free
        return believed(source, asked.preset, network_of(asked), effect)

    now = of(question)
    tell.say(
        f"Knocking down {len(NODES)} nodes and their pairs: {question.words()}; {draws} draws from "
        f"{source.name}"
    )
    with tell.bar("scan, simulations", 1) as bar:
        found = knocked_down(question, now, draws, seed, pair_level, rtol=RTOL, atol=ATOL, report=bar.of)
    with_il6 = replace(question, condition=WITH_IL6)
    paths = path_shares(with_il6, of(with_il6), draws, seed, rtol=RTOL, atol=ATOL)
    if not np.isfinite(found["reference"]).any():
        raise RankError("scan: no set of parameters could be solved: nothing to compare")
    attrs = labelled_tree.flat(
        {
            "question": question.words(),
            "hours": question.hours,
            "source": source.name,
            "mark": source.mark,
            "draws": draws,
            "seed": seed,
            "pair_level": pair_level,
            "paths_question": with_il6.words(),
        }
    )
    return KnockdownScan(
        xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), "/scan": found, "/paths": paths})
    )
