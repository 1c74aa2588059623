"""Questions about resistance: against SciPy, published prototype values, and algebra."""

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from inference.resistance import beliefs, dish_plans, questions
from inference.resistance.conditions import CONDITIONS, Condition
from inference.resistance.questions import Question, QuestionError
from inference.resistance.rankings import sensitivity
from inference.resistance.resistance_readouts import DECADES, READOUTS, VIABILITY
from models import catalogue
from models.catalogue import PRESETS
from models.declare import log_normal
from models.drugs import drug

DEX = ((drug("dexamethasone"), 1000.0),)
RUX = ((drug("ruxolitinib"), 500.0),)


def nominal(question: Question) -> float:
    """The read-out at the nominal parameters."""
    function = dish_plans.readout_function(dish_plans.plan(question), [], (), rtol=1e-6, atol=1e-8)
    return float(function(jnp.zeros((1, 0)))[0])


@pytest.mark.slow  # the dishes, cells and bands of B20 in tests/models/behaviours/test_behaviours.py
@pytest.mark.parametrize(("condition", "viability"), [("alone", 0.30), ("il6", 0.99)])
def test_dexamethasone_kills_alone_and_not_with_il6(condition, viability):
    # reference implementation, behaviour B20, printed to two digits
    assert np.exp(nominal(Question("lnv", DEX, condition))) == pytest.approx(viability, abs=0.005)


ESCAPE = dish_plans.plan(Question("escape", RUX, "il6"))
FACTORS, STEP = ("IC_rux", "k_SR", "k_mS", "d_R"), 1e-3


@pytest.fixture(scope="module")
def escape():
    """Values (point,) and slopes (point, factor) of the escaping signal: nominal, two other points, and a
    step along each factor to either side of these two. One differentiated program serves all."""
    function = dish_plans.readout_function(ESCAPE, FACTORS, (), rtol=1e-8, atol=1e-10)
    nominals = np.log([ESCAPE.system.network.parameter(n).value for n in FACTORS])
    points = nominals + np.random.default_rng(0).normal(0, 0.3, (2, 4))
    around = points[:, None, None] + STEP * np.array([1, -1])[:, None, None] * np.eye(4)
    found = sensitivity.slopes(
        function, jnp.asarray(np.concatenate([nominals[None], points, around.reshape(-1, 4)]))
    )
    return tuple(np.asarray(x) for x in found)


def test_the_escaping_signal_agrees_with_scipy(escape):
    system = ESCAPE.system
    parameters = jnp.asarray(system.nominal[: len(system.parameters)])
    field = jax.jit(lambda t, y, inputs: jnp.stack(system.field(t, tuple(y), (*parameters, *inputs))))

    def solve(y0, span, inputs, times=None):
        return solve_ivp(
            lambda t, y: np.asarray(field(t, y, inputs)),
            span,
            y0,
            method="LSODA",
            rtol=1e-9,
            atol=1e-11,
            t_eval=times,
        ).y

    rest = solve(np.array(system.initial), (-8640.0, 0.0), ESCAPE.preculture.inputs[0])[:, -1]
    area = []
    for dish in range(2):
        start = ESCAPE.treatments.keep[dish, 0] * rest + ESCAPE.treatments.add[dish, 0]
        times = np.linspace(0, 120, 2001)
        signal = solve(np.asarray(start), (0.0, 120.0), ESCAPE.treatments.inputs[dish, 0], times)[
            system.species.index("pS")
        ]
        area.append(np.trapezoid(signal, times))
    # 2-min trapezoids of a curve that peaks at 14 min: below 1 %; the solver adds 1e-5
    assert np.exp(escape[0][0]) == pytest.approx(area[0] / area[1], rel=0.005)


def test_slopes_of_the_escaping_signal_are_finite_differences(escape):
    values, slopes = escape
    stepped = values[3:].reshape(2, 2, 4)  # point, side, factor
    # solver error 1e-8 over 2h: 5e-6; truncation h^2: 1e-6
    assert np.allclose(slopes[1:3], (stepped[:, 0] - stepped[:, 1]) / (2 * STEP), atol=1e-4)


def test_what_cannot_matter_is_left_out_and_the_answer_stays():
    whole, small = catalogue.niche(), questions.network_of(Question("lnv", DEX))
    assert {"RANKL", "OC", "Z", "D"}.isdisjoint({s.name for s in small.species})
    assert {"IC_rux", "K_ven", "s_BMSC", "k_res", "e_deg"}.isdisjoint({p.name for p in small.parameters})
    assert {"s_DEX", "wM", "g_auto", "c1a"} <= {p.name for p in small.parameters}
    assert len(small.parameters) < len(whole.parameters)


def test_weights_of_the_capacity_add_up_to_one():
    what = dish_plans.plan(Question("lnv", DEX))
    names = ("wM", "b_B", "wX", "w2")
    full = np.asarray(
        dish_plans.parameters(what, names, ((0, 2, 3),), jnp.log(jnp.array([[6.0, 0.2, 3.0, 1.0]])))
    )[0]
    at = {n: full[what.system.parameters.index(n)] for n in (*names, "mu")}
    assert at == pytest.approx({"wM": 0.6, "b_B": 0.2, "wX": 0.3, "w2": 0.1, "mu": 1e-3})
    # moving all weights of a share by the same factor changes nothing, so the slopes of one weight add up to
    # 0 over the group
    ln = jnp.log(jnp.array([[6.0, 0.2, 3.0, 1.0]]))
    slope = jax.grad(
        lambda x: dish_plans.parameters(what, names, ((0, 2, 3),), x)[0, what.system.parameters.index("wM")]
    )(ln)[0]
    assert slope == pytest.approx([0.6 * 0.4, 0.0, -0.6 * 0.3, -0.6 * 0.1])


def test_the_area_under_a_curve_is_its_mean_over_ln_dose():
    viability = np.array([0.99, 0.95, 0.8, 0.5, 0.3, 0.2, 0.1])
    cells = np.append(viability * 0.7, 0.7)[:, None, None]
    area = np.trapezoid(viability, DECADES) / np.ptp(DECADES)
    assert float(jnp.exp(READOUTS["auc"].answer(jnp.asarray(cells)))) == pytest.approx(area, rel=1e-12)
    twice = np.concatenate([np.append(np.ones(7) * 0.9, 0.9)[:, None, None], cells])
    assert float(jnp.exp(READOUTS["ri"].answer(jnp.asarray(twice)))) == pytest.approx(1 / area, rel=1e-12)


@pytest.mark.parametrize(
    ("change", "finding"),
    [
        ({"readout": "ic50"}, "`readout` ic50: is not one of"),
        ({"condition": "moon"}, "`condition` moon"),
        ({"preset": "hela"}, "`preset` hela"),
        ({"drugs": ()}, "`drug`: none given"),
        ({"drugs": ((drug("dex"), -1.0),)}, "positive number of nM"),
        ({"readout": "ri"}, "add `condition`"),
        ({"estradiol": float("nan")}, "`estradiol`"),
    ],
)
def test_a_question_without_an_answer_is_refused_in_one_line(change, finding):
    with pytest.raises(QuestionError, match=finding) as error:
        replace(Question("lnv", DEX), **change)
    assert "\n" not in str(error.value)


def test_names_aliases_and_objects_ask_the_same():
    asked = Question("viability", {"dex": 300}, condition="niche")
    assert asked == Question(
        VIABILITY, ((drug("dexamethasone"), 300.0),), CONDITIONS["niche"], PRESETS["mm1s"]
    )
    assert hash(asked) == hash(Question("lnv", {"dexamethasone": 300.0}, "niche"))
    assert Question("signal", RUX).condition is CONDITIONS["il6"]  # its usual surroundings
    assert [Question(n, DEX, "niche").readout.name for n in READOUTS] == list(READOUTS)


def test_a_condition_says_what_it_sets():
    assert CONDITIONS["niche"].full(catalogue.niche()) == (
        "in the niche: bone-marrow stromal cells 0.1 (1e6/mL), bone-marrow adipocytes 0.1 (1e6/mL), contact"
    )


def test_what_does_not_exist_in_the_network_is_named():
    wrong = replace(VIABILITY, name="mine", read=("IL17",))
    with pytest.raises(QuestionError, match="`readout` mine: reads IL17, which niche does not have"):
        questions.network_of(Question(wrong, DEX))
    with pytest.raises(QuestionError, match="`condition` sea: sets salt, which is no input of niche"):
        questions.network_of(Question("lnv", DEX, Condition("sea", "", "", {"salt": 1.0})))


def test_a_drug_that_cannot_change_the_readout_is_refused():
    with pytest.raises(QuestionError, match="cannot change"):
        questions.network_of(Question("escape", ((drug("venetoclax"), 100.0),), "il6"))
    with pytest.raises(QuestionError, match="does nothing to this read-out under H0"):
        questions.network_of(Question("lnv", DEX, estradiol=1.0, hypothesis="H0"))


# Spearman-type coefficients of 256 draws scatter by 1/sqrt(256) = 0.06, and the reference varied other
# parameters too
PUBLISHED_SRRC = {
    ("dexamethasone", 300.0, "alone"): {
        "wM": 0.34,
        "K_DA": -0.33,
        "s_DEX": -0.31,
        "k_dAkt": -0.28,
        "b_B": -0.23,
    },
    ("dexamethasone", 300.0, "niche"): {
        "wM": 0.36,
        "K_DA": -0.36,
        "b_B": -0.33,
        "k_dAkt": -0.31,
        "s_DEX": -0.23,
        "w_AL": 0.17,
    },
    ("bortezomib", 4.0, "niche"): {"wM": 0.52, "s_BTZ": -0.51, "b_B": -0.29, "b_mM": 0.26, "w_mMS": 0.24},
    ("S63845", 30.0, "alone"): {"b_B": -0.65, "wX": 0.23, "dl": -0.21, "wM": 0.20},
    ("S63845", 30.0, "niche"): {"b_B": -0.69, "wX": 0.27, "wM": 0.24, "dl": -0.17, "w2": 0.16},
    ("bortezomib", 4.0, "alone"): {
        "s_BTZ": -0.53,
        "wM": 0.45,
        "dl": -0.29,
        "b_mM": 0.29,
        "b_B": -0.21,
        "w_mMS": 0.18,
    },
}
FREE = (
    "g_auto",
    "s_BMSC",
    "s_BMA",
    "a_ST",
    "w_STN",
    "K_L",
    "k_aL",
    "k_S",
    "K_iS",
    "k_mS",
    "w_AL",
    "w_EL",
    "ras",
    "k1",
    "a3",
    "c1a",
    "c1",
    "b_const",
    "w_NST",
    "K_N6",
    "w_mMS",
    "b_mM",
    "d_M",
    "w_XS",
    "b_B",
    "s_BTZ",
    "IC_btzS",
    "s_DEX",
    "K_s63",
    "dl",
    "mu",
    "K_DA",
    "k_dAkt",
    "k_Akt",
    "k_dERK",
    "wM",
    "wX",
    "w2",
    "n_x",
    "k_C",
    "k_B",
    "w_mME",
    "w_Mst",
    "b_X",
    "b_2",
    "w_XN",
    "g1",
    "g2",
    "g3",
    "K_mMS",
)


@pytest.mark.slow
@pytest.mark.parametrize("case", PUBLISHED_SRRC)
def test_rank_regression_reproduces_the_reference_ranking(case):
    name, dose, condition = case
    what = dish_plans.plan(Question("lnv", ((drug(name), dose),), condition))
    prior = beliefs.declared(what.system.network, None, FREE)
    prior = replace(
        prior, belief=tuple(log_normal(0.15 if n == "n_x" else 0.4) for n in prior.names), shares=()
    )
    values, _ = beliefs.joint(prior, 256, seed=1)
    output = np.asarray(
        dish_plans.readout_function(what, prior.names, (), rtol=1e-6, atol=1e-8)(jnp.log(jnp.asarray(values)))
    )
    assert np.isfinite(output).all()
    found = sensitivity.rank_regression_effects(prior.names, values, output, resamples=50, seed=1)
    effect = dict(zip(prior.names, found.effect, strict=True))
    published = PUBLISHED_SRRC[case]
    leading = sorted(effect, key=lambda n: -abs(effect[n]))[:8]
    assert set(list(published)[:3]) <= set(leading)
    for n, value in published.items():
        assert np.sign(effect[n]) == np.sign(value)
        assert effect[n] == pytest.approx(value, abs=0.2)
