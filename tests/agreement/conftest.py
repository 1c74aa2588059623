"""AMICI, where it is installed: what it needs to compile a model, and its programs for SBML files and PEtab
problems.
"""

import os
import sys
from pathlib import Path

import numpy as np
import pytest

NO_AMICI = "AMICI is not installed: see 'Agreement with AMICI' in models/README.md"


@pytest.fixture(scope="session")
def amici():
    """AMICI's solvers. Models are compiled by programs that its wheels put beside this Python."""
    pytest.importorskip("amici", reason=NO_AMICI)
    import amici.sim.sundials

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
        yield amici.sim.sundials


def tightened(solver):
    """CVODES at tolerances at which its own error is far below what is compared."""
    solver.set_relative_tolerance(1e-10)
    solver.set_absolute_tolerance(1e-14)
    solver.set_max_steps(1_000_000)
    return solver


@pytest.fixture
def in_amici(amici, tmp_path):
    """(sbml, inputs, species set at time 0, names, times) -> (time, species) by CVODES."""
    from amici import import_model_module
    from amici.importers.sbml import SbmlImporter

    def simulated(sbml, changes, put, names, times):
        file, module = tmp_path / "model.xml", f"agreement_{abs(hash(sbml))}"
        file.write_text(sbml)
        SbmlImporter(str(file)).sbml2amici(
            module, tmp_path / module, generate_sensitivity_code=False, verbose=False
        )
        model = import_model_module(module, tmp_path / module).get_model()
        for name, value in changes.items():
            model.set_free_parameter_by_id(name, value)
        order, state = list(model.get_state_ids()), np.array(model.get_initial_state())
        for name, value in put.items():
            state[order.index(name)] = value
        model.set_initial_state(state)
        model.set_timepoints(times)
        found = amici.run_simulation(model, tightened(model.create_solver()))
        assert found.status == amici.AMICI_SUCCESS
        return found.x[:, [order.index(n) for n in names]]

    return simulated


@pytest.fixture
def likelihood_in_amici(amici, tmp_path):
    """PEtab file -> (parameters by name -> log-likelihood and its slopes by name, with forward
    sensitivities).
    """
    import petab.v2
    from amici.importers.petab import PetabImporter

    def prepared(path):
        problem, module = petab.v2.Problem.from_yaml(path), f"agreement_{path.stem}"
        simulator = PetabImporter(
            problem, module_name=module, output_dir=tmp_path / module, verbose=False
        ).create_simulator()
        tightened(simulator.solver)
        simulator.solver.set_sensitivity_order(amici.SensitivityOrder.first)
        simulator.solver.set_sensitivity_method(amici.SensitivityMethod.forward)

        def value(parameters):
            found = simulator.simulate(parameters)
            assert all(r.status == amici.AMICI_SUCCESS for r in found.rdatas)
            return found.llh, found.sllh

        return value

    return prepared
