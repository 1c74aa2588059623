"""The notebook runs from a saved run to its end, and says what the run says."""

import pathlib

import nbformat
from nbclient import NotebookClient

from inference.report import simulated
from inference.resistance.believed_from import run_source
from inference.runs.console import Teller
from models.drugs import drug

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


def printed(notebook) -> str:
    """Everything that the cells printed."""
    return "".join(o.get("text", "") for c in notebook.cells if c.cell_type == "code" for o in c.outputs)


def test_the_notebook_walks_from_a_saved_run_to_the_nodes(a_run, known_cell, monkeypatch, tmp_path):
    run = a_run(tmp_path / "fit", quick=True)
    monkeypatch.setattr(simulated, "simulate", known_cell)
    simulated.made(
        simulated.Asked(((drug("dexamethasone"), 300.0),), "niche", "mm1s", 16, 1),
        run_source(run, force=True),
        run / "report.nc",
        Teller(),
    )
    monkeypatch.setenv("GP130_RUN", str(run))
    notebook = nbformat.read(ROOT / "scripts" / "walkthrough.ipynb", as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(ROOT / "scripts")}}).execute()
    said = printed(notebook)
    assert "quick run: not for use" in said
    assert "of 8 measurements inside" in said
    assert "Akt                    100 %" in said  # the node that was made to matter
    assert not any(
        o.output_type == "error" for c in notebook.cells if c.cell_type == "code" for o in c.outputs
    )
