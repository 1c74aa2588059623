"""What cannot be computed by others, or on a device that is not here, is told in one line before any work."""

import jax
import pytest
from typer.testing import CliRunner

from inference.command.machines import worker
from inference.command.main import app
from inference.command.team_option import DASK


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments], prog_name="gp130")
    assert done.exit_code == 2, done.exception
    assert done.stderr.strip().count("\n") == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("command", ["calibrate", "compare", "recover"])
def test_who_computes_is_named_as_a_scheduler(command):
    for wrong in ("here", DASK, "ray:tcp://h:1"):
        assert refused(command, "--on", wrong) == (
            f"--on {wrong}: write dask:tcp://HOST:PORT, or dask:FILE with the file of a scheduler\n"
        )


def test_chains_of_one_posterior_are_no_independent_fits():
    said = refused("compare", "--on", f"{DASK}tcp://127.0.0.1:9", "--sampler", "nuts")
    assert "chains of nuts are no independent fits" in said


def test_where_dask_is_not_installed_both_sides_say_so(monkeypatch):
    monkeypatch.setattr("inference.command.team_option.find_spec", lambda _: None)
    assert "needs dask.distributed" in refused("worker", "tcp://127.0.0.1:9")
    assert "needs dask.distributed" in refused("recover", "--on", f"{DASK}tcp://127.0.0.1:9")
    assert worker.app.registered_commands


COMPUTING = (
    ("fit",),
    ("optimise",),
    ("evaluate", "feedback_reduced"),
    ("timecourses", "feedback_reduced"),
    ("rank", "--prior"),
    ("scan", "--prior"),
    ("facts", "--prior"),
    ("report", "--prior"),
    ("compare",),
    ("design",),
    ("calibrate",),
    ("recover",),
    ("doctor",),
    ("simulate",),
    ("explore", "--prior"),
    ("tables", "behaviours"),
)


@pytest.mark.parametrize("command", COMPUTING, ids=lambda c: c[0])
def test_a_device_that_is_not_here_is_told_before_any_work(command, monkeypatch):
    def none(*_):
        raise AssertionError  # what JAX says where a plugin is missing

    monkeypatch.setattr(jax, "devices", none)
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    assert refused(*command).startswith("JAX_PLATFORMS=cuda: no such device is here")


@pytest.mark.parametrize("command", ["fit", "rank", "compare", "calibrate", "recover", "simulate"])
def test_a_device_that_is_asked_for_is_told_by_its_option(command, monkeypatch):
    def none(*_):
        raise RuntimeError("Unable to initialize backend 'cuda'\nand more")

    monkeypatch.setattr(jax, "devices", none)
    monkeypatch.setenv("JAX_PLATFORMS", "")
    said = refused(command, "--device", "gpu", *(["--prior"] if command == "rank" else []))
    assert said.startswith("--device gpu: no such device is here (Unable to initialize backend 'cuda')")
