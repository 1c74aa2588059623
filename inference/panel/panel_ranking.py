"""What a fitted panel says of one line, in the names of the whole cell: for rankings and what follows."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from inference.panel.panel_layout import AXES, SHARED
from inference.panel.panel_tables import PanelError, plain
from inference.resistance.believed_from import BeliefSource
from inference.runs import labelled_tree
from inference.runs.run_record import mark_of
from models.catalogue import Preset, niche
from models.declare import derived
from models.drugs import drug as drug_named

# further potencies that a dose of these drugs stands against
ALSO = {"bortezomib": ("IC_btz",), "navitoclax": ("K_nav2",)}


@dataclass(frozen=True)
class LineOfPanel:
    """A line of a panel as a kind of cell: its preset, and the posterior in the names of the whole cell."""

    preset: Preset
    source: BeliefSource


def holds_panel(folder: Path) -> bool:
    """Whether a folder is that of a fitted panel."""
    return (folder / "lines_fitted.csv").exists() and (folder / "posterior.nc").exists()


def line_of(folder: Path, line: str, drugs: Collection[str] = (), *, force: bool = False) -> LineOfPanel:
    """A line of a fitted panel.

    Its axes, the stresses that all lines share and the potencies of drugs are those of the panel; the
    residual of the line and each drug of the question is in the potency, where it was an unknown of its own.
    Dependence on oncogenic RAS is set at its median, since the whole cell holds it fixed.

    Args:
        line: its name, whatever its punctuation; drugs: of the question, by the model's names.
        force: take a run whose verdict is not ok, and mark what follows.

    Raises:
        PanelError: no panel, another line, or a verdict that is not ok.
    """
    if not holds_panel(folder):
        raise PanelError(f"{folder}: holds no finished panel: fit one by gp130 panel, or leave `line` out")
    tree = labelled_tree.load(folder / "posterior.nc")
    posterior, prior = tree["posterior"].to_dataset(), tree["prior"].to_dataset()
    names = [str(x) for x in posterior["line"].values]
    found = next((x for x in names if plain(x) == plain(line)), None)
    if found is None:
        raise PanelError(f"`line` {line}: is not one of {', '.join(names)}")
    mark = mark_of(folder, "panel", force, PanelError)
    view = xr.DataTree.from_dict(
        {
            "/posterior": _of_line(posterior, found, drugs),
            "/prior": _of_line(prior, found, drugs),
        }
    )
    ras = float(posterior["o_RAS"].sel(line=found).median())
    preset = Preset(plain(found).lower(), found, {"o_RAS": ras}, derived(f"the panel {folder.name}"))
    return LineOfPanel(preset, BeliefSource(f"{found} in the panel {folder.name}", "H0", run=view, mark=mark))


def _of_line(values: xr.Dataset, line: str, drugs: Collection[str]) -> xr.Dataset:
    """Draws of one line by names of the whole cell."""
    network = niche()
    own = values.sel(line=line)
    made = {n: own[n] for n in (*SHARED, *AXES) if n != "o_RAS"}
    made["w_2N"] = made["b_2"] * network.parameter("w_2N").value / network.parameter("b_2").value
    for name in (str(d) for d in own["drug"].values):
        shift = own["ln_potency"].sel(drug=name)
        if name in drugs:
            shift = shift + own["residual"].sel(drug=name).fillna(0.0)
        for parameter in (drug_named(name).potency, *ALSO.get(name, ())):
            made[parameter] = (np.e**shift) * network.parameter(parameter).value
    return xr.Dataset(
        {n: v.drop_vars([c for c in v.coords if c not in ("chain", "draw")]) for n, v in made.items()}
    )
