"""Cells that differ, in one dish."""

from __future__ import annotations

from pathlib import Path

from inference.face.asks import Believed, source_of
from inference.population import population_files
from inference.population.population_files import Population
from inference.runs.console import Teller
from inference.runs.run import Run
from inference.simulation.any_dish import AnyDish


def population(
    dish: AnyDish,
    cells: int = 10_000,
    hours: float = 48.0,
    *,
    averages: int = population_files.AVERAGES,
    believed: Believed = None,
    curve: bool = False,
    seed: int = 1,
    to: str | Path | None = None,
) -> Population:
    """Cells that differ in their abundances, around average cells that differ by what is not known.

    Two spreads that are never mixed: `doubt_` in the table is that between averages, `cells_` that between
    the cells of one. Abundances are log-normal and fixed (`models.population.variation`: most of their widths
    are remembered or assumed); the steepness of commitment is that of one cell.

    Args:
        cells: in all, shared evenly by the averages.
        averages: how many average cells; 1: the nominal one.
        believed: a fit whose posterior the averages are drawn from; None: the prior.
        curve: dose-response too, with and without differences between cells.
        to: the netCDF file, with tables and figures beside it; None: nothing is written.

    Raises:
        DishError: the numbers make no sense, or no cell could be solved.
        SourceError: the fit cannot be used.

    Example:
        >>> import inference as gp
        >>> dish = gp.dish(doses={"bortezomib": 4})
        >>> found = gp.population(dish, 16, averages=2)  # doctest: +ELLIPSIS
        Simulating ...
        >>> found.data.sizes["average"], found.data.sizes["cell"]
        (2, 8)
        >>> bool(found.table().loc["fractional killing: cells dead at the end", "value"] <= 1)
        True
    """
    source = None if believed is None else source_of(believed, "H0")[0]
    tell = Teller()
    tell.say(f"Simulating {cells} cells of {dish.title} (the first time compiles) ...")
    path = None if to is None else Path(to)
    run = Run(Path(), tell, keeps=False)
    if path is not None:
        run = population_files.run_for(path, cells, {"dish": repr(dish), "cells": f"{cells} {seed}"}, tell)
    found = population_files.simulated(
        dish, cells, run, count=min(averages, cells), hours=hours, seed=seed, source=source, curve=curve
    )
    assert found is not None, "nobody can stop it but by an exception"
    if path is not None:
        population_files.write(found, path)
    return found
