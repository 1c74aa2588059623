"""Dishes: made by names, simulated, labelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float
from rich.console import Console

from inference.runs.console import Teller
from inference.simulation import dish_dataset
from inference.simulation.any_dish import AnyDish, DishError, When, any_dish, dose_of
from models.catalogue import Preset
from models.drugs import Drug

FOR_ONE, FOR_MANY = 1e-8, 1e-6  # relative tolerances
LONGEST = 200_000  # output times

Doses = Mapping[str, When | list[When]] | Mapping[str, float] | Mapping[Drug, When | list[When]]


def dish(
    preset: str | Preset = "mm1s",
    *,
    il6: float = 0.0,
    doses: Doses | None = None,
    inputs: Mapping[str, float] | None = None,
    pre: Mapping[str, float] | None = None,
    hypothesis: str = "H0",
    bortezomib: str = "A",
    parameters: Mapping[str, float] | None = None,
    density: float = 0.3,
    parts: Sequence[str] = (),
) -> AnyDish:
    """A dish: six days of pre-culture, then fresh medium with what is added at time 0.

    Args:
        preset: the kind of cell, see `presets()`; or a `Preset` of your own.
        il6: ng/mL.
        doses: drug -> nM at time 0, or (nM, min), or several of these; see `drugs()`.
        inputs: other inputs from time 0 on, such as `{"BMSC": 0.1, "contact": 1.0}` for stroma.
        pre: inputs during the pre-culture.
        hypothesis: what estradiol does, at the test value of its effect; see `hypotheses()`.
        bortezomib: which of its two published readings holds, A or B.
        parameters: values that differ in this dish.
        density: myeloma cells at the start, 1e6/mL.
        parts: what the niche has beside, such as "bcl2_binding"; "grown" = all that agree.

    Raises:
        DishError: a name that does not exist, or a value that cannot be; says the nearest name.

    Example:
        >>> import inference as gp
        >>> gp.dish(preset="mm1s", il6=10, doses={"bortezomib": 4})
        Dish: MM.1S-like, low in IL-6, H0
          from -144 h: frozen = 1.0, clamped = 1.0, btz = 0.0, IL6 = 0.0, N = 0.3
          from 0 h: frozen = 0.0, clamped = 0.0, btz = 4.0, IL6 = 10, VEGF = 0.0, Z = 100.0
    """
    given = [
        dose_of(name, one)
        for name, amount in (doses or {}).items()
        for one in (amount if isinstance(amount, list) else [amount])
    ]
    return any_dish(
        preset=preset,
        il6=il6,
        doses=given,
        inputs=inputs,
        pre=pre,
        hypothesis=hypothesis,
        bortezomib=bortezomib,
        parameters=parameters,
        density=density,
        parts=parts,
    )


def simulate(dish: AnyDish, hours: float = 48.0, *, every: float = 5.0, rtol: float = FOR_ONE) -> xr.Dataset:
    """One cell over time, by diffrax with dense output: a variable a species, labelled with its unit.

    Args:
        hours: from the stimulus to the end.
        every: min between outputs.
        rtol: relative tolerance of a step.

    Raises:
        DishError: the times make no sense, or the cell could not be solved.

    Example:
        >>> import inference as gp
        >>> course = gp.simulate(gp.dish(il6=10), hours=1, every=20)
        >>> course["pS"].dims, course["pS"].attrs["units"]
        (('time',), '0-1')
        >>> round(float(course["IL6"][0]), 3)
        10.0
        >>> picture = course["pS"].plot()
    """
    data = _simulated(dish, [dish.nominal()], hours, every, rtol)
    if not bool(data["ok"].item()):
        raise DishError(
            f"this dish could not be solved ({data['reason'].item()}): look at its values, or ask for "
            f"another `rtol` than {rtol:g}"
        )
    return by_species(data, dish.title).isel(set=0, drop=True).drop_vars(["ok", "reason"])


def simulate_ensemble(
    dish: AnyDish,
    cells: int = 100,
    hours: float = 48.0,
    *,
    every: float = 30.0,
    spread: float | None = None,
    seed: int = 1,
    rtol: float = FOR_MANY,
) -> xr.Dataset:
    """Many cells that differ in what is not known: a variable a species (set, time), `ok` and `reason`.

    A cell that could not be solved is NaN and says why.

    Args:
        cells: how many.
        spread: sd of ln of every number that is not fixed; by default each is drawn from what is believed.
        seed: of the draws.

    Raises:
        DishError: the times or the number of cells make no sense.

    Example:
        >>> import inference as gp
        >>> cells = gp.simulate_ensemble(gp.dish(il6=10), 3, hours=1, every=20)
        >>> dict(cells["pS"].sizes)
        {'set': 3, 'time': 4}
        >>> bool(cells["ok"].all())
        True
    """
    if cells < 1 or cells != int(cells):
        raise DishError(f"`cells` {cells}: must be a whole number above 0")
    sets = [dish.nominal()] if cells == 1 else dish.drawn(int(cells), seed, spread)
    return by_species(_simulated(dish, sets, hours, every, rtol), dish.title)


def _simulated(dish: AnyDish, sets: Any, hours: float, every: float, rtol: float) -> xr.Dataset:
    if not (hours > 0 and every > 0):
        raise DishError(f"`hours` {hours:g}, `every` {every:g}: must be above 0")
    if 60 * hours / every > LONGEST:
        raise DishError(f"`every` {every:g}: gives more than {LONGEST} output times: use a larger step")
    values: Float[np.ndarray, "set parameter"] = np.asarray(sets, float)
    times = dish_dataset.output_times(60 * hours, every)
    numerics = dish_dataset.Numerics(rtol, 1e-3 * rtol, 100_000)
    Teller(Console(stderr=True, soft_wrap=True)).say(
        f"Simulating {len(values)} x {dish.title}, {hours:g} h (the first time compiles) ..."
    )
    return dish_dataset.simulate(dish_dataset.Ensemble(dish.network, dish.protocol, values, times, numerics))


def by_species(data: xr.Dataset, title: str) -> xr.Dataset:
    """A variable a species, with its unit and meaning, instead of one with an axis of species."""
    levels = data["concentration"]
    described = zip(levels["species"].values, levels["unit"].values, levels["meaning"].values, strict=True)
    variables = {
        str(name): levels.sel(species=name)
        .drop_vars(["species", "unit", "meaning", "place"])
        .assign_attrs(units=str(unit), long_name=f"{name}: {meaning}")
        for name, unit, meaning in described
    }
    return xr.Dataset({**variables, "ok": data["ok"], "reason": data["reason"]}).assign_attrs(
        data.attrs, title=title
    )
