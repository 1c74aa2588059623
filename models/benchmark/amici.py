"""The workloads of the benchmark in AMICI (CVODES), where it is installed: trajectories, and the cost of its
sensitivities.

AMICI is no dependency: it compiles SUNDIALS once and each model anew, some minutes in all.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from models.benchmark.workloads import SEEN, TIMES, Workload

ORDERS = ("forward", "adjoint")


def installed() -> bool:
    """Whether AMICI is here."""
    return find_spec("amici") is not None


class ByAmici:
    """A workload's exported network compiled by AMICI in `folder`."""

    def __init__(self, work: Workload, folder: Path) -> None:
        from models.sbml.writer import to_sbml

        amici, solvers = import_module("amici"), import_module("amici.sim.sundials")
        importer = import_module("amici.importers.sbml").SbmlImporter
        system = work.system
        self.work, self._solvers = work, solvers
        (folder / "network.xml").write_text(to_sbml(system.network))
        seen = [amici.MeasurementChannel(f"seen_{s}", formula=s, sigma=1.0) for s in system.species[:SEEN]]
        importer(str(folder / "network.xml")).sbml2amici(
            "gp130_benchmark",
            folder / "model",
            observation_model=seen,
            generate_sensitivity_code=True,
            verbose=False,
        )
        self._model = amici.import_model_module("gp130_benchmark", folder / "model").get_model()
        self._ids = list(self._model.get_free_parameter_ids())
        states = list(self._model.get_state_ids())
        self._model.set_timepoints(TIMES)
        for name, value in work.inputs.items():
            self._model.set_free_parameter_by_id(name, float(value))
        self._model.set_initial_state([work.state[s] for s in states])
        self._base = np.array(self._model.get_free_parameters())
        self._where = [self._ids.index(p) for p in system.parameters]
        self._seen = [states.index(s) for s in system.species[:SEEN]]

    def trajectories(self, rtol: float, sets: int) -> tuple[np.ndarray, float]:
        """(set, time, species), and seconds without the setting of parameters."""
        return self._run(self._solver(rtol), sets, None)

    def sensitivity_cost(self, wanted: Sequence[str], sets: int, rtol: float = 1e-5) -> dict[str, float]:
        """How many times a value a likelihood and its gradient by these parameters cost: `forward`,
        `adjoint`.
        """
        data = self._solvers.ExpData(self._model)
        data.set_measurements(np.zeros(len(TIMES) * SEEN))
        data.set_noise_scales(np.ones(len(TIMES) * SEEN))
        value = self._run(self._solver(rtol), sets, data)[1]
        self._model.set_parameter_list([self._ids.index(n) for n in wanted])
        return {order: self._run(self._solver(rtol, order), sets, data)[1] / value for order in ORDERS}

    def _solver(self, rtol: float, order: str | None = None) -> Any:
        solver = self._model.create_solver()
        solver.set_relative_tolerance(rtol)
        solver.set_absolute_tolerance(rtol * 1e-2)
        solver.set_max_steps(200_000)
        if order:
            solver.set_sensitivity_order(self._solvers.SensitivityOrder.first)
            solver.set_sensitivity_method(getattr(self._solvers.SensitivityMethod, order))
        return solver

    def _run(self, solver: Any, sets: int, data: Any) -> tuple[np.ndarray, float]:
        out, spent = [], 0.0
        for row in self.work.parameters[:sets]:
            parameters = self._base.copy()
            parameters[self._where] = row
            self._model.set_free_parameters(parameters)
            begun = time.perf_counter()
            found = self._solvers.run_simulation(self._model, solver, *([] if data is None else [data]))
            spent += time.perf_counter() - begun
            if found.status != self._solvers.AMICI_SUCCESS:
                raise RuntimeError(f"AMICI: a trajectory ended with status {found.status}")
            out.append(np.array(found.x)[:, self._seen])
        return np.array(out), spent
