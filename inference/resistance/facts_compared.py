"""Published facts beside what the model predicts over draws of its parameters: right, wrong, or cannot say.

`compared(prior_source("H1"))` gives the table in a notebook.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import xarray as xr

from inference.resistance import beliefs
from inference.resistance.believed_from import BeliefSource, believed
from inference.resistance.published_facts import FACTS, PUT_IN, SILENT, Fact
from inference.resistance.rankings.sensitivity import INTERVAL
from inference.resistance.simulated_plate import TIMES, Well, names_read, plate, simulate
from inference.resistance.statements import Statement
from models.catalogue import HYPOTHESES, PRESETS, with_parameters
from models.drugs import Drug

RTOL, ATOL = 1e-4, 1e-7  # of a step; bands are wider by orders of magnitude
SURE = 0.8  # share of the draws inside the band that counts as right, on one side of it as wrong (our choice)


def compared(
    source: BeliefSource, *, draws: int = 128, seed: int = 1, tell: Callable[[str], None] = print
) -> pd.DataFrame:
    """Every published fact with what these beliefs predict, and the verdict.

    Args:
        source: what is believed about the parameters.
        draws: sets of parameters behind every prediction; `seed` of theirs.
        tell: is told which cells are simulated.
    """
    values = predicted(FACTS, source, draws, seed, tell)
    found = [*(statement(f, v) for f, v in zip(FACTS, values, strict=True)), *SILENT]
    return pd.DataFrame([asdict(s) | {"source": source.name, "mark": source.mark} for s in found])


def drugs_of(facts: Sequence[Fact]) -> list[Drug]:
    """Every drug that a dish of the facts gets."""
    return list(dict.fromkeys(d for f in facts for w in f.wells for d, _ in w.drugs))


def predicted(
    facts: Sequence[Fact], source: BeliefSource, draws: int, seed: int, report: Callable[[str], None]
) -> list[np.ndarray]:
    """The number of each fact (draw,) over draws of the beliefs; NaN where a solve failed.

    One compiled plate serves every kind of cell: what a preset sets is among the parameters that are drawn,
    around its value. The draws are the same quantiles in every kind.
    """
    found: dict[str, xr.DataArray] = {}
    dishes: dict[str, list[Well]] = {}
    for f in facts:
        for cell, well in zip(f.cells, f.wells, strict=True):
            there = dishes.setdefault(cell, [])
            there += [well] if well not in there else []
    one = plate(drugs_of(FACTS), "mm1s", source.hypothesis, source.transit)
    for cell, wells in dishes.items():
        p = replace(one, question=replace(one.question, preset=cell))
        report(f"  {cell}: {len(wells)} dishes of {draws} draws ...")
        network = with_parameters(one.what.system.network, PRESETS[cell].parameters)
        now = believed(source, cell, network, HYPOTHESES[source.hypothesis].free)
        values, _ = beliefs.joint(now, draws, seed)
        seen, _ = simulate(p, now, values, wells, rtol=RTOL, atol=ATOL)
        found[cell] = xr.DataArray(
            np.moveaxis(seen[:, 0], 1, 0),
            dims=("well", "draw", "hour", "readout"),
            coords={"hour": TIMES / 60, "readout": list(names_read(p))},
        )

    def dish(cell: str, well: Well) -> xr.DataArray:
        return found[cell].isel(well=dishes[cell].index(well))

    return [
        f.value(xr.concat([dish(c, w) for c, w in zip(f.cells, f.wells, strict=True)], "well")).values
        for f in facts
    ]


def statement(fact: Fact, values: np.ndarray) -> Statement:
    """Right where most draws lie in the band, wrong where most lie on one side of it, otherwise the beliefs
    are too wide to say.
    """
    fine = values[np.isfinite(values)]
    low, middle, high = np.quantile(fine, [(1 - INTERVAL) / 2, 0.5, (1 + INTERVAL) / 2])
    below, above = float(np.mean(fine < fact.low)), float(np.mean(fine > fact.high))
    inside = 1 - below - above
    verdict = (
        "right" if inside > SURE - 1e-9 else "wrong" if max(below, above) > SURE - 1e-9 else "cannot say"
    )
    why = f"{100 * inside:.0f} % of {len(fine)} draws lie there" + (f"; {PUT_IN}" if fact.put_in else "")
    return Statement(
        fact.quantity,
        f"{fact.measured}; {fact.source}",
        f"{middle:.2g} ({low:.2g} to {high:.2g})",
        verdict,
        why,
    )
