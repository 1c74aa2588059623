"""Rank what makes a cell resist: `rank(Question("viability", {"dexamethasone": 300}), prior_source("H1"))`.

This is the door for a notebook; the command asks the same through `ranking_files.made`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from inference.resistance.believed_from import BeliefSource
from inference.resistance.questions import Question
from inference.resistance.rankings import ranking_files
from inference.resistance.rankings.methods import ELASTICITY, RankingMethod
from inference.resistance.rankings.ranked import Ranking
from inference.resistance.rankings.ranking_request import RankingRequest
from inference.runs.console import Teller
from inference.runs.run import Run


def rank(
    question: Question,
    source: BeliefSource,
    *,
    method: str | RankingMethod = ELASTICITY,
    draws: int | None = None,
    seed: int = 1,
    to: Path | None = None,
    tell: Teller | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Ranking:
    """Which parameters most change the read-out of the question, with the uncertainty of every rank.

    Args:
        question: what is read in which dishes; its hypothesis and transit compartment are those of `source`.
        source: what is believed about the parameters: `prior_source`, or a fit by `run_source`.
        method: how to rank.
        draws: as the method counts them; None: its own number.
        seed: of the draws.
        to: folder for pieces (the same call goes on from them), table and figures; None: nothing is kept.
        tell: where progress is said; None: on standard output.
        stop: asked between two pieces.

    Raises:
        QuestionError, RankError, SourceError: it cannot be made: place, finding, remedy.
        KeyboardInterrupt: `stop` said so; what is finished is kept.
    """
    request = RankingRequest(source.asked_of(question), method, draws, seed, source.name)
    run = Run(to or Path(), tell or Teller(), stop, keeps=to is not None)
    found = ranking_files.made(request, source, run)
    if found is None:
        raise KeyboardInterrupt("stopped: the same call goes on from what is kept")
    return found
