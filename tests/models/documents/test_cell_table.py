"""Every abundance that differs is listed with who says so."""

from models.documents.cell_table import cells
from models.population.variation import NAMES


def test_every_abundance_is_there_with_its_width_memory_and_source():
    table = cells()
    assert [row[0] for row in table.rows[: len(NAMES)]] == list(NAMES)
    assert all(str(row[2]).startswith("cv 0.") and row[6] and row[7] for row in table.rows[: len(NAMES)])
    assert table.rows[-1][0] == "n_x"
    assert all(len(row) == len(table.columns) for row in table.rows)
