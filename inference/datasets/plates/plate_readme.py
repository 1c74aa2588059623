"""The README of a study made of a plate: what was read, what is assumed, what it can and cannot tell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from inference.datasets.plates.plate_priors import Freed
from inference.datasets.plates.plate_tables import Centres, PlateDesign
from inference.datasets.plates.series import PlateSeries
from inference.likelihood.knowable import Knowable


def readme(
    design: PlateDesign,
    chosen: Freed,
    says: Knowable,
    shown: Sequence[str],
    notes: Sequence[str],
    at: Mapping[str, Centres],
) -> str:
    """The text, in Markdown."""
    count = sum(len(s.rows) for s in design.series)
    series = "\n".join(_series(s, at[s.id], design.vehicle_wells) for s in design.series)
    lines = rows[0].line if (rows := design.series[0].rows) and rows[0].line else "not named"
    parts = [
        f"# {design.id}\n\n{count} values of the line {lines}, on the whole-cell network "
        f"`{design.network.id}` ({len(design.network.species)} states). "
        f"Say here who measured them, when, and how.",
        "## How the table was read\n\n" + "\n".join(f"* {line}" for line in shown),
        "## Dishes\n\n"
        f"Six days of culture as `{design.preset.name}` ({design.preset.title}) keeps it, then, at time 0, "
        f"fresh medium, {design.density:g} million cells per mL, the cytokine, the stroma and the drugs; a "
        f"drug that decays in the medium does so here. Cells go on growing, also those of the vehicle.",
        f"## Instruments\n\n{series}",
        "## What is estimated\n\n" + _estimated(chosen),
        "## What these data can tell, before any fit\n\n" + _known(says),
    ]
    if notes:
        parts.append("## Notes\n\n" + "\n".join(f"* {n}" for n in notes))
    parts.append(
        "## After the fit\n\nRead `verdict.json` first, and which parameters are *not informed by these "
        "data*. The profiles of `gp130 optimise` show of each parameter which values the data allow."
    )
    return "\n\n".join(parts) + "\n"


def _series(s: PlateSeries, at: Centres, wells: int) -> str:
    said = [f"`{s.id}`: {s.title} ({s.assay.kind}), {len(s.rows)} values, {s.unit}"]
    if s.scaled:
        said.append(f"scale around {at.scale:.3g}")
    if s.assay.blank:
        said.append(f"blank around {at.blank:.3g} in units of the read-out")
    noise = s.assay.observable.noise
    if noise.kind == "additive":
        said.append(f"sd estimated around {noise.sd:g}, plus {noise.share:g} of the value")
    else:
        said.append(f"sd of ln estimated around {noise.sd:g}")
    if s.ratio:
        said.append(f"its vehicle, not in the table, enters as 1 with the error of a mean of {wells} wells")
    return "* " + "; ".join(said)


def _estimated(chosen: Freed) -> str:
    free = ", ".join(f"`{n}`" for n in chosen.free)
    moving = [(n, f) for n, f in chosen.held if f > 0.01]
    text = f"Of the cell {len(chosen.free)} parameters, with the beliefs of the pathway tables: {free}."
    if moving:
        most = ", ".join(f"`{n}` {f:.2f}" for n, f in moving[:8])
        text += (
            f" Everything else is held at its nominal value. What is held could move all values together by "
            f"{chosen.left:.2f} sd of their noise; the strongest of it, in sd: {most}."
        )
    return text


def _known(says: Knowable) -> str:
    return "\n".join(f"* {line}" for line in says.told())
