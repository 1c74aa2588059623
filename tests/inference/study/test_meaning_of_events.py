"""What events of other people's models mean: values and slopes from algebra; libRoadRunner gives the same."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from small_problems import (
    at,
    call,
    event,
    grown,
    halved,
    model,
    number,
    predicted,
    problem,
    still,
)

from inference.likelihood import likelihood
from inference.likelihood.at_one_point import evaluate
from inference.study.loading import load
from inference.study.study import StudyError

# events and the value of S at times 0.5, 2 and 5 that SBML gives it (libRoadRunner gives the same)
HAPPENINGS = {
    "an event that counts as true before the start does not happen": (
        event("e", at("0"), {"S": number("10")}),
        (1, 1, 1),
    ),
    "one that counts as false before the start happens there": (
        event("e", call("gt", "t", "-1"), {"S": number("10")}, initial=False),
        (10, 10, 10),
    ),
    "a strict trigger becomes true just after the start": (
        event("e", call("gt", "t", "0"), {"S": number("10")}),
        (10, 10, 10),
    ),
    "both of two doses at one time count where values are those of the assignment": (
        event("e1", at("1"), {"S": grown("S", "5")}, from_trigger=False)
        + event("e2", at("1"), {"S": grown("S", "3")}, from_trigger=False),
        (1, 9, 9),
    ),
    "the later of two counts where values are those of the trigger": (
        event("e1", at("1"), {"S": grown("S", "5")}) + event("e2", at("1"), {"S": grown("S", "3")}),
        (1, 4, 4),
    ),
    "the highest priority comes first": (
        event("e1", at("1"), {"S": grown("S", "5")}, from_trigger=False, priority=number("1"))
        + event("e2", at("1"), {"S": call("times", "S", "2")}, from_trigger=False, priority=number("2")),
        (1, 7, 7),
    ),
    "a share of the state is taken": (event("e", at("1"), {"S": halved}), (1, 0.5, 0.5)),
    "a delay of a number is waited for, and one of 0 is none": (
        event("e1", at("1"), {"S": number("10")}, delay=number("2"))
        + event("e2", at("1"), {"S": number("4")}, delay=number("0")),
        (1, 4, 10),
    ),
    "what is not persistent is called off": (
        event(
            "e",
            call("and", at("1"), call("lt", "t", "2")),
            {"S": number("9")},
            delay=number("2"),
            persistent=False,
        ),
        (1, 1, 1),
    ),
    "a flag that one event sets triggers another": (
        event("e1", at("1"), {"u": number("1")})
        + event("e2", call("and", call("gt", "u", "0.5"), at("3")), {"S": number("8")}),
        (1, 1, 8),
    ),
    "a pulse triggers twice": (
        event("e", call("or", call("and", at("1"), call("lt", "t", "1.5")), at("4")), {"S": grown("S", "1")}),
        (1, 2, 3),
    ),
}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_events_happen_as_sbml_says(tmp_path, name):
    events, expected = HAPPENINGS[name]
    found, _ = predicted(problem(tmp_path, still(events), {"S": "S + 0 * k"}, (0.5, 2, 5)), 3)
    np.testing.assert_allclose(found[0], expected, rtol=1e-9)


@pytest.mark.parametrize(
    "events, message",
    [
        (event("e", at("1"), {"S": number("1")}, delay=number("-1")), "event e: its delay is -1"),
    ],
)
def test_events_that_are_not_supported_are_refused_by_name(tmp_path, events, message):
    with pytest.raises(StudyError, match=f"model.xml: .*{message}"):
        load(problem(tmp_path, still(events), {"S": "S"}, (2,)))


def growing(events: str) -> str:
    """S' = k from 1 on; u, v and w are what events may set."""
    more = {"k": 0.3, "u": 0.0, "v": 0.0, "w": 0.0}
    return model({"S": 1.0}, more, {"S": call("plus", "k", "0")}, events, ("u", "v", "w"))


above = call("gt", "S", "2")  # at t = 1 / k = 3.33
# events, and S, u and their slopes by k at times 3, 5 and 10, by algebra: S is 1 + k t, the trigger 1 / k
STATE_EVENTS = {
    "what the state has reached falls back, again and again": (
        event("e", above, {"S": call("minus", "S", "1.5")}),
        ((1.9, 1.0, 1.0), (0, 0, 0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "the time of it is kept": (
        event("e", above, {"u": call("plus", "t", "0")}),
        ((1.9, 2.5, 4.0), (0, 1 / 0.3, 1 / 0.3)),
        ((3, 5, 10), (0, -1 / 0.09, -1 / 0.09)),
    ),
    "a delay sets what the state was at the trigger": (
        event("e", above, {"u": call("times", "S", "S")}, delay=number("2")),
        ((1.9, 2.5, 4.0), (0, 0, 4.0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "or what it is after the delay": (
        event("e", above, {"u": call("times", "S", "S")}, delay=number("2"), from_trigger=False),
        ((1.9, 2.5, 4.0), (0, 0, 2.6**2)),
        ((3, 5, 10), (0, 0, 2 * 2.6 * 2)),
    ),
    "one event brings about another, and the higher priority comes first": (
        event("e1", above, {"v": number("1")})
        + event("e2", call("gt", "v", "0.5"), {"u": call("plus", "u", "S")}, priority=number("1"))
        + event(
            "e3",
            call("gt", "v", "0.5"),
            {"u": call("times", "2", "u")},
            priority=number("2"),
            from_trigger=False,
        )
        + event("e4", call("gt", "u", "1.5"), {"S": call("times", "u", "S")}, from_trigger=False),
        ((1.9, 4.5, 6.0), (0, 2, 2)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "what is called off in the meantime does not happen": (
        event("e1", above, {"u": number("1")}, delay=number("2"), persistent=False)
        + event("e2", call("gt", "S", "2.3"), {"S": number("1")}),
        ((1.9, 1 + 0.3 * (5 - 1.3 / 0.3), 1 + 0.3 * (10 - 2 * 1.3 / 0.3)), (0, 0, 0)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "a condition that holds for an instant": (
        event("e", call("and", call("gt", "S", "2"), call("lt", "S", "2.000001")), {"u": number("1")}),
        ((1.9, 2.5, 4.0), (0, 1, 1)),
        ((3, 5, 10), (0, 0, 0)),
    ),
    "a trigger that is not linear in time": (
        event("e", call("geq", call("times", "t", "t"), "16"), {"u": call("plus", "S", "0")}),
        ((1.9, 2.5, 4.0), (0, 2.2, 2.2)),
        ((3, 5, 10), (0, 4, 4)),
    ),
}


@pytest.mark.parametrize("name", STATE_EVENTS)
def test_the_state_brings_about_events_and_slopes_know_when(tmp_path, name):
    events, values, slopes = STATE_EVENTS[name]
    file = problem(tmp_path, growing(events), {"S": "S", "u": "u"}, (3, 5, 10))
    found, slope = predicted(file, 3)
    # the solver's tolerance is 1e-10, of numbers up to 30
    np.testing.assert_allclose(found, values, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(slope, slopes, rtol=1e-6, atol=1e-6)


def test_a_chain_of_events_without_end_is_told(tmp_path):
    events = event("e1", call("and", above, call("lt", "u", "0.5")), {"u": number("1")}) + event(
        "e2", call("gt", "u", "0.5"), {"u": number("0")}
    )
    with pytest.raises(StudyError, match="more than 2000 happenings"):
        load(problem(tmp_path, growing(events), {"S": "S"}, (10,)))


def test_an_event_at_an_estimated_time_has_its_slope(tmp_path):
    """S' = -k S is halved and then given 2 at the time T."""
    lost = call("times", "-1", call("times", "k", "S"))
    events = event("e", call("geq", "t", "T"), {"S": grown(halved, "2")})
    text = model({"S": 4.0}, {"k": 0.3, "T": 1.5}, {"S": lost}, events)
    rows = "k\tlin\t0.001\t1000\t0.3\t1\nT\tlin\t0.1\t9\t1.5\t1\n"
    study = load(problem(tmp_path, text, {"S": "S"}, (1, 5), parameters=rows))

    def value(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-10, atol=1e-12)
        return likelihood.predict(study, theta, dishes).value

    found, slopes = (jax.jit(f)(jnp.asarray([0.3, 1.5])) for f in (value, jax.jacrev(value)))
    level = lambda k, T: 2 * np.exp(-5 * k) + 2 * np.exp(-k * (5 - T))  # noqa: E731
    np.testing.assert_allclose(found, [4 * np.exp(-0.3), level(0.3, 1.5)], rtol=1e-8)
    by_k = -10 * np.exp(-1.5) - 7 * np.exp(-0.3 * 3.5)
    np.testing.assert_allclose(
        slopes, [[-4 * np.exp(-0.3), 0], [by_k, 0.6 * np.exp(-0.3 * 3.5)]], rtol=1e-6, atol=1e-9
    )


def test_a_trigger_that_holds_for_a_small_part_of_a_step_is_seen(tmp_path):
    """x = sin t stands above the limit for 0.0003 around each crest; steps are a thousand times longer."""
    text = model(
        {"x": 0.0, "y": 1.0},
        {"k": 0.3, "u": 0.0},
        {"x": call("plus", "y", "0"), "y": call("times", "-1", "x")},
        event("e", call("gt", "x", "0.99999999"), {"u": grown("u", "1")}),
        ("u",),
    )
    found, _ = predicted(problem(tmp_path, text, {"u": "u + 0 * k"}, (8,)))
    assert found[0, 0] == pytest.approx(2)


def test_two_events_at_one_estimated_time_have_the_slope_of_both(tmp_path):
    """S' = -k S from 1; at T one is added, then S is doubled: 2 (exp(-k T) + 1) exp(-k (5 - T))."""
    both = event("e1", call("geq", "t", "T"), {"S": grown("S", "1")})
    both += event("e2", call("geq", "t", "T"), {"S": call("times", "S", "2")}, from_trigger=False)
    text = model({"S": 1.0}, {"k": 0.3, "T": 2}, {"S": call("times", "-1", call("times", "k", "S"))}, both)
    rows = "k\tlin\t0.001\t1000\t0.3\t1\nT\tlin\t0.1\t9\t2\t1\n"
    study = load(problem(tmp_path, text, {"S": "S"}, (5,), parameters=rows))
    report = evaluate(study, study.nominal, gradient=True, rtol=1e-10, atol=1e-12)
    level = 2 * (np.exp(-0.6) + 1) * np.exp(-0.9)
    assert report["chi2"] == pytest.approx(level**2, rel=1e-8)
    by_T = 2 * 0.3 * np.exp(-0.9)
    assert report["gradient"]["T"] == pytest.approx(-level * by_T, rel=1e-6)


def test_what_an_estimated_delay_moves_depends_on_it(tmp_path):
    """S' = -S; at 1 + k it becomes 5."""
    late = event("e", at("1"), {"S": number("5")}, delay="<ci>k</ci>")
    text = model({"S": 4.0}, {"k": 0.3}, {"S": call("times", "-1", "S")}, late)
    study = load(problem(tmp_path, text, {"S": "S"}, (2,)))
    assert study.told == ()
    report = evaluate(study, study.nominal, gradient=True, rtol=1e-10, atol=1e-12)
    assert report["gradient"]["k"] == pytest.approx(-25 * np.exp(-1.4), rel=1e-6)


def test_a_trigger_after_a_steady_state_has_its_slope(tmp_path):
    """From 2 towards 5: S is 3 at ln(1.5) / k."""
    rate = call("minus", "kin", call("times", "k", "S"))
    late = event("e", call("gt", "S", "3"), {"u": call("plus", "t", "0")})
    text = model({"S": 1.0}, {"k": 0.3, "kin": 0.6, "u": 0.0}, {"S": rate}, late, ("u",))
    conditions = "conditionId\tkin\nc0\t1.5\np\t0.6\n"
    found, slope = predicted(problem(tmp_path, text, {"u": "u"}, (5,), conditions, before="p"))
    assert found[0, 0] == pytest.approx(np.log(1.5) / 0.3, rel=1e-7)
    time = lambda k: np.log((1.5 - 0.6) / (1.5 - 3 * k)) / k  # noqa: E731
    assert slope[0, 0] == pytest.approx((time(0.3001) - time(0.2999)) / 2e-4, rel=1e-5)
