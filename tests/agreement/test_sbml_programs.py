"""What we export, simulated by libRoadRunner, by COPASI and, where it is installed, by AMICI, is what our own
engine computes.
"""

import functools

import basico
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import roadrunner

from inference.likelihood import likelihood
from inference.study.loading import load
from inference.study.petab import petab_export
from models.behaviours.record import WatchedDish
from models.behaviours.solve import traces
from models.catalogue import HYPOTHESES, PARTS, core, niche
from models.drugs import treat
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes
from models.engine.one_dish import Trajectory
from models.engine.protocol import Period, Protocol, schedule
from models.sbml.reader import from_sbml
from models.sbml.writer import to_sbml

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


def in_libroadrunner(sbml, changes, put, names, times):
    """(time, species) by CVODE."""
    runner = roadrunner.RoadRunner(sbml)
    runner.integrator.setValue("relative_tolerance", 1e-10)
    runner.integrator.setValue("absolute_tolerance", 1e-14)
    for name, value in changes.items():
        runner[name] = value
    for name, value in put.items():
        runner[f"[{name}]"] = value
    return runner.simulate(times=list(times), selections=[f"[{n}]" for n in names])


def in_copasi(sbml, changes, put, names, times):
    """(time, species) by LSODA."""
    model = basico.load_model_from_string(sbml)
    try:
        parameters, species = (
            t.reset_index().set_index("sbml_id")["name"]
            for t in (basico.get_parameters(), basico.get_species())
        )
        for name, value in changes.items():
            basico.set_parameters(parameters[name], initial_value=value, exact=True)
        for name, value in put.items():
            basico.set_species(species[name], initial_concentration=value, exact=True)
        found = basico.run_time_course(
            values=list(times),
            use_initial_values=True,
            use_sbml_id=True,
            r_tol=1e-10,
            a_tol=1e-14,
            max_steps=1_000_000,
        )
        return found[names].to_numpy()
    finally:
        basico.remove_datamodel(model)


STIMULUS = {"TNF": 10.0, "rux": 100.0, "E2": 10.0}
NICHE_DRUGS = {**STIMULUS, "btz": 4.0, "BMSC": 0.1, "contact": 1.0}
IL6 = {"IL6": 10.0}
GIVEN = {
    "cfz": 2.0,
    "len": 300.0,
    "doxo": 100.0,
    "seli": 50.0,
    "dara": 1.0,
    "NK": 0.3,
    "pd03": 1.0,
    "navi": 30.0,
    "IGF1": 50.0,
    "APRIL": 50.0,
    "BAFF": 20.0,
    "BMA": 0.1,
    "ADN": 500.0,
    "BMSC": 0.1,
    "dex": 20.0,
}


@functools.cache
def whole_cell():
    """Traces of the whole cell by case: with the drugs as inputs and estradiol acting as H1 says, and with
    neither.
    """
    dishes = (
        Protocol("niche", (Period(0.0, STIMULUS, IL6),)),
        Protocol("niche under three drugs", (Period(0.0, NICHE_DRUGS, IL6),), HYPOTHESES["H1"].parameters),
    )
    return traces(niche(), [WatchedDish(p, np.array(TIMES)) for p in dishes], rtol=1e-9, atol=1e-12)


CASES = {
    "core": (core(), STIMULUS),
    "niche": (niche(), STIMULUS),
    # A treated network is exported without what does not act; its levels are those of the full one.
    "niche under three drugs": (
        treat(niche(), "ruxolitinib", "bortezomib", "estradiol", hypothesis="H1"),
        NICHE_DRUGS,
    ),
    "every part": (niche(False, tuple(PARTS)), GIVEN),
}
# The largest network that can be composed takes minutes to compile, as does AMICI.
EVERY_CASE = [pytest.param(c, marks=pytest.mark.slow if c == "every part" else ()) for c in CASES]


@pytest.fixture(params=["libRoadRunner", "COPASI", pytest.param("AMICI", marks=pytest.mark.slow)])
def program(request):
    """(sbml, inputs, species set at time 0, names, times) -> (time, species)."""
    if request.param == "AMICI":
        return request.getfixturevalue("in_amici")
    return {"libRoadRunner": in_libroadrunner, "COPASI": in_copasi}[request.param]


@pytest.mark.parametrize("case", EVERY_CASE)
def test_the_exported_network_runs_the_same_in_another_program(case, program):
    network, changes = CASES[case]
    names = [s.name for s in network.species]
    expected = (
        ours(network, changes, IL6)
        if case in ("core", "every part")
        else np.stack([whole_cell()[case][n] for n in names], 1)
    )
    found = program(to_sbml(network), changes, IL6, names, TIMES)
    # both solve to about 1e-9 of each level; 1e-6 is what is asked for
    np.testing.assert_allclose(expected, found, rtol=1e-6, atol=1e-9)


def test_the_network_read_back_from_its_own_file_runs_the_same():
    network = core()
    changes, put = {"TNF": 10.0, "clamped": 1.0}, {}
    np.testing.assert_allclose(
        ours(from_sbml(to_sbml(network)), changes, put), ours(network, changes, put), rtol=1e-7, atol=1e-10
    )


def test_a_builtin_study_written_as_petab_is_the_same_study(tmp_path):
    study = load("il6_feedback_estradiol", lint=False)
    written = load(petab_export.write(study.tables, tmp_path))
    assert written.names == study.names
    assert [u.prior for u in written.unknowns] == [u.prior for u in study.unknowns]
    assert written.network == study.network
    theta = jnp.asarray(study.nominal)
    for a, b in zip(
        jax.tree.leaves(likelihood.lanes(study, theta)),
        jax.tree.leaves(likelihood.lanes(written, theta)),
        strict=True,
    ):
        np.testing.assert_allclose(a, b, rtol=1e-14)
    levels = np.random.default_rng(1).uniform(0.1, 1.0, (*study.times.shape, len(study.system.species)))
    dishes = Trajectory(
        jnp.asarray(levels),
        jnp.ones(len(levels), bool),
        jnp.zeros(len(levels), int),
        jnp.zeros(len(levels), int),
    )
    np.testing.assert_allclose(
        *(jax.jit(lambda y, s=s: likelihood.terms(s, theta, y))(dishes) for s in (study, written)), rtol=1e-12
    )


def test_a_version_1_problem_written_as_version_2_keeps_its_likelihood(data, tmp_path):
    old = load(data / "petab" / "Boehm_JProteomeRes2014" / "Boehm_JProteomeRes2014.yaml")
    new = load(petab_export.write(old.tables, tmp_path))
    at = jnp.asarray(old.nominal)
    value = [
        jax.jit(lambda x, s=s: likelihood.log_likelihood(s, x, rtol=1e-8, atol=1e-10)[0].sum())(at)
        for s in (old, new)
    ]
    assert float(value[0]) == pytest.approx(float(value[1]), abs=1e-6)
