"""Files of pieces: whole or absent, refused when they belong to another run, continued bit for bit."""

import json
import resource
import signal
from pathlib import Path

import numpy as np
import pytest

from inference.runs.resumable import (
    CheckpointError,
    alone,
    drive,
    identify,
    numbered,
    read_arrays,
    require_writable,
    write_arrays,
    write_bytes,
)


def walk(folder: Path, steps: int, stop=None, identity=None):
    """A random walk whose generator is part of the state."""

    def advance(i, state):
        rng = np.random.default_rng(int(state[1]))
        x = state[0] + rng.standard_normal(3)
        return [x, np.asarray(rng.integers(2**31))], {"x": x}

    return drive(
        folder,
        identity or {"walk": 1},
        lambda: [np.zeros(3), np.asarray(7)],
        lambda i, _: i == steps,
        advance,
        stop=stop,
    )


def test_a_stopped_walk_goes_on_bit_for_bit(tmp_path):
    whole = walk(tmp_path / "a", 9)
    pieces = iter([False, False, False, False, True])
    assert walk(tmp_path / "b", 9, stop=lambda: next(pieces)) is None
    assert len(numbered(tmp_path / "b")) == 3  # asked before `begin` and before each piece
    resumed = walk(tmp_path / "b", 9)
    np.testing.assert_array_equal([s["x"] for s in resumed], [s["x"] for s in whole])


def test_a_finished_walk_is_only_read(tmp_path):
    walk(tmp_path, 4)
    before = {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npz")}

    def forbidden():
        raise AssertionError("a finished run asked whether to stop")

    walk(tmp_path, 4, stop=forbidden)
    assert {p.name: p.stat().st_mtime_ns for p in tmp_path.glob("*.npz")} == before


def test_files_after_a_gap_are_made_again(tmp_path):
    whole = walk(tmp_path, 6)
    (tmp_path / "000002.npz").unlink()
    resumed = walk(tmp_path, 6)
    np.testing.assert_array_equal([s["x"] for s in resumed], [s["x"] for s in whole])


def test_half_written_files_are_swept_away(tmp_path):
    walk(tmp_path, 2)
    (tmp_path / ".000002.npz.abc").write_bytes(b"half")
    assert len(walk(tmp_path, 3)) == 3
    assert not list(tmp_path.glob(".*.npz.*"))


def test_pieces_of_another_run_are_refused_by_name(tmp_path):
    walk(tmp_path, 2, identity={"seed": 1})
    with pytest.raises(CheckpointError, match="seed was 1, is 2"):
        walk(tmp_path, 2, identity={"seed": 2})


def test_pieces_that_another_engine_made_are_refused_by_name(tmp_path, monkeypatch):
    identify(tmp_path, {"seed": 0})
    identify(tmp_path, {"seed": 0})
    monkeypatch.setattr("models.engine.native.choice.engine", lambda: "another engine")
    with pytest.raises(CheckpointError, match=r"engine was .* is 'another engine'"):
        identify(tmp_path, {"seed": 0})


def test_two_runs_cannot_share_a_folder(tmp_path):
    with alone(tmp_path), pytest.raises(CheckpointError, match="another process"):
        walk(tmp_path, 1)


def test_a_failed_write_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    write_bytes(path, json.dumps(1).encode())
    with pytest.raises(TypeError):
        write_bytes(path, "not bytes")  # type: ignore[arg-type]
    assert json.loads(path.read_text()) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_arrays_come_back_as_they_went(tmp_path):
    arrays = {"a": np.arange(3), "b": np.array([np.inf, -0.0, 5e-324]), "c": np.array(True)}
    write_arrays(tmp_path / "x.npz", arrays)
    found = read_arrays(tmp_path / "x.npz")
    for name, value in arrays.items():
        assert found[name].tobytes() == value.tobytes()
        assert found[name].dtype == value.dtype


def test_a_full_disk_is_found_before_the_first_draw(tmp_path):
    with pytest.raises(OSError, match="needed"):
        require_writable(tmp_path, 2**62)
    assert not list(tmp_path.iterdir())


def test_a_quota_is_found_before_the_first_draw(tmp_path):
    # a limit on file size stands for a quota: the disk has room but this process may not use it
    old, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, old[1]))
    try:
        with pytest.raises(OSError, match="needed"):
            require_writable(tmp_path, 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
        signal.signal(signal.SIGXFSZ, handler)


def test_an_unwritable_folder_is_found_before_the_first_draw(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="cannot be written"):
        require_writable(tmp_path / "file" / "run", 1)


def test_enough_room_leaves_nothing_behind(tmp_path):
    require_writable(tmp_path / "run", 100_000)
    assert not list((tmp_path / "run").iterdir())
