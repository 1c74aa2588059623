"""What time and rest mean in other people's problems: pulses, narrow features, steady states, by algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import quad
from small_problems import (
    call,
    model,
    predicted,
    problem,
    when,
)

from inference.likelihood import likelihood
from inference.likelihood.at_one_point import evaluate
from inference.study.loading import load


def pulse(on: str, off: str) -> str:
    """S' = 50 between two times, else -k S."""
    during = call("and", call("geq", "t", on), call("lt", "t", off))
    lost = call("times", "-1", call("times", "k", "S"))
    return model(
        {"S": 0.0}, {"k": 1e-4, "on": 1000, "off": 1001}, {"S": call("plus", when(during, "50", "0"), lost)}
    )


def test_a_pulse_between_named_times_is_not_stepped_over_and_has_slopes_by_them(tmp_path):
    """The dose is 50 (off - on), less what decays; both times are estimated."""
    rows = "k\tlog10\t1e-6\t1000\t1e-4\t1\n"
    late = "on\tlin\t1\t1990\t1000\t1\noff\tlin\t1\t1990\t1001\t1\n"

    def level(k, on, off):
        return 50 / k * (np.exp(-k * (2000 - off)) - np.exp(-k * (2000 - on)))

    found, _ = predicted(problem(tmp_path, pulse("on", "off"), {"S": "S"}, (2000,), parameters=rows))
    assert found[0, 0] == pytest.approx(level(1e-4, 1000, 1001), rel=1e-6)
    study = load(problem(tmp_path, pulse("on", "off"), {"S": "S"}, (2000,), parameters=rows + late))

    def value(theta):
        dishes = likelihood.trajectories(study, theta, rtol=1e-10, atol=1e-12)
        return likelihood.predict(study, theta, dishes).value[0]

    both = jax.jit(jax.value_and_grad(value))
    # also where the order of the two times is another than at the start, and the pulse is empty
    for times in ((1000.0, 1001.0), (400.0, 1500.0), (1200.0, 1100.0)):
        theta = np.array([1e-4, *times])
        seen, slope = both(jnp.asarray(theta))
        if times[1] < times[0]:
            assert float(seen) == 0
            continue
        assert float(seen) == pytest.approx(level(*theta), rel=1e-6)
        expected = [
            (level(*(theta + h)) - level(*(theta - h))) / (2 * h.sum())
            for h in (np.array([1e-8, 0, 0]), np.array([0, 1e-3, 0]), np.array([0, 0, 1e-3]))
        ]
        np.testing.assert_allclose(slope, expected, rtol=1e-5)


def test_a_smooth_narrow_pulse_is_seen(tmp_path):
    """50 exp(-((t - 1000) / 0.5)^2), whose integral is 25 sqrt(pi)."""
    shape = call(
        "exp", call("times", "-1", call("power", call("divide", call("minus", "t", "1000"), "0.5"), "2"))
    )
    text = model({"S": 0.0}, {"k": 1e-4}, {"S": call("times", "50", shape)})
    found, _ = predicted(problem(tmp_path, text, {"S": "S + 0 * k"}, (2000,)))
    assert found[0, 0] == pytest.approx(25 * np.sqrt(np.pi), rel=1e-6)


def test_explicit_time_stands_still_before_a_pre_equilibrated_dish_begins(tmp_path):
    """S' = 0.6 + L exp(-0.1 t) - k S from the steady state 2 of L = 0."""
    fading = call("times", "L", call("exp", call("times", "-0.1", "t")))
    rate = call("minus", call("plus", "0.6", fading), call("times", "k", "S"))
    text = model({"S": 1.0}, {"k": 0.3, "L": 0}, {"S": rate})
    found, _ = predicted(
        problem(tmp_path, text, {"S": "S"}, (2,), "conditionId\tL\nc0\t2\np\t0\n", before="p")
    )
    assert found[0, 0] == pytest.approx(2 + 2 / 0.2 * (np.exp(-0.2) - np.exp(-0.6)), rel=1e-7)


def toward(made: str, k: float, kin: float) -> str:
    """S' = made - k S from 0."""
    rate = call("minus", made, call("times", "k", "S"))
    return model({"S": 0.0}, {"k": k, "kin": kin}, {"S": rate})


def test_a_steady_state_is_reached_however_slowly_with_its_slope(tmp_path):
    """S = kin / k, with rates of 1e-8 a time unit."""
    rows = "k\tlog10\t1e-12\t1000\t1e-8\t1\n"
    found, slope = predicted(
        problem(tmp_path, toward("kin", 1e-8, 3e-8), {"S": "S"}, ("inf",), parameters=rows)
    )
    assert found[0, 0] == pytest.approx(3, rel=1e-8)
    assert slope[0, 0] == pytest.approx(-3e8, rel=1e-6)


@pytest.mark.parametrize("before, time", [("", "inf"), ("c0", "2")])
def test_a_dish_without_a_steady_state_is_named(tmp_path, before, time):
    text = model({"S": 0.0}, {"k": 0.3}, {"S": call("plus", "k", "0")})
    study = load(problem(tmp_path, text, {"S": "S"}, (time,), before=before))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert not report["ok"]
    assert report["failed"] == [f"{'c0__c0' if before else 'c0'}: reaches no steady state"]


def summed(rate: str) -> str:
    """P' = rate and S' = 1, both from 0."""
    return model({"P": 0.0, "S": 0.0}, {"k": 0.3}, {"P": rate, "S": call("plus", "1", "0")})


daily = call("minus", "t", call("times", "24", call("floor", call("divide", "t", "24"))))
square = call("divide", call("minus", call("times", "t", "t"), "1000000"), "1000")
wave = call("sin", call("divide", "t", "10"))
# a rate that time alone switches for a short while, a time, and what has come together by then
SHORT = {
    "every day for a hundredth of an hour": (when(call("lt", daily, "0.01"), "100", "0"), 240.5, 11.0),
    "at the crests of a wave": (
        when(call("gt", wave, "0.999"), "50", "0"),
        1000,
        16 * 50 * 10 * (np.pi - 2 * np.arcsin(0.999)),
    ),
    "in the square of time": (
        call("times", "10", call("exp", call("times", "-1", call("times", square, square)))),
        2000,
        quad(lambda t: 10 * np.exp(-(((t * t - 1e6) / 1e3) ** 2)), 995, 1005, epsabs=1e-12)[0],
    ),
}


@pytest.mark.parametrize("name", SHORT)
def test_what_time_does_for_a_short_while_is_seen_in_formulas_that_are_not_linear(tmp_path, name):
    rate, end, expected = SHORT[name]
    found, _ = predicted(problem(tmp_path, summed(rate), {"P": "P + 0 * k"}, (end,)))
    assert found[0, 0] == pytest.approx(expected, rel=1e-6)


window = call("and", call("gt", "S", "500"), call("lt", "S", "500.5"))
bell = call("divide", call("minus", "S", "500"), "0.5")
bell = call("exp", call("times", "-1", call("times", bell, bell)))


@pytest.mark.parametrize("rate", [when(window, "10", "0"), call("times", "10", bell)])
def test_what_the_state_does_for_a_short_while_is_told_where_it_is_stepped_over(tmp_path, rate):
    """P rises by 5 or 8.9 while S passes 500."""
    study = load(problem(tmp_path, summed(rate), {"P": "P + k"}, (1000,)))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert not report["ok"]
    assert report["failed"][0].startswith("c0: has other values with other steps")


def test_a_switch_of_the_state_that_is_not_stepped_over_is_answered(tmp_path):
    """S' = 1 while S < 2."""
    rate = when(call("lt", "S", "2"), "1", "0")
    study = load(problem(tmp_path, model({"S": 0.0}, {"k": 0.3}, {"S": rate}), {"S": "k * S"}, (1, 3, 10)))
    report = evaluate(study, study.nominal, gradient=False, rtol=1e-8, atol=1e-10)
    assert report["ok"]
    assert report["chi2"] == pytest.approx(0.09 * (1 + 4 + 4), rel=1e-6)


def test_a_conserved_total_is_kept_in_a_steady_state_and_after_it(tmp_path):
    """A <-> B, A + B = 3: at rest with k2 = 0.6, then on the way to rest with k2 = 0.1, and there."""
    turned = call("minus", call("times", "k2", "B"), call("times", "k", "A"))
    rates = {"A": turned, "B": call("times", "-1", turned)}
    text = model({"A": 3.0, "B": 0.0}, {"k": 0.3, "k2": 0.6}, rates)
    conditions = "conditionId\tk2\nc0\t0.1\np\t0.6\n"
    file = problem(tmp_path, text, {"A": "A"}, (0, 2, "inf"), conditions, before="p")
    found, slope = predicted(file, 3)
    level = lambda k: (3 * 0.6 / (k + 0.6), 3 * 0.1 / (k + 0.1))  # noqa: E731
    between = lambda k: level(k)[1] + (level(k)[0] - level(k)[1]) * np.exp(-2 * (k + 0.1))  # noqa: E731
    value = lambda k: np.array([level(k)[0], between(k), level(k)[1]])  # noqa: E731
    np.testing.assert_allclose(found[0], value(0.3), rtol=1e-9)
    # central differences of the closed form carry nine digits
    np.testing.assert_allclose(slope[0], (value(0.3001) - value(0.2999)) / 2e-4, rtol=1e-7)


def test_a_slow_species_that_hardly_moves_is_not_at_rest_before_it_is(tmp_path):
    """In the time that is waited first, R moves from 0.99 by a hundredth of the way to 1."""
    fast = call("times", "1000", call("minus", "1", "S"))
    slow = call("times", "k", call("minus", "S", "R"))
    text = model({"S": 0.0, "R": 0.99}, {"k": 1e-9}, {"S": fast, "R": slow})
    rows = "k\tlog10\t1e-12\t1000\t1e-9\t1\n"
    found, _ = predicted(problem(tmp_path, text, {"R": "R"}, ("inf",), parameters=rows))
    assert found[0, 0] == pytest.approx(1, rel=1e-10)
