"""The files of a knock-down scan: scan.nc, nodes.csv, pairs.csv, paths.csv and their figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from inference.resistance.believed_from import BeliefSource, SourceError
from inference.resistance.knockdowns.knockdown_nodes import LEVELS
from inference.resistance.knockdowns.knockdown_scan import KnockdownScan, scanned
from inference.resistance.questions import Question
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from inference.runs.outputs import write_figure, write_table


def default_folder(question: Question, results: Path) -> Path:
    """Named after the question."""
    drugs = (f"{d.input}{dose:g}" for d, dose in question.drugs)
    return results / "-".join(["scan", *drugs, question.condition.name, question.preset.name])


def make(
    question: Question,
    source: BeliefSource,
    draws: int,
    seed: int,
    pair_level: float,
    out: Path,
    tell: Teller,
) -> KnockdownScan:
    """Scan, write the files under `out`, and say what comes first.

    Raises:
        SourceError: the folder holds a scan, or the level of the pairs is none of those scanned.
    """
    if (out / "scan.nc").exists():
        raise SourceError(f"{out}: already holds a scan: choose another `out`")
    resumable.require_writable(out, 20 * 2**20)
    found = scanned(question, source, draws, seed, pair_level, tell)
    write(found, out)
    nodes = found.nodes()
    for node, row in nodes.xs(LEVELS[1], level="level").head(5).iterrows():
        tell.say(
            f"  {100 * LEVELS[1]:.0f} % of {node}: viability under the drug x "
            f"{np.exp(row['resensitised']):.2f} "
            f"({np.exp(row['low']):.2f} to {np.exp(row['high']):.2f}), without drug x "
            f"{np.exp(row['toxicity']):.2f}"
        )
    tell.say(f"Written to {out}: scan.nc, nodes.csv, pairs.csv, paths.csv, figures/")
    return found


def write(found: KnockdownScan, out: Path) -> None:
    """scan.nc, the tables and the figures."""
    from matplotlib import pyplot as plt

    mark = str(found.tree.attrs["mark"])
    for name, table in {"nodes": found.nodes(), "pairs": found.pairs(), "paths": found.paths()}.items():
        write_table(table.assign(mark=mark) if mark else table, out / f"{name}.csv")
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in found.figures().items():
        write_figure(figure, out / "figures" / f"{name}.png")
        plt.close(figure)
    labelled_tree.save(found.tree, out / "scan.nc")


def scan(
    question: Question,
    source: BeliefSource,
    *,
    draws: int = 50,
    seed: int = 1,
    pair_level: float = LEVELS[0],
    to: Path | None = None,
    tell: Teller | None = None,
) -> KnockdownScan:
    """Knock down every node and every pair under the drugs of the question, and cut each path of IL-6.

    Args:
        question: drugs, condition and preset; what is read is survival.
        source: what is believed about the parameters.
        draws: sets of parameters; `seed` of theirs.
        pair_level: share of activity taken from both members of a pair, one of `LEVELS`.
        to: folder for tables and figures; None: nothing is written.
        tell: where progress is said; None: on standard output.

    Raises:
        QuestionError, SourceError, RankError: it cannot be made: place, finding, remedy.
    """
    asked, say = source.asked_of(question), tell or Teller()
    if to is not None:
        return make(asked, source, draws, seed, pair_level, to, say)
    return scanned(asked, source, draws, seed, pair_level, say)
