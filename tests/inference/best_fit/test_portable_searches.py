"""Searches and profiles whose points others compute are those of this process, bit for bit."""

from concurrent.futures import Executor, Future

import numpy as np
import pytest

from inference.best_fit import portable_searches
from inference.best_fit.hierarchical import Profiled
from inference.best_fit.multistart import search_of
from inference.best_fit.portable_searches import PointFacts, ProfileFacts
from inference.best_fit.profile_likelihood import profiles
from inference.cluster.answering import from_bytes, to_bytes
from inference.likelihood.reduced_parts import Split, split
from inference.runs.run import Run
from inference.study.loading import load
from inference.study.portable_work import PortableWork, understood

KNOWN = {r.name: r for r in (portable_searches.VALUES, portable_searches.WHOLES, portable_searches.PROFILES)}


class Elsewhere(Executor):
    """Whoever makes the work anew from what travels, and gives bytes back; in this process."""

    def __init__(self) -> None:
        self.made: dict[bytes, PortableWork] = {}

    def submit(self, fn, /, *args, **kwargs):
        assert isinstance(fn, PortableWork)
        if fn.said not in self.made:
            self.made[fn.said] = understood(fn.said, KNOWN)
        given: Future = Future()
        given.set_result(from_bytes(to_bytes(self.made[fn.said](*from_bytes(to_bytes(args))))))
        return given


@pytest.fixture
def study(tiny):
    return load(tiny, lint=False)


def test_points_of_a_search_are_the_same_elsewhere(study, tmp_path):
    facts, there = PointFacts(1e-6, 1e-8, 2), Elsewhere()
    parts = Split(study, split(study))
    search = search_of(parts, rtol=facts.rtol, atol=facts.atol)
    others = portable_searches.others_of(study, facts, Run(tmp_path, executor=there))
    mine, theirs = (Profiled(search, parts, 2, rtol=1e-6, atol=1e-8, others=x) for x in (None, others))
    x = np.log([[0.3, 1.0, 0.2], [0.5, 2.0, 0.1], [0.4, 1.5, 0.3]])
    for found, wanted in ((theirs.values(x), mine.values(x)), (theirs(x), mine(x))):
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a, b)
    assert len(there.made) == 2
    assert portable_searches.others_of(study, facts, Run(tmp_path)) is None


def test_profiles_are_the_same_elsewhere(study, tmp_path):
    facts, run = ProfileFacts(1e-6, 1e-8, 2, 2.0, 30, 1e-6), Run(tmp_path, executor=Elsewhere())
    search = search_of(Split(study, split(study)), rtol=facts.rtol, atol=facts.atol)
    best, covariance = np.log([0.43, 1.97, 0.07]), np.diag([0.01, 0.02, 0.08])
    told: list[tuple[int, int]] = []
    here, there = (
        profiles(
            search.objective,
            best,
            covariance,
            **facts.plan,
            width=4,
            report=lambda done, every: told.append((done, every)),
            others=x,
        )
        for x in (None, (run, portable_searches.PROFILES.work(study, facts)))
    )
    for name in ("held", "value", "z"):
        np.testing.assert_array_equal(getattr(here, name), getattr(there, name), err_msg=name)
    assert told[1] == told[3] == (6, 6)
