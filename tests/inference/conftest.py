"""A fabricated run and a cell whose answer is known, for whatever shows or walks through results."""

import json
import pathlib

import numpy as np
import pandas as pd
import pytest

from inference import store
from inference.plate import TIMES, names_read


def _known_cell(plate, beliefs, values, wells, scale=None, *, rtol, atol, report=lambda done, total: None):
    """ln cells = - kill x dose effect x (1 - Akt's protection); Akt at 10 % protects a tenth as well."""
    names, parameters = beliefs.names, plate.what.system.parameters
    scale = np.ones((1, len(parameters))) if scale is None else scale
    akt = scale[:, parameters.index("k_Akt")]
    socs3 = scale[:, parameters.index("k_tS")]
    strength = np.log(values[:, names.index("K_DA")] / 0.35) - 0.3 * np.log(values[:, names.index("b_B")] / 0.2)
    seen = np.zeros((len(values), len(scale), len(wells), len(TIMES), len(names_read(plate))))
    for k, well in enumerate(wells):
        dose = sum(d / (d + 100.0) for _, d in well.drugs)
        protects = 0.9 * (well.condition != "alone") * akt * (1 + 0.01 * (1 - socs3))
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
    labels = store.Labels(
        names, ["1/nM/min", "nM", "0-1", "-"], ["feedback", "feedback", "estradiol", ""], ["removal", "block", "effect", "noise"],
        np.ones(4), ["il6"] * 4 + ["il6_rux"] * 4, ["pSTAT3"] * n, np.tile([0.0, 10.0, 20.0, 40.0], 2), y, np.zeros(n, bool))
    replicated = np.exp(rng.normal(0, 0.1, (chains, draws, n)))
    stats, ones = {"diverging": np.zeros((chains, draws), bool)}, np.ones((10, n))
    sampled = store.Sampled(
        theta, stats, rng.normal(0, 1, (chains, draws, n)), theta, replicated, replicated, np.arange(draws), prior, ones, ones)
    folder.mkdir(parents=True)
    store.save(store.tree(labels, sampled, {"seed": 1}), folder / "posterior.nc")
    record = {"study": "my_study", "study_fingerprint": "abc", "network": "core", "network_fingerprint": "def", "seed": 1,
              "settings": {"quick": quick, "chains": 2}, "versions": {"jax": "1"}, "device": "1 cpu", "precision": "float64"}
    (folder / "run.json").write_text(json.dumps(record))
    (folder / "verdict.json").write_text(json.dumps({"ok": not quick, "reasons": [], "notes": ["a note <b>"], "quick": quick}))
    pd.DataFrame(columns=names).to_csv(folder / "failures.csv", index=False)
    return folder


@pytest.fixture
def known_cell():
    """In place of `plate.simulate`."""
    return _known_cell


@pytest.fixture
def a_run():
    """Makes the folder of a finished fit: (folder, quick) -> folder."""
    return _a_run
