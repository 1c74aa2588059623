"""A run keeps its pieces below its folder, says how far it is, and ends between pieces when asked."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from inference.runs.console import Teller
from inference.runs.resumable import CheckpointError
from inference.runs.run import Run
from inference.runs.settings import FULL, QUICK


def powers_of_two(run: Run):
    """1, 2, 4, 8: a piece each."""
    return run.pieces(
        {"what": "powers"},
        lambda: [np.asarray(1)],
        lambda i, _: i == 4,
        lambda i, state: ([state[0] * 2], {"value": np.asarray(state[0])}),
    )


def test_arrays_are_kept_below_the_folder_of_the_part(tmp_path):
    part = Run(tmp_path).within("part")
    assert part.read("x.npz") is None
    part.write("x.npz", {"x": np.arange(3)})
    assert (tmp_path / "part" / "x.npz").exists()
    np.testing.assert_array_equal(part.read("x.npz")["x"], [0, 1, 2])


def test_a_run_that_is_asked_to_stop_ends_between_pieces_and_goes_on(tmp_path):
    asked = iter([False, False, True])
    assert powers_of_two(Run(tmp_path, stop=lambda: next(asked))) is None
    assert [int(p["value"]) for p in powers_of_two(Run(tmp_path))] == [1, 2, 4, 8]
    assert Run(tmp_path, stop=lambda: True).stopped()


def test_a_folder_of_other_work_is_refused(tmp_path):
    powers_of_two(Run(tmp_path))
    with pytest.raises(CheckpointError, match="another `out`"):
        Run(tmp_path).belongs_to({"what": "cubes"})


def test_blocks_are_filled_told_and_joined(tmp_path):
    said, widths = io.StringIO(), []

    def doubled(block):
        widths.append(len(block.rows))
        return 2 * np.arange(7)[block.rows]

    run = Run(tmp_path, Teller(Console(file=said)))
    np.testing.assert_array_equal(run.in_blocks(doubled, 7, 3, "doubling"), 2 * np.arange(7))
    assert widths == [3, 3, 3]
    assert "doubling: 7 of 7" in said.getvalue()


def test_a_quick_run_is_marked_in_its_settings():
    assert QUICK.quick
    assert not FULL.quick
    assert replace(FULL, seed=2) != FULL
