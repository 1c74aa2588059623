"""Every command that draws cells draws them around the preset that it was asked for."""

import jax.numpy as jnp
import numpy as np
import pytest

from inference.explorer import controls
from inference.report import simulated
from inference.resistance import beliefs, dish_plans, facts_compared, simulated_plate
from inference.resistance.beliefs import Beliefs
from inference.resistance.believed_from import believed, prior_source
from inference.resistance.published_facts import NONE, Fact
from inference.resistance.questions import Question, network_of
from inference.runs.console import Teller
from models.belief_kinds import LogitNormal, LogNormal
from models.catalogue import PRESETS, niche, with_parameters
from models.drugs import drug
from models.network import Network
from models.spread import by_width, from_prior

COUNT, PRIOR, VEN = 512, prior_source("H1"), ((drug("venetoclax"), 1000.0),)


def the_centre_comes_back(network: Network, names: tuple[str, ...], values: np.ndarray) -> None:
    """Draws (draw, parameter) lie around the values of the network, within five of their standard errors."""
    for i, name in enumerate(names):
        p, column = network.parameter(name), values[:, i]
        if p.belief.shared:  # weights of a whole: Dirichlet of 10, variance m (1 - m) / 11 around the mean
            assert abs(column.mean() - p.value) < 5 * np.sqrt(p.value * (1 - p.value) / 11 / len(column)), (
                name
            )
        elif isinstance(p.belief, LogNormal | LogitNormal) and p.belief.possible(p.value):
            # the median of normals has the standard error sd sqrt(pi / 2 n)
            at = np.log if isinstance(p.belief, LogNormal) else lambda v: np.log(v / (1 - v))
            error = p.belief.sd * np.sqrt(np.pi / 2 / len(column))
            assert abs(np.median(at(column)) - at(p.value)) < 5 * error, name
        elif not p.belief.possible(p.value):
            assert (column == p.value).all(), name


def full(what: dish_plans.DishPlan, now: Beliefs, values: np.ndarray) -> np.ndarray:
    """Whole parameter vectors, as a simulation gets them."""
    return np.asarray(dish_plans.parameters(what, now.names, now.shares, jnp.log(jnp.asarray(values))))


@pytest.mark.parametrize("preset", PRESETS)
def test_what_rank_and_scan_draw(preset):
    question = Question("lnv", VEN, "niche", preset)
    what, network = dish_plans.plan(question), network_of(question)
    now = believed(PRIOR, preset, network, "e_deg")
    drawn = full(what, now, beliefs.joint(now, COUNT, 1)[0])
    the_centre_comes_back(network, what.system.parameters, drawn)
    u = np.random.default_rng(2).random((COUNT, len(now.names)))  # designs of sobol and morris
    the_centre_comes_back(network, what.system.parameters, full(what, now, beliefs.at(now, u)))


@pytest.mark.parametrize("preset", PRESETS)
def test_what_simulate_draws(preset):
    network = with_parameters(niche(), PRESETS[preset].parameters)
    names = tuple(p.name for p in network.parameters)
    the_centre_comes_back(network, names, from_prior(network, COUNT, 3))
    drawn, nominal = by_width(network, COUNT, 0.3, 3), np.array([p.value for p in network.parameters])
    assert np.median(drawn, axis=0) == pytest.approx(nominal, rel=5 * 0.3 * np.sqrt(np.pi / 2 / COUNT))


class EnoughError(Exception):
    """Ends a command once what it draws is known."""


@pytest.fixture
def drawn(monkeypatch) -> list[tuple[dish_plans.DishPlan, np.ndarray]]:
    """What a plate would simulate next: its plan and whole parameter vectors, nothing being solved."""
    kept = []

    def culture(what, values, **_):
        kept.append((what, np.asarray(values)))
        raise EnoughError

    monkeypatch.setattr(simulated_plate, "culture", culture)
    return kept


@pytest.mark.parametrize("preset", PRESETS)
def test_what_facts_draw(preset, drawn):
    fact = Fact("", "", "", (preset,), (NONE,), lambda seen: seen)
    with pytest.raises(EnoughError):
        facts_compared.predicted([fact], PRIOR, COUNT, 1, lambda words: None)
    what, values = drawn[0]
    network = with_parameters(what.system.network, PRESETS[preset].parameters)
    the_centre_comes_back(network, what.system.parameters, values)


def test_what_the_report_draws(drawn, tmp_path):
    asked = simulated.Asked(VEN, "niche", "t1114", COUNT, 1)
    with pytest.raises(EnoughError):
        simulated.made(asked, PRIOR, tmp_path / "x.nc", Teller())
    what, values = drawn[0]
    the_centre_comes_back(
        with_parameters(niche(), PRESETS["t1114"].parameters), what.system.parameters, values
    )


def test_what_the_explorer_draws(drawn):
    e = controls.explorer(PRIOR, (VEN[0][0],), "t1114", 1)
    for ask, count in ((controls.at_median, 1), (controls.bands, controls.BANDS)):
        with pytest.raises(EnoughError):
            ask(e, controls.Controls(*VEN[0]))
        what, values = drawn.pop()
        network = with_parameters(niche(), PRESETS["t1114"].parameters)
        if count > 1:
            the_centre_comes_back(network, what.system.parameters, values[:count])
        weights = {n: np.median(values[:count, what.system.parameters.index(n)]) for n in ("wM", "wX", "w2")}
        # medians of a Dirichlet lie within 0.03 of its means, and the slider stands on them
        assert weights == pytest.approx({"wM": 0.25, "wX": 0.15, "w2": 0.60}, abs=0.07)


def test_the_cell_with_the_translocation_answers_venetoclax():
    question = Question("lnv", VEN, "alone", "t1114")
    what = dish_plans.plan(question, lanes=32)
    now = believed(PRIOR, "t1114", network_of(question), "e_deg")
    drawn, _ = beliefs.joint(now, 32, 1)
    function = dish_plans.readout_function(what, now.names, now.shares, rtol=1e-4, atol=1e-7)
    centre = now.centre[None].repeat(32, 0)
    alone = np.exp(np.asarray(function(jnp.log(jnp.asarray(np.maximum(centre, 1e-12))))))
    # the preset itself, by the reference implementation: 11 % survive
    assert alone[0] == pytest.approx(0.11, abs=0.01)
    assert np.nanmedian(np.exp(np.asarray(function(jnp.log(jnp.asarray(drawn)))))) < 0.5
