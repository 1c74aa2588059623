"""Growth and death of a cell in a patient are those of cells in a dish, and its clocks scale them."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from models.behaviours.record import WatchedDish
from models.behaviours.solve import traces
from models.catalogue import niche
from models.course.patient_cell import Fates, Surroundings, fates, patient_system
from models.dish import Dose, dish
from models.drugs import DRUGS

HOURS, SPARSE = 48.0, 1e-6  # so few cells that they do not hinder one another


@functools.cache
def found() -> Fates:
    """Lanes: without drug, bortezomib 4 nM held, the latter with twice the rates of growth and death."""
    system = patient_system()
    nominal = np.asarray(system.nominal)[: len(system.parameters)]
    parameters = np.tile(nominal, (3, 1))
    for name in ("mu", "dl"):
        parameters[2, system.parameters.index(name)] *= 2
    levels = {"btz": np.array([[0.0], [4.0], [4.0]])}
    inputs = {"BMSC": np.full(3, 0.1), "BMA": np.full(3, 0.1), "contact": np.ones(3)}
    return fates(parameters, levels, np.array([0.0, HOURS]), Surroundings(inputs, np.full(3, SPARSE)))


@pytest.mark.slow  # two networks are compiled: a minute or two
@pytest.mark.parametrize("lane, dose", [(0, 0.0), (1, 4.0)])
def test_growth_less_death_is_what_the_cells_of_a_dish_do(lane, dose):
    around = {"BMSC": 0.1, "BMA": 0.1, "contact": 1.0}
    doses = (Dose(DRUGS["bortezomib"], dose),) if dose else ()
    # long in its niche before, as the patient's cells are; the stimulus changes nothing
    protocol = dish(
        niche(), "dish", pre=around, inputs=around, doses=doses, density=SPARSE, wash=False,
        parameters={"k_rux": 0.0}
    )  # fmt: skip
    trace = traces(niche(), [WatchedDish(protocol, np.array([0.0, 60 * HOURS]))], rtol=1e-7, atol=1e-12)[
        "dish"
    ]
    truth = np.log(trace.at("N", 60 * HOURS) / trace.at("N", 0.0))
    mine = found()
    assert mine.ok.all()
    # medium clamped in the dish's pre-culture: half a per cent of the cells
    assert mine.grown[lane, -1] - mine.killed[lane, -1] == pytest.approx(truth, abs=0.03)


def test_growth_and_death_go_with_their_rates_and_nothing_else_does():
    mine = found()
    assert mine.grown[2] == pytest.approx(2 * mine.grown[1], rel=1e-3)  # of the solver
    assert mine.killed[2] == pytest.approx(2 * mine.killed[1], rel=1e-3)
    assert mine.killed[1, -1] > 3 * mine.killed[0, -1]
