"""Blocks of a fixed width give what all rows at once would give, and each row is told of once."""

import numpy as np
import pytest

from models.engine.blocks import block, blocks, in_blocks


@pytest.mark.parametrize("count", [1, 3, 4, 9])
def test_rows_in_blocks_give_what_all_rows_at_once_give(count):
    rows, widths, told = np.random.default_rng(1).standard_normal((count, 3)), [], []

    def twice(part):
        here = part.of({"rows": rows})["rows"]
        widths.append(len(here))
        return {"sum": here.sum(1), "twice": 2 * here}

    found = in_blocks(twice, count, 4, tell=lambda done, every: told.append((done, every)))
    np.testing.assert_array_equal(found["sum"], rows.sum(1))
    np.testing.assert_array_equal(found["twice"], 2 * rows)
    assert set(widths) == {4}
    assert told[-1] == (count, count)
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_the_rows_that_count_are_all_rows_once_and_the_others_are_copies():
    every = list(blocks(9, 4))
    assert np.concatenate([b.rows[b.real] for b in every]).tolist() == list(range(9))
    assert [b.count for b in every] == [4, 4, 1]
    assert every[2].rows.tolist() == [8, 8, 8, 8]
    assert block(2, 9, 4).real.tolist() == every[2].real.tolist() == [True, False, False, False]
