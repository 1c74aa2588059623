"""The part of the cell that a panel simulates, beside the whole cell that it stands for."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import inference as gp
from inference.panel.panel_cell import cell, reached, survivors
from models.catalogue import Preset
from models.declare import assumed

DRUGS = ("MK-2206", "bortezomib", "doxorubicin", "navitoclax", "ruxolitinib", "trametinib")
NAMES = ("mu", "b_B", "s_BTZ")
DISHES = (("bortezomib", 4.0), ("trametinib", 100.0), ("navitoclax", 300.0), ("MK-2206", 1000.0))
DISHES = (*DISHES, ("ruxolitinib", 1000.0))

SILENT = Preset("silent", "without IL-6 of its own", {"g_auto": 0.0}, assumed("the other cell of this test"))


def nominal():
    system = cell(DRUGS)
    return np.array([[system.nominal[system.parameters.index(n)] for n in NAMES]] * 2)


def seen(values, dishes, density=0.3):
    line = np.zeros(len(dishes), int)
    drug = np.array([DRUGS.index(d) for d, _ in dishes])
    dose = jnp.array([x for _, x in dishes])
    hours = np.full(len(dishes), 48.0)
    return survivors(DRUGS, NAMES, values, line, drug, dose, jnp.full(len(dishes), density), hours)


def test_it_is_small_and_every_drug_reaches_it():
    assert len(cell(DRUGS).species) == 12
    assert reached(DRUGS) == DRUGS


def test_it_answers_as_the_whole_cell_does_where_that_makes_no_il6():
    cells, ok = seen(jnp.asarray(nominal()), (("bortezomib", 0.0), *DISHES))
    assert ok
    part = np.asarray(cells[1:] / cells[0])

    def whole(doses):
        return float(gp.simulate(gp.dish(preset=SILENT, doses=doses), hours=48)["N"].values.ravel()[-1])

    vehicle = whole({})
    for (drug, dose), viability in zip(DISHES, part, strict=True):
        # held at rest: what the drugs do to receptor and NF-kB over days; a tenth of a viability
        assert viability == pytest.approx(whole({drug: dose}) / vehicle, abs=0.1), drug


def test_slopes_are_those_of_differences():
    def total(q):
        cells, _ = seen(jnp.asarray(nominal()) * jnp.exp(q), DISHES)
        return jnp.sum(jnp.log(cells))

    q = jnp.zeros((2, 3))
    slope = jax.grad(total)(q)
    assert np.all(np.asarray(slope)[1] == 0)  # the second line is in no dish
    for i in range(3):
        step = jnp.zeros((2, 3)).at[0, i].set(1e-3)
        # the solver's tolerance of 1e-4 over a difference of 2e-3, in ln of cells that differ by 1e-6 of it
        expected = float(total(q + step) - total(q - step)) / 2e-3
        assert float(slope[0, i]) == pytest.approx(expected, rel=5e-3, abs=5e-3)
