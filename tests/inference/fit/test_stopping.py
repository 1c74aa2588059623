"""A fit that is asked to end in any phase ends there, leaves whole files, and goes on as if it had not."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from inference.fit.drawn import FILE, read_drawn
from inference.fit.fit_study import StoppedError, fit
from inference.runs.console import Teller
from inference.runs.settings import QUICK
from inference.study.loading import load

SETTINGS = replace(QUICK, chains=2, warmup=4, draws=4, chunk=2, starts=2, search_steps=4, prior_draws=96)
SEARCH, PREDICTING = "Searching for the mode", "Predicting"


class Listening(Teller):
    """Somebody who asks to end when a word is said."""

    word = ""
    asked = False

    def say(self, text: str) -> None:
        self.asked = self.asked or bool(self.word and text.strip().startswith(self.word))


def listening(word: str) -> Listening:
    teller = Listening()
    teller.word = word
    return teller


def whole(folder: Path) -> list[str]:
    """Names of all files of a run; none is a part of another one."""
    names = [p.name for p in folder.rglob("*") if p.is_file()]
    assert not [n for n in names if n.startswith(".") and n != ".lock"]
    return names


def test_a_fit_stopped_in_the_search_and_while_predicting_ends_with_the_same_draws(tiny, tmp_path):
    study = load(tiny, lint=False)
    for word in (SEARCH, PREDICTING):
        teller = listening(word)
        with pytest.raises(StoppedError, match="go on with it by `resume`"):
            fit(study, SETTINGS, to=tmp_path / "a", teller=teller, stop=lambda t=teller: t.asked)
        assert FILE not in whole(tmp_path / "a")
        assert ("modes.npz" in whole(tmp_path / "a")) == (word != SEARCH)
    fit(study, SETTINGS, to=tmp_path / "a", teller=listening(""))
    fit(study, SETTINGS, to=tmp_path / "b", teller=listening(""))
    ends = [read_drawn(tmp_path / name) for name in "ab"]
    np.testing.assert_array_equal(ends[0].theta, ends[1].theta)
    np.testing.assert_array_equal(ends[0].replicated, ends[1].replicated)
