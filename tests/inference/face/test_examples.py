"""The example in each docstring of the contents page does what it says."""

import doctest
import inspect
import pathlib

import matplotlib.pyplot as plt
import pytest

import inference as gp

# In this order: `resume` opens what `fit` has made.
SLOW = ("new_study", "fit", "resume", "rank", "scan", "combine", "compare", "course", "report")
CHEAP = [n for n in gp.__all__ if n not in SLOW and inspect.isroutine(getattr(gp, n))]


def failures(*names: str) -> int:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for name in names:
        found = doctest.DocTestFinder(recurse=False).find(getattr(gp, name), name, globs={})
        assert sum(len(t.examples) for t in found) > 1, f"{name}: has no example"
        for test in found:
            runner.run(test)
    plt.close("all")
    return runner.summarize().failed


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CHEAP)
def test_an_example_does_what_it_says_and_leaves_no_file(name, tmp_path):
    assert failures(name) == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow  # compiles a fit, a ranking, a scan, a comparison and a report: ten minutes
def test_the_long_examples_do_what_they_say():
    assert failures(*SLOW) == 0
    assert pathlib.Path("results/example/posterior.nc").is_file()
