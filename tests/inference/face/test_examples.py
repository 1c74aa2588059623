"""The example in each docstring of the contents page does what it says."""

import doctest
import inspect
import os

import matplotlib.pyplot as plt
import pytest

import inference as gp

FITS = ("fit", "resume")  # in this order: the second opens what the first has made
CHEAP = [n for n in gp.__all__ if n not in FITS and inspect.isroutine(getattr(gp, n))]


def run(names: tuple[str, ...]) -> doctest.TestResults:
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    for name in names:
        value = getattr(gp, name)
        found = doctest.DocTestFinder(recurse=False).find(value, name, globs={})
        assert sum(len(t.examples) for t in found) > 1, f"{name}: has no example"
        for test in found:
            runner.run(test)
    plt.close("all")
    return runner.summarize()


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", CHEAP)
def test_an_example_does_what_it_says(name):
    assert run((name,)).failed == 0
    assert os.listdir() == []


@pytest.mark.slow  # compiles a fit: a minute and a half
def test_a_fit_and_what_goes_on_with_it_do_what_they_say():
    assert run(FITS).failed == 0
    assert os.path.isfile("results/example/posterior.nc")
