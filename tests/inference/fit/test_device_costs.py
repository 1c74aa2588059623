"""The doctor measures, predicts and advises."""

import os

import jax
import numpy as np
import numpyro.distributions as dist
import pytest

from inference.fit.device_costs import Cost, advice, devices, measure, wall_time
from inference.likelihood.problem import Priors, Problem


def test_the_cpu_is_found_with_its_memory_and_precision():
    cpu = next(d for d in devices() if d.platform == "cpu")
    assert cpu.float64
    assert cpu.memory == pytest.approx(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30)
    assert cpu.count == len(jax.devices("cpu"))


def test_a_gradient_is_measured_and_unsolvable_points_are_counted():
    problem = Problem(Priors({"x": dist.Normal(0.0, 1.0)}), lambda t: (-(t**2), t[0] > 0))
    cost = measure(problem, np.array([[-1.0], [1.0], [2.0], [3.0]]), jax.devices("cpu")[0], seconds=0.01)
    assert (cost.platform, cost.width, cost.solved) == ("cpu", 4, 0.75)
    assert cost.compile > 0
    assert 0 < cost.gradient < 1


def test_the_predicted_time_is_its_parts_added_up():
    cost = Cost("cpu", 4, compile=10.0, gradient=0.5, solved=1.0)
    assert wall_time(cost, transitions=100, steps=7, search_steps=20) == 30 + (20 + 700) * 0.5
    assert wall_time(cost, transitions=100, steps=7, search_steps=20, devices=4) == 30 + (20 + 700) * 0.125


def test_a_slower_accelerator_is_called_slower():
    cpu, gpu = (
        (lambda width, s: Cost("cpu", width, 1.0, s, 1.0)),
        (lambda width, s: Cost("gpu", width, 1.0, s, 1.0)),
    )
    never = advice([cpu(4, 0.01), gpu(4, 0.1), cpu(64, 0.1), gpu(64, 0.2)])
    assert "4 points: the gpu is 10.0 times SLOWER" in never
    assert "use `device` cpu: the accelerator would be slower" in never
    wide = advice([cpu(4, 0.01), gpu(4, 0.1), cpu(64, 0.4), gpu(64, 0.1)])
    assert "64 points: the gpu is 4.0 times as fast" in wide
    assert "`sampler` chees or smc for 64 chains" in wide
    assert advice([cpu(4, 0.1), gpu(4, 0.01)]).endswith("use `device` gpu")
    assert "only a CPU" in advice([cpu(4, 0.1)])
