"""A fabricated run and a cell whose answer is known, for whatever shows or walks through results; a study
that runs in seconds.
"""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest
import sympy as sp

from inference.resistance.conditions import ALONE
from inference.resistance.simulated_plate import TIMES, names_read
from inference.runs import labelled_tree
from inference.study.petab import petab_export
from inference.study.priors import Prior
from inference.study.problem_tables import (
    ExperimentRow,
    MeasurementRow,
    ObservableRow,
    ParameterRow,
    PeriodRow,
    Tables,
)
from models.declare import Parameter, Pathway, Reaction, Species, nothing, published
from models.network import assemble
from models.sbml.reader import read_sbml
from models.sbml.writer import to_sbml


def _known_cell(plate, beliefs, values, wells, scale=None, *, rtol, atol, report=lambda done, total: None):
    """ln cells = - kill x dose effect x (1 - Akt's protection); Akt at 10 % protects a tenth as well."""
    names, parameters = beliefs.names, plate.what.system.parameters
    scale = np.ones((1, len(parameters))) if scale is None else scale
    akt = scale[:, parameters.index("k_Akt")]
    socs3 = scale[:, parameters.index("k_tS")]
    strength = np.log(values[:, names.index("K_DA")] / 0.35) - 0.3 * np.log(
        values[:, names.index("b_B")] / 0.2
    )
    seen = np.zeros((len(values), len(scale), len(wells), len(TIMES), len(names_read(plate))))
    for k, well in enumerate(wells):
        dose = sum(d / (d + 100.0) for _, d in well.drugs)
        protects = 0.9 * (well.condition is not ALONE) * akt * (1 + 0.01 * (1 - socs3))
        kill = 3.0 * dose * (1 - protects)[None, :] * np.exp(-0.3 * strength)[:, None]
        seen[:, :, k] = np.exp(-kill)[..., None, None] * np.linspace(1, 0.999, len(TIMES))[:, None]
    return seen, np.ones(seen.shape[:3], bool)


def _a_run(folder: pathlib.Path, quick: bool) -> pathlib.Path:
    """A finished fit of two parameters, one informed and one not."""
    rng = np.random.default_rng(0)
    names, chains, draws, n = ["k_SR", "K_iS", "e_deg", "sd_blot"], 2, 100, 8
    width = np.array([0.1, 0.8, 0.2, 0.1])
    theta = np.exp(rng.normal(-1, 1, (chains, draws, 4)) * width) / 4
    prior = np.exp(rng.normal(-1, 1, (500, 4)) * np.array([0.8, 0.8, 0.2, 0.5])) / 4
    y = np.exp(rng.normal(0, 0.1, n))
    labels = labelled_tree.Labels(
        names,
        ["1/nM/min", "nM", "0-1", "-"],
        ["feedback", "feedback", "estradiol", ""],
        ["removal", "block", "effect", "noise"],
        np.ones(4),
        ["il6"] * 4 + ["il6_rux"] * 4,
        ["pSTAT3"] * n,
        np.tile([0.0, 10.0, 20.0, 40.0], 2),
        y,
        np.zeros(n, bool),
    )
    replicated = np.exp(rng.normal(0, 0.1, (chains, draws, n)))
    stats, ones = {"diverging": np.zeros((chains, draws), bool)}, np.ones((10, n))
    sampled = labelled_tree.Sampled(
        theta,
        stats,
        rng.normal(0, 1, (chains, draws, n)),
        theta,
        replicated,
        replicated,
        np.arange(draws),
        prior,
        ones,
        ones,
    )
    folder.mkdir(parents=True)
    labelled_tree.save(labelled_tree.tree(labels, sampled, {"seed": 1}), folder / "posterior.nc")
    record = {
        "study": "my_study",
        "study_fingerprint": "abc",
        "network": "core",
        "network_fingerprint": "def",
        "seed": 1,
        "settings": {"quick": quick, "chains": 2},
        "versions": {"jax": "1"},
        "device": "1 cpu",
        "precision": "float64",
    }
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "verdict.json").write_text(
        json.dumps({"ok": not quick, "reasons": [], "notes": ["a note <b>"], "quick": quick})
    )
    pd.DataFrame(columns=names).to_csv(folder / "failures.csv", index=False)
    return folder


@pytest.fixture
def known_cell():
    """In place of `plate.simulate`."""
    return _known_cell


@pytest.fixture(scope="session")
def a_finished_run():
    """The same for fixtures of a module."""
    return _a_run


@pytest.fixture
def a_run():
    """Makes the folder of a finished fit: (folder, quick) -> folder."""
    return _a_run


HERE = published("made up for the tests")


class Decay(Pathway):
    """One protein that is made no more."""

    X = Species("X", 10.0, "nM", "protein")
    d_X = Parameter("d_X", 0.4, "1/min", "decay", HERE)
    lost = Reaction(X, nothing, d_X * X, "decay")


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """problem.yaml of a decay measured at six times on an unknown scale."""
    text = to_sbml(assemble("decay", Decay))
    scale, noise, x = sp.symbols("scale_X noise_X X")
    at = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0])
    seen = 2.0 * 10.0 * np.exp(-0.4 * at + 0.1 * np.array([0.3, -1.1, 0.6, 0.9, -0.5, -0.2]))
    rows = tuple(
        MeasurementRow("blot", "dish", float(t), float(y), (), 0, "here")
        for t, y in zip(at, seen, strict=True)
    )
    parameters = tuple(
        ParameterRow(
            name,
            "",
            value,
            1e-4,
            1e4,
            True,
            Prior("log-normal", (float(np.log(value)), width), 1e-4, 1e4),
            (),
            "",
            "here",
        )
        for name, value, width in (("d_X", 0.5, 1.0), ("scale_X", 1.5, 1.0), ("noise_X", 0.15, 0.5))
    )
    tables = Tables(
        "tiny",
        read_sbml(text),
        text,
        (ExperimentRow("dish", (PeriodRow(0.0, (), "here"),), "here"),),
        (ObservableRow("blot", "blot", scale * x, noise, "log-normal", None, (), "here"),),
        rows,
        parameters,
    )
    return petab_export.write(tables, tmp_path_factory.mktemp("tiny"))
