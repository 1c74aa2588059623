"""The picture of a network drawn with matplotlib, for where Graphviz is not installed."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from models.documents.network_picture import Picture

HELPS, HINDERS = "#3d3d3d", "#b03030"


def draw(drawing: Picture) -> Figure:
    """Places as bands, nodes as boxes; black arrows promote, red bars inhibit, dashed ones are drugs, dotted
    ones hypotheses.
    """
    figure, axis = plt.subplots(figsize=(15, 12), layout="constrained")
    for place in drawing.places:
        left, bottom, width, height = place.box
        axis.add_patch(
            FancyBboxPatch(
                (left, bottom),
                width,
                height,
                boxstyle="round,pad=0,rounding_size=0.2",
                fc=place.colour,
                ec="0.75",
                zorder=0,
            )
        )
        axis.text(
            left + width - 0.15,
            bottom + height - 0.12,
            place.name,
            va="top",
            ha="right",
            fontsize=9,
            color="0.35",
            style="italic",
        )
    boxes = {}
    for node in drawing.nodes:
        drug = node.place == "drugs"
        boxes[node.name] = axis.text(
            *node.at,
            node.name,
            ha="center",
            va="center",
            fontsize=8 if drug else 9.5,
            fontweight="normal" if drug else "bold",
            zorder=4,
            bbox={
                "boxstyle": "round,pad=0.3",
                "fc": "#fff3c4" if drug else "white",
                "ec": HINDERS if drug else "0.3",
                "lw": 1.0,
            },
        )
    at = {n.name: n.at for n in drawing.nodes}
    for i, edge in enumerate(drawing.edges):
        (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
        bend = _bend(
            (x0, y0),
            (x1, y1),
            any(e.source == edge.target and e.target == edge.source for e in drawing.edges),
            i,
        )
        axis.add_patch(
            FancyArrowPatch(
                (x0, y0),
                (x1, y1),
                patchA=boxes[edge.source].get_bbox_patch(),
                patchB=boxes[edge.target].get_bbox_patch(),
                shrinkA=1,
                shrinkB=2,
                connectionstyle=f"arc3,rad={bend}",
                arrowstyle="|-|,widthA=0,widthB=0.25" if edge.inhibits else "-|>",
                mutation_scale=11,
                color=HINDERS if edge.inhibits else HELPS,
                lw=1.1,
                ls="--" if edge.drug else ":" if edge.hypothesis else "-",
                alpha=0.85,
                zorder=3,
            )
        )
        if edge.hypothesis:  # not quite half way along the curve: there nothing else stands
            aside = 2 * 0.45 * 0.55 * bend
            on = (x0 + 0.45 * (x1 - x0) + aside * (y1 - y0), y0 + 0.45 * (y1 - y0) - aside * (x1 - x0))
            label = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85}
            colour = HINDERS if edge.inhibits else HELPS
            axis.text(
                *on, edge.hypothesis, ha="center", va="center", fontsize=8, color=colour, zorder=5, bbox=label
            )
    axis.set_xlim(-0.3, 20.3)
    axis.set_ylim(-1.2, 15.0)
    axis.set_axis_off()
    dotted = (
        ", dotted = estradiol under one hypothesis each" if any(e.hypothesis for e in drawing.edges) else ""
    )
    axis.set_title(
        f"{drawing.title}: black promotes, red inhibits, dashed = drug{dotted}", loc="left", fontsize=11
    )
    return figure


def _bend(a: tuple[float, float], b: tuple[float, float], both_ways: bool, turn: int) -> float:
    """How far an arrow curves: not at all between neighbours, around what stands between, apart where two run
    both ways.
    """
    dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
    if both_ways:
        return 0.16
    if min(dx, dy) < 0.1:
        return 0.0 if dx + dy < 2.35 or (dx > dy and dx < 2.9) else 0.35 if dy > dx else 0.15
    return 0.1 if turn % 2 else -0.1
