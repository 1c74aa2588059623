"""A notebook of a few lines does simulate, fit and rank with public names alone."""

import pathlib

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = pathlib.Path(__file__).resolve().parents[3]
CELLS = (
    "import inference as gp",
    'dish = gp.dish(preset="mm1s", il6=10, doses={"bortezomib": 4})\ndish',
    'course = gp.simulate(dish, hours=48)\ncourse["pS"].plot()\ncourse',
    'run = gp.fit("feedback_reduced", gp.QUICK, to="results/a")\nrun',
    'run.posterior["k_SR"].median(("chain", "draw"))',
    "run.verdict",
    'question = gp.Question("escape", {"ruxolitinib": 500})',
    "ranking = gp.rank(question, run, draws=16)\nranking",
    "assert ranking.table()['mark'].str.contains('NOT FOR USE').all()",
)


@pytest.mark.slow  # a fit and a ranking are compiled: some minutes
def test_a_fresh_notebook_simulates_fits_and_ranks(tmp_path, monkeypatch):
    assert sum(len(c.splitlines()) for c in CELLS) <= 15
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.delenv("MPLBACKEND", raising=False)
    for name in ("JAX_ENABLE_X64", "XLA_FLAGS"):  # a notebook starts without what the tests have set
        monkeypatch.delenv(name, raising=False)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    NotebookClient(
        notebook, timeout=1800, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    ).execute()
    shown = {i: [o.get("data", {}) for o in c["outputs"]] for i, c in enumerate(notebook["cells"])}
    for cell in (1, 2, 3, 7):  # dish, course, run and ranking show themselves
        assert any("text/html" in d for d in shown[cell]), CELLS[cell]
    assert any("image/png" in d for d in shown[2])
    assert (tmp_path / "results" / "a" / "posterior.nc").is_file()
