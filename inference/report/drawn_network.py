"""The picture of a network drawn with matplotlib, for where Graphviz is not installed."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.text import Text

from models.documents.network_picture import DrawnNode, Edge, Picture, Place

HELPS, HINDERS = "#3d3d3d", "#b03030"


def draw(drawing: Picture) -> Figure:
    """Places as bands, nodes as boxes; black arrows promote, red bars inhibit, dashed ones are drugs, dotted
    ones hypotheses.
    """
    figure, axis = plt.subplots(figsize=(15, 12), layout="constrained")
    for place in drawing.places:
        _place(axis, place)
    boxes = {node.name: _box(axis, node) for node in drawing.nodes}
    for i, edge in enumerate(drawing.edges):
        _arrow(axis, drawing, boxes, edge, i)
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


def _place(axis: Axes, place: Place) -> None:
    left, bottom, width, height = place.box
    round_ = "round,pad=0,rounding_size=0.2"
    axis.add_patch(
        FancyBboxPatch((left, bottom), width, height, boxstyle=round_, fc=place.colour, ec="0.75", zorder=0)
    )
    look = {"va": "top", "ha": "right", "fontsize": 9, "color": "0.35", "style": "italic"}
    axis.text(left + width - 0.15, bottom + height - 0.12, place.name, **look)


def _box(axis: Axes, node: DrawnNode) -> Text:
    drug = node.place == "drugs"
    fill, edge = ("#fff3c4", HINDERS) if drug else ("white", "0.3")
    return axis.text(
        *node.at,
        node.name,
        ha="center",
        va="center",
        fontsize=8 if drug else 9.5,
        fontweight="normal" if drug else "bold",
        zorder=4,
        bbox={"boxstyle": "round,pad=0.3", "fc": fill, "ec": edge, "lw": 1.0},
    )


def _arrow(axis: Axes, drawing: Picture, boxes: dict[str, Text], edge: Edge, turn: int) -> None:
    at = {n.name: n.at for n in drawing.nodes}
    (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
    both = any(e.source == edge.target and e.target == edge.source for e in drawing.edges)
    bend, colour = _bend((x0, y0), (x1, y1), both, turn), HINDERS if edge.inhibits else HELPS
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
            color=colour,
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
        look = {"ha": "center", "va": "center", "fontsize": 8, "color": colour, "zorder": 5}
        axis.text(*on, edge.hypothesis, bbox=label, **look)


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
