"""A population ends as files that say what they rest on, and goes on where it was stopped."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from inference.population import population_files, two_levels
from inference.population.population_files import doses_in_words, simulated, write
from inference.resistance.believed_from import prior_source
from inference.runs.console import Teller
from inference.runs.run import Run
from inference.simulation.any_dish import DishError, any_dish, dose_of

DISH = any_dish(doses=[dose_of("bortezomib", 4.0)])


def test_files_hold_both_spreads_and_say_what_they_rest_on(tmp_path):
    run = Run(tmp_path / "pieces", keeps=False)
    found = simulated(DISH, 12, run, count=3, source=prior_source("H0"))
    assert found is not None
    places = write(found, tmp_path / "p.nc")
    assert [p.name for p in places] == ["p.nc", "p.csv", "p.png"]
    with xr.open_dataset(places[0], engine="h5netcdf") as data:
        assert dict(data["survival"].sizes) == {"average": 3, "cell": 4}
        assert data.attrs["believed"] == "the prior"
        assert "not for clinical use" in data.attrs["note"]
    table = pd.read_csv(places[1])
    assert {"doubt_low", "cells_low"} <= set(table.columns)
    assert table["rests_on"].str.contains("not for clinical use").all()


def test_what_was_stopped_goes_on_and_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr(population_files, "KEPT", 1)
    monkeypatch.setattr(two_levels, "PIECE", 4)
    path, tell = tmp_path / "p.nc", Teller()
    asked = {"cells": "12"}
    looks = iter([False, True])
    stopped = population_files.run_for(path, 12, asked, tell, lambda: next(looks))
    assert simulated(DISH, 12, stopped, count=3) is None
    goes_on = simulated(DISH, 12, population_files.run_for(path, 12, asked, tell), count=3)
    whole = simulated(DISH, 12, Run(tmp_path / "other", keeps=False), count=3)
    assert goes_on is not None
    assert whole is not None
    xr.testing.assert_identical(goes_on.data, whole.data)
    assert np.isfinite(whole.data["survival"]).all()


def test_what_cannot_be_is_refused():
    run = Run(population_files.Path(), keeps=False)
    with pytest.raises(DishError, match="`averages` 5"):
        simulated(DISH, 3, run, count=5)
    with pytest.raises(DishError, match="add `doses`"):
        simulated(any_dish(), 3, run, count=1, curve=True)


def test_doses_are_said_in_words():
    assert doses_in_words(DISH) == "bortezomib 4 nM at 0 h"
    assert doses_in_words(any_dish()) == "no drug"
