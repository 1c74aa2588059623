"""How strong a feedback is, by knocking it out and by opening the autocrine loop, and the reserve at rest."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from models.behaviours.record import Trace, WatchedDish, hours, minutes
from models.behaviours.solve import traces
from models.catalogue import PRESETS, niche
from models.dish import dish
from models.engine.protocol import Period, Protocol

LEVELS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)  # ng/mL at which IL-6 is held
SETTLED = 28800.0  # min
TWO_DAYS = 2880.0  # min
# What removes each feedback; c0a keeps the resting level of IkBa: c3a times its resting mRNA.
WITHOUT = {
    "SOCS3": {"k_mS": 0.0, "k_mS0": 0.0},
    "IkBa": {"c1a": 0.0, "c0a": 9.05e-4},
    "autocrine": {"g_auto": 0.0},
}
STIMULUS = {"SOCS3": {"il6": 10.0}, "IkBa": {"inputs": {"TNF": 10.0}}, "autocrine": {}}


def open_loop(level: float) -> Protocol:
    """IL-6 held at a level until the cell has settled, density kept; ends at t = 0."""
    held = {"frozen": 1.0, "clamped": 1.0}
    periods = (Period(-SETTLED, held, {"IL6": level}), Period(0.0))
    return Protocol(f"loop_{level:g}", periods, dict(PRESETS["mm1s"].parameters))


@functools.cache
def found() -> dict[str, Trace]:
    plans = [WatchedDish(open_loop(level), np.array([0.0])) for level in (0.0, *LEVELS)]
    for name, removed in WITHOUT.items():
        times = hours(TWO_DAYS / 60) if name == "autocrine" else minutes(120.0)
        for what, parameters in (("on", {}), ("off", removed)):
            made = dish(niche(), f"{name}_{what}", **STIMULUS[name], parameters=parameters)
            plans.append(WatchedDish(made, times))
    plans.append(WatchedDish(dish(niche(), "rest"), np.array([0.0])))
    return traces(niche(), plans, rtol=1e-7, atol=1e-10)


def at_two_hours_over_its_peak(trace: Trace, species: str) -> float:
    return trace.at(species, 120.0) / float(trace[species].max())


def test_the_open_loop_gives_the_published_levels_and_a_gain_far_below_one():
    rna = [found()[f"loop_{q:g}"].at("mIL6", 0.0) for q in (0.0, *LEVELS)]
    # Published to three digits.
    assert rna == pytest.approx([2.04, 2.43, 2.70, 3.02, 3.24, 3.36, 3.40], abs=0.0051)
    gain = np.diff(np.log(rna[1:])) / np.diff(np.log(LEVELS))  # a switch needs more than 1
    assert gain.max() <= 0.11


@pytest.mark.parametrize("name, species, highest", [("SOCS3", "pS", 0.45), ("IkBa", "NFn", 0.95)])
def test_a_feedback_is_seen_by_knocking_it_out(name, species, highest):
    on, off = (at_two_hours_over_its_peak(found()[f"{name}_{what}"], species) for what in ("on", "off"))
    assert 0.0 <= on / off <= highest


def test_without_the_autocrine_loop_there_is_a_thousandth_of_its_il6():
    on, off = (found()[f"autocrine_{what}"].at("IL6", TWO_DAYS) for what in ("on", "off"))
    assert on >= 1e3 * off


def test_the_resting_reserve_is_the_published_one():
    rest = found()["rest"]
    capacity = sum(w * rest.at(s, 0.0) for w, s in ((0.65, "MCL1"), (0.22, "BCLXL"), (0.13, "BCL2")))
    assert capacity / rest.at("BH3", 0.0) == pytest.approx(2.4, abs=0.05)
