"""The fit over myeloma lines: made-up lines come back, and holding the upstream at rest is exact enough."""

import jax.numpy as jnp
import numpy as np
import pytest

from inference.panel import cell_line_files, cell_line_fit, cell_lines
from inference.panel.cell_line_fit import (
    OF_LINE,
    SHARED,
    CoordinateLayout,
    Curves,
    cell,
    curves,
    ln_values,
    local,
    survivors,
)

DOSES = 10.0 ** np.linspace(0.4, 3.9, 8)


def made_up(line_count: int) -> tuple[Curves, np.ndarray, np.ndarray]:
    """Curves without noise of lines that differ in all three parameters, and the point that they were made
    at.
    """
    names = tuple(f"L{i}" for i in range(line_count))
    line, compound, dose = (
        a.ravel() for a in np.meshgrid(np.arange(line_count), [0, 1], DOSES, indexing="ij")
    )
    blank = Curves(
        names, ("a MEK inhibitor", "a poison"), ("MEK", "TOP1"), line, compound, dose, np.zeros(len(line))
    )
    layout = CoordinateLayout(line_count, 2)
    truth = np.zeros(layout.size)
    truth[10 : 10 + 3 * line_count] = np.random.default_rng(0).normal(0, 1, 3 * line_count)
    truth[-2:] = 0.5, -0.5
    q = np.asarray(local(jnp.asarray(truth), layout, blank))
    v = cell_line_fit.viability(q, compound)
    return Curves(names, blank.compounds, blank.target, line, compound, dose, v), truth, q


def test_the_part_of_the_network_behaves_as_the_whole():
    # trametinib 100 nM and DNA damage 200 nM for 48 h, the cell alone: published prototype IC50 of DNA damage
    # is near its EC of 200 nM
    nominal = np.exp(np.asarray(ln_values(jnp.zeros((1, 7)), (*SHARED, *OF_LINE))))
    network = cell().network
    assert nominal[0] == pytest.approx([network.parameter(n).value for n in (*SHARED, *OF_LINE)])
    assert {"pERK", "MCL1", "BH3", "CASP", "N"} <= {s.name for s in network.species}
    assert {"pS", "NFn", "IL6"}.isdisjoint({s.name for s in network.species})
    cells = survivors(np.repeat(nominal, 3, 0), np.array([[0.0, 0.0], [100.0, 0.0], [0.0, 1e4]]))
    # growth 1.48-fold in 24 h at rest (specification, `mu`), slowing towards 2e6/mL: between 0.3 x 1.48^2 and
    # 2 after 72 h
    assert 0.3 * 1.48**2 < cells[0] < 2.0
    # at a saturating dose every cell is committed from 4 h on and dies with dl = 2e-3 per min: exp(-0.8 dl t)
    # at most is left
    assert cells[2] / cells[0] < 0.02
    assert cells[2] < cells[1] < cells[0]


def test_made_up_lines_come_back():
    data, _, q = made_up(4)
    found = cell_line_fit.fit(data, rounds=3, steps=10)
    assert np.all(found.sd < 0.035)  # without noise only the floor is left
    table = cell_line_fit.of_lines(found, data)
    for i, name in enumerate(OF_LINE[::2]):  # b_B and EC_chemo; g1 is hardly seen where few cells divide
        column = OF_LINE.index(name)
        true = q[[int(np.flatnonzero(data.line == k)[0]) for k in range(4)], 4 + column]
        seen = np.log(table[name].to_numpy())
        # the prior pulls to the middle: the order of the lines and their distances count
        assert np.corrcoef(true, seen)[0, 1] > 0.9, (i, true, seen)
    assert np.linalg.eigvalsh(found.covariance).min() > 0


def test_the_measured_table_becomes_rows(data):
    table = curves(cell_lines.read(data / "ccle_np24_myeloma_dose_response.csv"))
    assert len(table.lines) == 14
    classes = {"AZD6244": "MEK", "PD-0325901": "MEK", "Irinotecan": "TOP1", "Topotecan": "TOP1"}
    assert table.target == tuple(classes[c] for c in table.compounds)
    assert len(table.dose) == 55 * 8
    assert table.dose.min() == pytest.approx(2.5)  # nM


def test_a_run_of_the_fit_has_what_a_ranking_reads():
    data, truth, _ = made_up(2)
    layout = CoordinateLayout(2, 2)
    found = cell_line_fit.LineFit(
        truth, 0.01 * np.eye(layout.size), np.array([0.1, 0.1]), data.viability, layout
    )
    run = cell_line_fit.tree(found, data, 200, 1)
    assert set(run["posterior"].data_vars) == set(run["prior"].data_vars) == {*SHARED, *OF_LINE}
    # shared parameters sit at the nominal value within 0.1 sd of their belief
    assert float(np.log(run["posterior"]["dl"] / 2e-3).std()) == pytest.approx(0.1 * 0.3, rel=0.25)
    assert float(run["posterior"]["e_CH"].max()) < 1
    table = cell_line_files.told(run)
    assert list(table.index) == [*SHARED, *OF_LINE]
    assert (table["low"] < table["median"]).all()
    figure = cell_line_files.drawn(run["curves"].to_dataset())
    shown = [a.get_title() for a in figure.axes if a.get_visible()]
    assert shown == ["L0", "L1"]
    assert len({line.get_color() for line in figure.axes[0].lines[:4]}) == 2  # a colour a class
