"""What we export, simulated by libRoadRunner, is what our own engine computes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from inference import export, likelihood
from inference.study import load
from models.catalogue import core, niche
from models.compile import compile_network
from models.ensemble import simulate_lanes
from models.protocol import Period, Protocol, schedule
from models.sbml import from_sbml, to_sbml
from models.simulate import Trajectory

roadrunner = pytest.importorskip("roadrunner")
TIMES = (0.0, 5.0, 20.0, 60.0, 180.0)


def ours(network, changes, put):
    """(time, species) from the declared levels, inputs changed and species set at time 0."""
    system = compile_network(network)
    plan = schedule(system, Protocol("stimulus", (Period(0.0, changes, put),)), {})
    parameters = jnp.asarray(system.nominal[: len(system.parameters)])[None]
    lanes = jax.tree.map(lambda x: x[None], plan)
    found = simulate_lanes(system, parameters, lanes, jnp.asarray(TIMES)[None], rtol=1e-9, atol=1e-12)
    assert bool(found.ok.all())
    return np.asarray(found.values[0])


@pytest.mark.parametrize("network", [core(), pytest.param(niche(), marks=pytest.mark.slow)], ids=lambda n: n.id)
def test_the_exported_network_runs_the_same_in_libroadrunner(network):
    changes, put = {"TNF": 10.0, "rux": 100.0, "E2": 10.0}, {"IL6": 10.0}
    runner = roadrunner.RoadRunner(to_sbml(network))
    runner.integrator.setValue("relative_tolerance", 1e-10)
    runner.integrator.setValue("absolute_tolerance", 1e-14)
    for name, value in changes.items():
        runner[name] = value
    for name, value in put.items():
        runner[f"[{name}]"] = value
    names = [s.name for s in network.species]
    theirs = runner.simulate(times=list(TIMES), selections=[f"[{n}]" for n in names])
    # both solve to about 1e-9 of each level; 1e-6 is what is asked for
    np.testing.assert_allclose(ours(network, changes, put), theirs, rtol=1e-6, atol=1e-9)


def test_the_network_read_back_from_its_own_file_runs_the_same():
    network = core()
    changes, put = {"TNF": 10.0, "clamped": 1.0}, {}
    np.testing.assert_allclose(ours(from_sbml(to_sbml(network)), changes, put), ours(network, changes, put), rtol=1e-7, atol=1e-10)


def test_a_builtin_study_written_as_petab_is_the_same_study(tmp_path):
    study = load("il6_feedback_estradiol", lint=False)
    written = load(export.write(study.tables, tmp_path))
    assert written.names == study.names
    assert [u.prior for u in written.unknowns] == [u.prior for u in study.unknowns]
    assert written.network == study.network
    theta = jnp.asarray(study.nominal)
    for a, b in zip(jax.tree.leaves(likelihood.lanes(study, theta)), jax.tree.leaves(likelihood.lanes(written, theta)), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    levels = np.random.default_rng(1).uniform(0.1, 1.0, (*study.times.shape, len(study.system.species)))
    dishes = Trajectory(jnp.asarray(levels), jnp.ones(len(levels), bool), jnp.zeros(len(levels), int), jnp.zeros(len(levels), int))
    np.testing.assert_allclose(*(jax.jit(lambda y, s=s: likelihood.terms(s, theta, y))(dishes) for s in (study, written)), rtol=1e-12)


def test_a_version_1_problem_written_as_version_2_keeps_its_likelihood(data, tmp_path):
    old = load(data / "petab" / "Boehm_JProteomeRes2014" / "Boehm_JProteomeRes2014.yaml")
    new = load(export.write(old.tables, tmp_path))
    at = jnp.asarray(old.nominal)
    value = [jax.jit(lambda x, s=s: likelihood.log_likelihood(s, x, rtol=1e-8, atol=1e-10)[0].sum())(at) for s in (old, new)]
    assert float(value[0]) == pytest.approx(float(value[1]), abs=1e-6)
