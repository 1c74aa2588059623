"""The plan of lanes on an accelerator, followed without one: by the steps that the niche takes here."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from models.benchmark.queue_plan import Accelerator, lanes_end, on_a_gpu, predicted
from models.benchmark.workloads import workload
from models.engine.derivative import choose_lanes
from models.engine.ensemble import CHUNK_OF_ACCELERATORS, simulate_ensemble
from models.engine.work_queue import BLOCK


@pytest.fixture(scope="module")
def steps() -> np.ndarray:
    """Attempts of each of some sets of the niche at the tolerance of ensembles."""
    work = workload("niche", 512, 1e-5)
    return simulate_ensemble(work.setting, work.parameters)["steps"].values.ravel()


def of(steps: np.ndarray, items: int) -> np.ndarray:
    """So many items with steps like these."""
    return np.random.default_rng(items).choice(steps, items)


def test_a_queue_is_followed_as_turn_after_turn_would_have_it():
    items = np.random.default_rng(0).integers(1, 30, 200)
    left, ends, queue = np.zeros(7), np.zeros(7), list(items)
    for turn in range(10_000):
        for lane in np.flatnonzero(left == 0):
            if queue:
                left[lane] = queue.pop(0)
        if not left.any():
            break
        ends[left == 1] = turn + 1
        left -= left > 0
    np.testing.assert_array_equal(lanes_end(items, 7), np.sort(ends))


def test_time_and_share_are_those_of_a_sum_by_hand():
    device = Accelerator(kernels=10, launch=1.0, host=2.0, bytes_a_lane=1.0, bandwidth=100.0)
    assert (device.turn(64), device.turn(2000)) == (12.0, 22.0)
    # two lanes: 3 turns and 1 + 1 + 5
    seconds, share = predicted(np.array([3.0, 1.0, 1.0, 5.0]), 2, device)
    assert (seconds, share) == (7 * 12.0, 10 / 14)
    # 4,096 lanes with one item of 100 turns among them: an eighth of the lanes go on after the first turn
    seconds, share = predicted(np.append(np.ones(4095), 100.0), 4096, device)
    assert seconds == device.turn(4096) + 99 * device.turn(512)
    assert share == pytest.approx((4095 + 100) / (4096 + 99 * 512))


@pytest.mark.parametrize("items", [1000, 4096, 16_384, 65_536, 262_144, 1_000_000])
def test_at_every_size_the_plan_is_near_the_best_and_large_ones_waste_little(items, steps, monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    chunk = min(items, CHUNK_OF_ACCELERATORS)
    some, lanes = of(steps, chunk), choose_lanes(chunk)
    assert lanes % BLOCK == 0
    seconds, share = predicted(some, lanes)
    widths = [64 * 4**k for k in range(6) if 64 * 4**k <= chunk] + [lanes // 2, 2 * lanes]
    assert seconds <= 1.1 * min(predicted(some, width)[0] for width in widths)
    # the longest item alone, some eight times the mean, sets the time of the small ones
    assert share > (0.9 if chunk >= 262_144 else 0.08)
    assert share > 3 * np.mean(some) / np.max(some) or chunk < 65_536


def test_the_benchmark_says_what_share_of_a_whole_chunk_is_useful(steps):
    assert 0.9 < on_a_gpu(steps)["plan_useful_work_gpu"] < 1.0
