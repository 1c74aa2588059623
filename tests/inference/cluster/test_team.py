"""Others give the arrays that this process gives, also when one of them dies; what they cannot do is told."""

import time

import numpy as np
import pytest

from inference.calibration import simulated_data
from inference.cluster import recipes, same
from inference.cluster.answering import from_bytes, to_bytes
from inference.cluster.same import TeamError
from inference.cluster.team import Team, team
from inference.runs.run import Run
from inference.samplers.random_walk_smc import Walkers
from inference.study.loading import load
from inference.study.portable_work import Recipe


def waited_for(what, seconds: float = 60.0):
    """What the function gives, once it gives something."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.02)
    return found


def with_workers(executor: Team, number: int) -> Team:
    executor.client.wait_for_workers(number, timeout=60)
    return executor


def test_a_block_of_a_worker_that_is_killed_is_done_again(cluster, squares, tiny, tmp_path):
    for name in ("a", "b"):
        cluster.worker_of_squares(name)
    (tmp_path / "begun").mkdir()
    facts = squares.SquareFacts(str(tmp_path / "begun"), 0.2)
    work = squares.SQUARES.work(load(tiny, lint=False), facts)
    numbers, killed = np.arange(40.0), []

    def kill_whoever_began(done: int, _: int) -> None:
        if not killed:
            pid = cluster.processes["a"].pid
            waited_for(lambda: list((tmp_path / "begun").glob(f"{pid}-*")))
            cluster.processes["a"].kill()
            killed.append(pid)

    said: list[str] = []
    with team(cluster.file, said.append) as executor:
        run = Run(tmp_path, executor=with_workers(executor, 2))
        (found,) = run.spread(work, lambda b: (numbers[b.rows],), 40, 4, tell=kill_whoever_began)
        np.testing.assert_array_equal(found, numbers**2 + 3)  # of three unknowns
        begun = [p.name.split("-") for p in (tmp_path / "begun").iterdir()]
        again = {number for pid, number in begun if int(pid) == killed[0]}
        assert again & {number for pid, number in begun if int(pid) != killed[0]}
        with pytest.raises(ValueError, match="a negative number"):
            run.spread(work, lambda b: (-1 - numbers[b.rows],), 4, 4)
        unknown = Recipe("cubes", squares.SquareFacts, work.recipe.make).work(work.study, facts)
        with pytest.raises(ValueError, match="work from elsewhere: is not understood"):
            run.spread(unknown, lambda b: (numbers[b.rows],), 4, 4)
        with pytest.raises(TypeError, match="no portable work"):
            executor.submit(print, numbers)
        executor._made_with = {**same.made_with(), "jax": "0.1"}
        with pytest.raises(TeamError, match=r"has jax .* where we have 0\.1: start it anew"):
            run.spread(work, lambda b: (numbers[b.rows],), 4, 4)
    assert "at tcp://127.0.0.1" in said[0]


def test_without_a_scheduler_one_line_says_so(tmp_path):
    with pytest.raises(TeamError, match="no scheduler answers there"), team("tcp://127.0.0.1:9", print):
        pass
    with (
        pytest.raises(TeamError, match=r"nowhere\.json: is no address"),
        team(str(tmp_path / "nowhere.json"), print),
    ):
        pass


@pytest.mark.slow  # two workers compile what this process compiles: a minute of processor time
def test_a_calibration_over_two_workers_of_which_one_is_killed_is_the_local_one(cluster, tiny, tmp_path):
    study, solved = load(tiny, lint=False), simulated_data.HowSolved(1e-4, 1e-7, 1.0)
    plan, killed = Walkers(particles=16, moves=2, last=4, width=64), []
    for name in ("a", "b"):
        cluster.worker(name)
    local = simulated_data.by_walks(study, solved, 24, plan, 1, Run(tmp_path / "here"))

    def report(i: int, _: object) -> None:
        if i == 2 and not killed:
            killed.append(i)
            cluster.processes["a"].kill()

    with team(cluster.file, lambda _: None) as executor:
        run = Run(tmp_path / "away", executor=with_workers(executor, 2))
        away = simulated_data.by_walks(study, solved, 24, plan, 1, run, report)
        assert len(executor.client.scheduler_info()["workers"]) == 1
    assert killed
    for name in ("truth", "z", "log_likelihood", "truth_log_likelihood", "poor"):
        np.testing.assert_array_equal(getattr(local, name), getattr(away, name), err_msg=name)
    here, there = (sorted((tmp_path / side / "walks").glob("*.npz")) for side in ("here", "away"))
    assert [p.read_bytes() for p in here] == [p.read_bytes() for p in there]


@pytest.mark.parametrize(
    "sent", [(np.arange(3.0), np.zeros((2, 0))), {"z": np.arange(4), "poor": np.array(True)}]
)
def test_arrays_arrive_as_they_were_sent(sent):
    found = from_bytes(to_bytes(sent))
    assert type(found) is type(sent)
    for there, here in zip(*(x.values() if isinstance(x, dict) else x for x in (found, sent)), strict=True):
        assert there.dtype == here.dtype
        np.testing.assert_array_equal(there, here)


def test_every_recipe_is_listed_by_its_own_name():
    assert all(name == recipe.name for name, recipe in recipes.RECIPES.items())
