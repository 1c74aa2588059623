"""Ensembles against algebra, and against themselves: one by one, on two devices, in two processes, streamed,
killed and resumed.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import h5py
import jax
import numpy as np
import pytest
import sympy as sp

from models.declare import Input, Parameter, Pathway, Reaction, Species, assumed, nothing
from models.engine.compile import compile_network
from models.engine.devices import connect
from models.engine.ensemble import Setting, simulate_ensemble, stream_ensemble
from models.engine.protocol import Period, Protocol
from models.engine.resumable_file import PartsError, folder
from models.engine.work_queue import NOT_FINITE
from models.network import assemble

why = assumed("a chain that algebra solves")
HERE = pathlib.Path(__file__)
ROOT = HERE.parents[3]
TIMES = (0.0, 0.7, 3.0, 20.0)
DRIVES = (1.0, 2.5)
EXPRESSIONS = (("a", sp.Symbol("a")), ("b", sp.Symbol("b")), ("mix", sp.Symbol("a") + 2 * sp.Symbol("b")))


class Chain(Pathway):
    """Made, converted, lost."""

    u = Input("u", 1.0, "1", "drive")
    k = Parameter("k", 0.5, "nM/min", "synthesis", why)
    d = Parameter("d", 0.3, "1/min", "conversion", why)
    e = Parameter("e", 20.0, "1/min", "loss", why)
    a = Species("a", 1.0, "nM", "first")
    b = Species("b", 0.5, "nM", "second")
    make = Reaction(nothing, a, k * u, "synthesis")
    turn = Reaction(a, b, d * a, "conversion")
    lose = Reaction(b, nothing, e * b, "loss")


def setting(rtol: float = 1e-8) -> Setting:
    """Two experiments that differ in their drive."""
    protocols = tuple(Protocol(f"drive {u:g}", (Period(0.0, {"u": u}),)) for u in DRIVES)
    return Setting(
        compile_network(assemble("chain", Chain)),
        protocols,
        TIMES,
        EXPRESSIONS,
        rtol,
        rtol * 1e-2,
        max_steps=5000,
    )


def sets(count: int) -> np.ndarray:
    """Parameter sets scattered around the nominal one."""
    return np.array([0.5, 0.3, 20.0]) * np.exp(0.4 * np.random.default_rng(3).standard_normal((count, 3)))


def by_algebra(parameters: np.ndarray) -> np.ndarray:
    """(set, experiment, time, observable) in closed form."""
    k, d, e = (parameters[:, i, None, None] for i in range(3))
    u, t = np.array(DRIVES)[None, :, None], np.array(TIMES)[None, None]
    rest = k * u / d
    a = rest + (1.0 - rest) * np.exp(-d * t)
    fast = d * (1.0 - rest) / (e - d)
    b = k * u / e + fast * np.exp(-d * t) + (0.5 - k * u / e - fast) * np.exp(-e * t)
    return np.stack([a, b, a + 2 * b], -1)


def values(**more) -> np.ndarray:
    found = simulate_ensemble(setting(), sets(19), **more)
    assert bool(found.ok.all())
    return found["values"].values


@pytest.fixture(scope="module")
def whole() -> np.ndarray:
    return values()


def test_every_set_in_every_experiment_is_what_algebra_says(whole):
    np.testing.assert_allclose(
        whole, by_algebra(sets(19)), rtol=1e-6
    )  # a hundred times the tolerance of a step


def test_a_batch_gives_what_its_sets_give_alone_in_whatever_order_lanes_and_chunks(whole):
    alone = np.concatenate([simulate_ensemble(setting(), row[None])["values"].values for row in sets(19)])
    np.testing.assert_allclose(alone, whole, rtol=1e-9)
    turned = simulate_ensemble(setting(), sets(19)[::-1])["values"].values[::-1]
    np.testing.assert_allclose(turned, whole, rtol=1e-9)
    np.testing.assert_allclose(values(chunk=4, lanes=64), whole, rtol=1e-9)


def test_a_set_that_cannot_be_solved_is_named_with_its_parameters_and_costs_the_others_nothing(whole):
    spoilt = sets(19)
    spoilt[5, 0] = np.inf
    found = simulate_ensemble(setting(), spoilt, chunk=8)
    assert list(found.failed.values) == [5]
    np.testing.assert_array_equal(found["failed_parameters"].values, spoilt[5:6])
    assert not found.ok.values[5].any()
    assert np.isnan(found["values"].values[5]).all()
    assert (found["reason"].values[5] == NOT_FINITE).all()
    others = np.arange(19) != 5
    assert found.ok.values[others].all()
    np.testing.assert_allclose(found["values"].values[others], whole[others], rtol=1e-9)
    again = simulate_ensemble(setting(), found["failed_parameters"].values)
    np.testing.assert_array_equal(again["reason"].values, found["reason"].values[[5]])


def test_single_precision_is_offered_and_is_off_by_its_tolerance():
    single = simulate_ensemble(replace(setting(1e-4), precision="float32"), sets(8))["values"].values
    assert single.dtype == np.float32
    truth = by_algebra(sets(8))
    assert 1e-9 < np.abs(single / truth - 1).max() < 1e-2  # rounding; a hundred times the tolerance of a step


def test_every_species_is_observed_where_nothing_else_is_asked_for_and_there_may_be_room_to_spare(whole):
    plain = simulate_ensemble(replace(setting(), observables=(), room=(7, 4)), sets(19), chunk=32)
    assert plain["values"].dims == ("set", "experiment", "time", "observable")
    assert list(plain["observable"].values) == ["a", "b"]
    np.testing.assert_allclose(plain["values"].values, whole[..., :2], rtol=1e-9)


def worker(
    arguments: dict, devices: int = 1, more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.Popen:
    """This file as a program of its own."""
    env = os.environ | {
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": str(ROOT),
        **more,
    }
    return subprocess.Popen(
        [sys.executable, str(HERE), json.dumps(arguments)], env=env, stderr=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen) -> None:
    said = process.communicate(timeout=300)[1]
    assert process.returncode == 0, said


def read(file: pathlib.Path) -> dict[str, np.ndarray]:
    """All of a file by h5py alone."""
    with h5py.File(file) as f:
        assert [s.decode() for s in f["observable"][()]] == [n for n, _ in EXPRESSIONS]
        assert list(f["time"][()]) == list(TIMES)
        return {name: f[name][()] for name in ("values", "ok", "steps")}


def test_two_devices_give_what_one_gives(whole, tmp_path):
    ended(worker({"file": str(tmp_path / "e.h5"), "sets": 19, "devices": 2}, devices=2))
    np.testing.assert_allclose(read(tmp_path / "e.h5")["values"], whole, rtol=1e-9)


def free_job() -> int:
    """The number of a SLURM job whose port, as JAX derives it, nobody uses here."""
    for job in range(1, 4096):
        with socket.socket() as s, contextlib.suppress(OSError):
            s.bind(("127.0.0.1", 61440 + job))
            return job
    raise AssertionError("no port is free")


def test_the_tasks_of_a_slurm_step_fill_one_file(whole, tmp_path):
    step = {
        "SLURM_JOB_ID": str(free_job()),
        "SLURM_STEP_NODELIST": "localhost",
        "SLURM_NTASKS": "2",
        "SLURM_STEP_NUM_NODES": "1",
    }
    both = [
        worker(
            {"file": str(tmp_path / "e.h5"), "sets": 19, "chunk": 2, "share": [i, 2]},
            more=step | {"SLURM_PROCID": str(i), "SLURM_LOCALID": str(i)},
        )
        for i in range(2)
    ]
    for process in both:
        ended(process)
    np.testing.assert_allclose(read(tmp_path / "e.h5")["values"], whole, rtol=1e-9)
    assert not folder(tmp_path / "e.h5").exists()
    written = (tmp_path / "e.h5").stat().st_mtime_ns
    stream_ensemble(setting(), sets(19), tmp_path / "e.h5", chunk=2)
    assert (tmp_path / "e.h5").stat().st_mtime_ns == written, "done twice"


def test_an_allocation_without_a_step_waits_for_nobody(monkeypatch):
    monkeypatch.delenv("SLURM_STEP_NODELIST", raising=False)
    for name, value in {
        "SLURM_JOB_ID": "7",
        "SLURM_NTASKS": "4",
        "SLURM_PROCID": "0",
        "SLURM_LOCALID": "0",
    }.items():
        monkeypatch.setenv(name, value)
    assert connect() == (0, 1)


def test_a_streamed_ensemble_that_is_killed_goes_on_where_it_stopped(tmp_path):
    file, asked = tmp_path / "e.h5", {"sets": 6000, "chunk": 16}
    process = worker({"file": str(file), **asked})
    deadline = time.monotonic() + 120
    while len(list(folder(file).glob("*.h5"))) < 4:
        assert process.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < deadline, "no part was written"
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert not file.exists()
    kept = {p: p.stat().st_mtime_ns for p in folder(file).glob("*.h5")}
    assert 4 <= len(kept) < 6000 / 16
    with pytest.raises(PartsError, match="belongs to another run"):
        stream_ensemble(setting(), sets(6001), file, chunk=16)
    assert {p: p.stat().st_mtime_ns for p in folder(file).glob("*.h5")} == kept
    with h5py.File(
        min(kept), "r+"
    ) as f:  # a mark on what was kept: it is found again where nothing was done twice
        f["values"][...] = -1.0
    ended(worker({"file": str(file), **asked}))
    found = read(file)
    assert found["ok"].all()
    assert (found["values"][:16] == -1.0).all()
    np.testing.assert_allclose(found["values"][16:], by_algebra(sets(6000))[16:], rtol=1e-6)
    assert not folder(file).exists()


def main(arguments: Sequence[str]) -> None:
    """What `worker` runs: joins the other tasks of its step, then fills its share of the file."""
    from models.engine.machine import prepare_jax

    asked = json.loads(arguments[1])
    prepare_jax(cores=1)
    jax.config.update("jax_enable_x64", True)
    share = connect()
    assert share == tuple(asked.get("share", (0, 1)))
    assert len(jax.local_devices()) == asked.get("devices", 1)
    stream_ensemble(
        setting(), sets(asked["sets"]), pathlib.Path(asked["file"]), chunk=asked.get("chunk"), share=share
    )


if __name__ == "__main__":
    main(sys.argv)
