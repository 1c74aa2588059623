"""A cell that SciPy solves: the rates of the whole network, integrated by LSODA and nothing of our engine."""

import numpy as np
import pytest
import sympy as sp
from scipy.integrate import solve_ivp

from models.catalogue import niche
from models.declare import time
from models.formula import function_of
from models.network import rates_of_change


class ScipyCell:
    """The whole cell with its nominal parameters, in dishes of one kind: six days of culture, then drugs."""

    def __init__(self) -> None:
        network = niche()
        self.network = network
        self.names = [s.name for s in network.species]
        self.initial = np.array([s.initial for s in network.species])
        self.values = {p.name: p.value for p in network.parameters}
        self.inputs = {u.name: u.default for u in network.inputs}
        rates = rates_of_change(network)
        words = {"power": lambda x, h: max(x, 0.0) ** h, "Max": max, "Min": min}
        self.rates = function_of(
            [time, [sp.Symbol(n) for n in self.names], [sp.Symbol(n) for n in (*self.values, *self.inputs)]],
            [rates[n] for n in self.names],
            [words, "numpy"],
        )

    def solve(self, y, span, inputs, parameters, times):
        """States (time, species) by LSODA."""
        args = [*(self.values | parameters).values(), *(self.inputs | inputs).values()]
        found = solve_ivp(
            lambda t, y: np.array(self.rates(t, list(y), args), float),
            span,
            y,
            "LSODA",
            times,
            rtol=1e-8,
            atol=1e-11,
        )
        assert found.success
        return found.y.T

    def dish(self, doses, times, *, il6=0.0, density=0.3, parameters=None):
        """States (time, species) at times in min after drugs and IL-6 were given, all from time 0 on."""
        parameters = parameters or {}
        y = self.initial.copy()
        y[self.names.index("N")] = density
        y[self.names.index("IL6")] = 0.0
        culture = {"frozen": 1.0, "clamped": 1.0}
        y = self.solve(y, (-8640.0, 0.0), culture, parameters, [0.0])[-1]
        for name, value in (("IL6", il6), ("VEGF", 0.0), ("Z", 100.0)):
            y[self.names.index(name)] = value
        return self.solve(y, (0.0, max(times)), doses, parameters, times)


@pytest.fixture(scope="session")
def scipy_cell():
    return ScipyCell()
