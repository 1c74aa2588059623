"""The files of a population: netCDF, a table, figures; and, where asked for, dose-response curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.figure import Figure

from inference.population import dose_curves, population_figures, summaries
from inference.population.averages import NOMINAL, PRIOR, averages
from inference.population.two_levels import PopulationAsked, has_drug, population
from inference.resistance.believed_from import BeliefSource
from inference.runs.console import Teller
from inference.runs.outputs import write_figure, write_table
from inference.runs.run import Run, never
from inference.simulation.any_dish import AnyDish, DishError
from models.drugs import DRUGS
from models.whole_file import replacing

AVERAGES = 20
KEPT = 50_000  # cells from which on pieces are kept, so that an interrupted population goes on


@dataclass(frozen=True, eq=False)
class Population:
    """A simulated population.

    Attributes:
        data: everything, labelled (`inference.population.two_levels`).
        curve: dose-response, or None where it was not asked for.
    """

    data: xr.Dataset
    curve: pd.DataFrame | None = None

    def table(self) -> pd.DataFrame:
        """A row a quantity: value, doubt about the average, spread of the cells."""
        return summaries.table(self.data)

    def slopes(self) -> pd.DataFrame:
        """A row a reading of the dose-response curve.

        Raises:
            DishError: no curve was asked for.
        """
        if self.curve is None:
            raise DishError("`curve`: was not asked for: simulate the population with it")
        return dose_curves.slopes(self.curve)

    def figures(self) -> dict[str, Figure]:
        """By name: the population, and its dose-response where asked for."""
        drawn = {"": population_figures.overview(self.data)}
        if self.curve is not None:
            words = f"{self.data.attrs['title']}, {self.data.attrs['doses']}"
            drawn["-curve"] = population_figures.curve_figure(
                self.curve, self.slopes(), words, self.data.attrs["believed"]
            )
        return drawn

    def __repr__(self) -> str:
        return f"<Population: {self.data.attrs['title']}>\n{self.table().drop(columns='rests_on')}"

    def _repr_html_(self) -> str:
        return self.table().to_html(float_format="{:.3g}".format)


def doses_in_words(dish: AnyDish) -> str:
    """What is given, when."""
    names = {d.input: d.name for d in DRUGS.values()}
    said = [
        f"{names[k]} {float(v):g} nM at {p.start / 60:g} h"
        for p in dish.protocol.periods
        for k, v in p.inputs.items()
        if k in names and v != 0
    ]
    return ", ".join(said) or "no drug"


def simulated(
    dish: AnyDish,
    cells: int,
    run: Run,
    *,
    count: int = AVERAGES,
    hours: float = 48.0,
    seed: int = 1,
    rtol: float = 1e-5,
    source: BeliefSource | None = None,
    curve: bool = False,
) -> Population | None:
    """Simulate so many cells in all around `count` average cells; None if stopped.

    Raises:
        DishError: the numbers make no sense, no cell could be solved, or a curve is asked for without a drug.
    """
    if not 1 <= count <= cells:
        raise DishError(f"`averages` {count}: must be between 1 and the number of cells, {cells}")
    if curve and not has_drug(dish.protocol):
        raise DishError("`curve`: there is no drug whose dose could vary: add `doses`")
    fitted = source is not None and source.run is not None
    believed = NOMINAL if count == 1 and not fitted else source.name if source is not None else PRIOR
    rows = averages(dish, count, seed, source)
    asked = PopulationAsked(dish, rows, -(-cells // count), hours, max(hours / 48, 0.25), seed, rtol)
    data = population(asked, run)
    if data is None:
        return None
    if not bool(data["ok"].any()):
        raise DishError("`population`: no cell could be solved: look at the values of the dish")
    mark = source.mark if source is not None else ""
    data = data.assign_attrs(
        believed=f"{believed}; {mark}" if mark else believed,
        doses=doses_in_words(dish),
        note=f"most numbers are assumed: a hypothesis, not a calibrated cell; {summaries.NOT_FOR_USE}",
    )
    return Population(data, dose_curves.curves(asked, run) if curve else None)


def write(found: Population, path: Path) -> list[Path]:
    """The netCDF file `path`; tables and figures beside it; the places of all."""
    from matplotlib import pyplot as plt

    path.parent.mkdir(parents=True, exist_ok=True)
    packed = {n: {"zlib": True, "complevel": 3} for n in found.data.data_vars if found.data[n].ndim > 1}
    with replacing(path, seal=True) as temporary:
        found.data.to_netcdf(temporary, engine="h5netcdf", encoding=packed)
    places = [path, path.with_suffix(".csv")]
    write_table(found.table(), places[1])
    if found.curve is not None:
        places += [path.with_name(f"{path.stem}-slopes.csv"), path.with_name(f"{path.stem}-curve.csv")]
        write_table(found.slopes(), places[2])
        note = f"{found.data.attrs['believed']}; {summaries.NOT_FOR_USE}"
        write_table(found.curve.assign(note=note), places[3], index=False)
    for name, figure in found.figures().items():
        places.append(path.with_name(f"{path.stem}{name}.png"))
        write_figure(figure, places[-1])
        plt.close(figure)
    return places


def run_for(
    path: Path, cells: int, identity: Mapping[str, str], tell: Teller, stop: Callable[[], bool] = never
) -> Run:
    """Where pieces are kept: beside the file where there are many cells, nowhere else.

    Raises:
        CheckpointError: pieces of another population lie there.
    """
    many = cells >= KEPT
    run = Run(path.with_name(f"{path.stem}.pieces"), tell, stop, keeps=many)
    if many:
        run.folder.mkdir(parents=True, exist_ok=True)
        run.belongs_to(identity)
    return run


def failed(data: xr.Dataset) -> int:
    """Cells whose solve failed."""
    return int(np.sum(~data["ok"].values))
