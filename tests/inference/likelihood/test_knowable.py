"""What a design can tell: symmetries that algebra knows come out by themselves, and what nobody sees."""

from dataclasses import replace

import numpy as np
import sympy as sp

from inference.likelihood.knowable import knowable
from inference.likelihood.sensitivity_matrix import SensitivityMatrix, sensitivity_matrix
from inference.study.priors import declared
from inference.study.problem_tables import (
    Change,
    ExperimentRow,
    MeasurementRow,
    ObservableRow,
    ParameterRow,
    PeriodRow,
    Tables,
)
from inference.study.study import from_tables
from models.catalogue import core
from models.sbml.reader import read_sbml
from models.sbml.writer import to_sbml


def dish_of_il6(names):
    """pSTAT3 and IL-6 of the core after IL-6; these parameters are estimated under their declared beliefs."""
    network = core()
    text = to_sbml(network)
    number = lambda x: sp.Float(x)  # noqa: E731
    periods = (
        PeriodRow(-300.0, (Change("clamped", number(1), "here"),), "here"),
        PeriodRow(0.0, (Change("clamped", number(0), "here"), Change("IL6", number(5), "here")), "here"),
    )
    observables = tuple(
        ObservableRow(n, n, sp.Symbol(n), number(0.1), "log-normal", None, (), "here") for n in ("pS", "IL6")
    )
    rows = tuple(
        MeasurementRow(o, "dish", t, 0.2, (), 0, "here")
        for o in ("pS", "IL6")
        for t in (10.0, 40.0, 90.0, 240.0)
    )
    parameters = []
    for name in names:
        p = network.parameter(name)
        low, high = p.value * 1e-3, p.value * 1e3
        parameters.append(
            ParameterRow(name, "", p.value, low, high, True, declared(p, low, high), (), "", "here")
        )
    experiment = ExperimentRow("dish", periods, "here")
    return from_tables(
        Tables("dish", read_sbml(text), text, (experiment,), observables, rows, tuple(parameters))
    )


def test_products_that_mass_action_makes_of_unknowns_come_out_by_themselves():
    """SOCS3 is made at the rate k_tS mSOCS3 and mSOCS3 by k_mS and k_mS0; IL-6 at N s_MM g_auto mIL6."""
    study = dish_of_il6(("k_mS", "k_mS0", "k_tS", "g_auto", "s_MM", "k_S", "c5"))
    found = knowable(sensitivity_matrix(study, 2, 1, rtol=1e-6, atol=1e-9))
    assert set(found.combinations) >= {"k_mS k_tS", "g_auto s_MM"}
    assert set(found.combinations) - {"k_mS k_tS", "g_auto s_MM"} == {"k_mS / k_mS0"}
    assert not found.mixed
    assert found.rank == 5  # of 7, two of which are lost to the symmetries
    assert any("`g_auto s_MM`" in line for line in found.told())


def linear(slopes, sd=1.0):
    """A design whose slopes are given, at one point each."""
    slopes = np.asarray(slopes, float)
    n = slopes.shape[-1]
    return SensitivityMatrix(tuple("abcd"[:n]), np.ones((len(slopes), n)), slopes, 0 * slopes, np.full(n, sd))


def test_a_square_and_a_quotient_are_told_as_such():
    """f = a b^2 / c: ln f has the slopes 1, 2, -1."""
    base = np.array([[1.0, 2.0, -1.0, 0.0], [0.5, 1.0, -0.5, 1.0]])
    found = knowable(linear(np.stack([base, 2 * base, 3 * base + [[0, 0, 0, 1], [0, 0, 0, 0]]])))
    assert found.rank == 2
    exponents = [{k: float(v) for k, v in p.items()} for p in found.products]
    flat = np.array([[p.get(n, 0.0) for n in "abc"] for p in exponents])
    assert np.linalg.matrix_rank(flat) == 1
    assert np.allclose(np.cross(flat[0], [1.0, 2.0, -1.0]), 0)


def test_the_expected_narrowing_is_that_of_a_linear_model():
    """Posterior variance 1 / (1 / sd^2 + n s^2) for n values of slope s and noise 1."""
    found = knowable(linear([[[2.0, 0.0]] * 3], sd=0.5))
    assert np.isclose(found.narrowed["a"], np.sqrt(1 / (1 / 0.25 + 3 * 4)) / 0.5)
    assert found.unseen == ("b",)
    assert found.narrowed["b"] == 1.0
    assert replace(found, products=()).told()[1] == "not seen at all: b"
