"""Levels are those of SciPy's integration of the same compartments, and of the closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from models.course.compartments import Compartments, Entering, levels, mean_levels

CASES = 3


def body(seed: int, transits: int, peripherals: int) -> Compartments:
    rng = np.random.default_rng(seed)
    number = lambda low, high: np.exp(rng.uniform(np.log(low), np.log(high), CASES))  # noqa: E731
    return Compartments(
        number(0.2, 5),
        transits,
        rng.uniform(0.3, 1, CASES),
        number(1, 50),
        number(3, 100),
        tuple((number(1, 50), number(5, 500)) for _ in range(peripherals)),
    )


def integrated(model: Compartments, patient: int, doses: list[Entering], hours: np.ndarray) -> np.ndarray:
    """Written a second time, by hand, amount by amount."""
    k, f = model.absorption[patient], model.available[patient]
    rates = [(q[patient], v[patient]) for q, v in model.peripherals]
    centre, start = model.transits, np.zeros(model.transits + 2 + len(rates))

    def flow(t, x):
        d = np.zeros_like(x)
        for i in range(model.transits):
            d[i] -= k * x[i]
            d[i + 1] += k * x[i]
        level = x[centre] / model.central[patient]
        d[centre] -= model.clearance[patient] * level
        for j, (q, v) in enumerate(rates, start=centre + 1):
            d[centre] -= q * (level - x[j] / v)
            d[j] += q * (level - x[j] / v)
        d[centre] += sum(
            z.amount[patient] / z.infused for z in doses if z.infused and 0 <= t - z.hour < z.infused
        )
        d[-1] = level
        return d

    stops = sorted({*hours, *(z.hour for z in doses), *(z.hour + (z.infused or 0) for z in doses)})
    found, x, before = {}, start, 0.0
    for stop in stops:
        if stop > before:
            x = solve_ivp(flow, (before, stop - 1e-12), x, rtol=1e-10, atol=1e-10, method="LSODA").y[:, -1]
        found[stop], before = x.copy(), stop
        for z in doses:
            if z.hour == stop and z.infused is None:
                x = x.copy()
                x[0] += f * z.amount[patient]
    return np.array([[found[h][centre] / model.central[patient], found[h][-1]] for h in hours])


@pytest.mark.parametrize(
    "transits, peripherals, infused", [(1, 2, None), (3, 0, None), (1, 1, 0.5), (1, 0, 2.0)]
)
def test_levels_and_their_means_are_those_of_scipy(transits, peripherals, infused):
    model = body(transits + peripherals, transits, peripherals)
    doses = [Entering(h, np.full(CASES, 100.0), infused) for h in (0.0, 24.0, 36.5)]
    hours = np.array([0.0, 1.0, 5.0, 24.0, 30.0, 40.0, 72.0])
    mine, means = levels(model, doses, hours), mean_levels(model, doses, hours)
    for p in range(CASES):
        truth = integrated(model, p, doses, hours)
        # the integrator's own tolerance, twice over
        assert mine[p] == pytest.approx(truth[:, 0], rel=1e-6, abs=1e-8)
        assert means[p] == pytest.approx(np.diff(truth[:, 1]) / np.diff(hours), rel=1e-6)


def test_one_compartment_by_mouth_is_the_function_of_bateman():
    one = np.ones(1)
    model = Compartments(1.5 * one, 1, 0.8 * one, 15 * one, 60 * one)
    hours = np.linspace(0, 30, 31)
    k, ka = 15 / 60, 1.5
    truth = 0.8 * 40 / 60 * ka / (ka - k) * (np.exp(-k * hours) - np.exp(-ka * hours))
    assert levels(model, [Entering(0.0, 40 * one)], hours)[0] == pytest.approx(truth, abs=1e-12)


def test_doses_add_up_and_the_whole_area_is_dose_over_clearance():
    model = body(5, 1, 2)
    a, b = Entering(0.0, np.full(CASES, 50.0)), Entering(12.0, np.full(CASES, 20.0), infused=0.5)
    hours = np.linspace(0, 100, 51)
    both = levels(model, [a, b], hours)
    assert both == pytest.approx(levels(model, [a], hours) + levels(model, [b], hours), abs=1e-12)
    end = np.array([0.0, 1e6])
    area = mean_levels(model, [a, b], end)[:, 0] * 1e6
    assert area == pytest.approx((50 * model.available + 20) / model.clearance, rel=1e-9)
