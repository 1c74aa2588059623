"""The network as a drawing for the page: arrows coloured and widened by how much what they carry matters for
a ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

import numpy as np
import sympy as sp
import xarray as xr

from models.documents.network_picture import DrawnNode, Edge, Picture
from models.drugs import DRUGS
from models.network import Network, inlined

# Light to dark, read in grey as well (our choice, after Cividis); width says the same once more.
STEPS = (
    (0.05, "#b9c2cf", 1.2),
    (0.15, "#8fb0d9", 1.8),
    (0.35, "#e0a21b", 2.6),
    (0.65, "#d55e00", 3.6),
    (np.inf, "#7a1d00", 5.0),
)
UNRANKED = ("#d9d9d9", 1.0)
UNIT, LEFT, TOP = 54.0, 0.5, 15.1  # pixels a unit of the picture; its margins


def carried_by(network: Network, edge: Edge) -> tuple[str, ...]:
    """Parameters that matter only together with the source of an edge: they vanish from its rows when the
    source is absent.
    """
    if edge.drug:
        potency = next(d.potency for d in DRUGS.values() if d.input == edge.symbol)
        return (potency,)
    formulas = {d.name: d.expression for d in network.derived} | {r.name: r.rate for r in network.reactions}
    elsewhere = (
        () if edge.symbol in ("E2", "occ") else ("Estradiol", "TreatedCell")
    )  # what hormone and drugs do on the way
    where, potencies = dict(network.pathway_of), {d.potency for d in DRUGS.values()}
    parameters = {
        p.name for p in network.parameters if where[p.name] not in elsewhere and p.name not in potencies
    }
    source = sp.Symbol(edge.symbol)
    found: list[str] = []
    for row in edge.rows:
        e = formulas.get(row)
        if e is not None and source not in e.free_symbols:
            e = inlined(network, e)  # the source acts through a derived quantity
        if e is None or source not in e.free_symbols:
            continue
        without = e.xreplace({source: sp.Integer(0)})
        found += sorted({str(s) for s in e.free_symbols - without.free_symbols} & parameters)
    return tuple(dict.fromkeys(found))


def weights(
    drawing: Picture, network: Network, ranking: xr.Dataset
) -> dict[tuple[str, str], tuple[float, tuple[str, ...]]]:
    """Each edge: size of the effects of what it carries (root of the sum of squares), NaN where none was
    ranked, and their names.

    Args:
        ranking: along `factor`, with `size`.
    """
    size = dict(zip(map(str, ranking["factor"].values), ranking["size"].values, strict=True))
    out = {}
    for e in drawing.edges:
        names = tuple(n for n in carried_by(network, e) if n in size)
        out[e.source, e.target] = (
            float(np.sqrt(sum(size[n] ** 2 for n in names))) if names else np.nan,
            names,
        )
    return out


def svg(
    drawing: Picture, weight: Mapping[tuple[str, str], tuple[float, tuple[str, ...]]], measure: str
) -> str:
    """The drawing; touching an arrow says what it carries."""
    top = max((w for w, _ in weight.values() if np.isfinite(w)), default=1.0) or 1.0
    at = {n.name: _clear(n, drawing) for n in drawing.nodes}
    parts = [_markers()]
    for p in drawing.places:
        x, y, w, h = p.box
        a, b = _place((x, y + h))
        parts.append(
            f'<rect x="{a:.0f}" y="{b:.0f}" width="{w * UNIT:.0f}" height="{h * UNIT:.0f}" rx="10" '
            f'fill="{p.colour}"/>'
            f'<text x="{a + w * UNIT - 8:.0f}" y="{b + 15:.0f}" text-anchor="end" '
            f'class="p">{escape(p.name)}</text>'
        )
    order = sorted(drawing.edges, key=lambda e: np.nan_to_num(weight[e.source, e.target][0], nan=-1.0))
    for i, e in enumerate(order):
        both = any(o.source == e.target and o.target == e.source for o in drawing.edges)
        parts.append(_arrow(e, at[e.source], at[e.target], weight[e.source, e.target], top, both, i))
    parts += [_box(n) for n in at.values()]
    parts.append(_legend(top, measure))
    style = (
        "<style>.n{font:600 13px sans-serif;fill:#1b1b1b}.d{font:11.5px "
        "sans-serif;fill:#1b1b1b}.p{font:italic 12px sans-serif;fill:#555}"
        ".k{font:12px sans-serif;fill:#333}path{fill:none}path.e:hover{stroke:#000}</style>"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {21 * UNIT:.0f} {17.3 * UNIT:.0f}" role="img" '
        f'aria-label="network, arrows coloured by sensitivity">{style}{"".join(parts)}</svg>'
    )


def _clear(node: DrawnNode, drawing: Picture) -> DrawnNode:
    """A drug's box above what it acts on, where nothing else is written."""
    if node.place != "drugs":
        return node
    target = next(
        n for e in drawing.edges if e.source == node.name for n in drawing.nodes if n.name == e.target
    )
    return DrawnNode(node.name, node.place, (target.at[0] + 0.4, target.at[1] + 0.78))


def _place(at: tuple[float, float]) -> tuple[float, float]:
    return (at[0] + LEFT) * UNIT, (TOP - at[1]) * UNIT


def _half(node: DrawnNode) -> tuple[float, float]:
    """Half width and height of a box in pixels."""
    return 4.1 * len(node.name) + 8, 12.0


def _border(node: DrawnNode, towards: tuple[float, float]) -> tuple[float, float]:
    """Where the line from the centre of a box towards a point leaves the box."""
    (x, y), (w, h) = _place(node.at), _half(node)
    dx, dy = towards[0] - x, towards[1] - y
    scale = min(w / abs(dx) if dx else np.inf, h / abs(dy) if dy else np.inf)
    return x + dx * scale, y + dy * scale


def _step(size: float, top: float) -> int:
    return next(i for i, (limit, _, _) in enumerate(STEPS) if size / top <= limit)


def _arrow(
    e: Edge,
    a: DrawnNode,
    b: DrawnNode,
    weight: tuple[float, tuple[str, ...]],
    top: float,
    both: bool,
    turn: int,
) -> str:
    size, names = weight
    ranked = np.isfinite(size)
    step = _step(size, top) if ranked else -1
    colour, width = STEPS[step][1:] if ranked else UNRANKED
    (x0, y0), (x1, y1) = _place(a.at), _place(b.at)
    dx, dy = x1 - x0, y1 - y0
    near = abs(dx) + abs(dy) < 2.4 * UNIT
    bend = 0.16 if both else 0.0 if near else 0.3 if abs(dx) < 5 else 0.1 if turn % 2 else -0.1
    c = (x0 + x1) / 2 + bend * dy, (y0 + y1) / 2 - bend * dx
    (sx, sy), (tx, ty) = _border(a, c), _border(b, c)
    verb = "inhibits" if e.inhibits else "promotes"
    said = f"{e.source} {verb} {e.target}: " + (
        f"{size:.2f} through {', '.join(names)}" if ranked else "nothing of it was varied here"
    )
    dash = ' stroke-dasharray="5 4"' if e.drug else ""
    kind = "t" if e.inhibits else "a"
    return (
        f'<path class="e" d="M{sx:.1f},{sy:.1f} Q{c[0]:.1f},{c[1]:.1f} {tx:.1f},{ty:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"{dash} '
        f'marker-end="url(#{kind}{step + 1})"><title>{escape(said)}</title></path>'
    )


def _box(node: DrawnNode) -> str:
    (x, y), (w, h), drug = _place(node.at), _half(node), node.place == "drugs"
    return (
        f'<rect x="{x - w:.1f}" y="{y - h:.1f}" width="{2 * w:.1f}" height="{2 * h:.1f}" rx="6" '
        f'fill="{"#fff7d6" if drug else "#fff"}" '
        f'stroke="{"#9a7b00" if drug else "#555"}"/><text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle" '
        f'class="{"d" if drug else "n"}">'
        f"{escape(node.name)}</text>"
    )


def _markers() -> str:
    """Arrow heads and bars in every colour: not every browser lets a head take the colour of its line."""
    out = []
    for i, colour in enumerate((UNRANKED[0], *(s[1] for s in STEPS))):
        out.append(
            f'<marker id="a{i}" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="11" markerHeight="11" '
            f'markerUnits="userSpaceOnUse" '
            f'orient="auto"><path d="M0,0 L10,5 L0,10 z" style="fill:{colour}"/></marker>'
            f'<marker id="t{i}" viewBox="0 0 4 12" refX="3" refY="6" markerWidth="5" markerHeight="15" '
            f'markerUnits="userSpaceOnUse" '
            f'orient="auto"><rect x="0" y="0" width="4" height="12" fill="{colour}"/></marker>'
        )
    return f"<defs>{''.join(out)}</defs>"


def _legend(top: float, measure: str) -> str:
    y, parts, low = 16.95 * UNIT, [], 0.0
    for i, (limit, colour, width) in enumerate(STEPS):
        x = (0.6 + 2.9 * i) * UNIT
        label = f"{low * top:.2g} to {min(limit, 1.0) * top:.2g}"
        parts.append(
            f'<path d="M{x:.0f},{y:.0f} h40" stroke="{colour}" stroke-width="{width}"/><text '
            f'x="{x + 48:.0f}" '
            f'y="{y + 4:.0f}" class="k">{label}</text>'
        )
        low = limit
    x = (0.6 + 2.9 * len(STEPS)) * UNIT
    parts.append(
        f'<path d="M{x:.0f},{y:.0f} h40" stroke="{UNRANKED[0]}" stroke-width="2"/><text x="{x + 48:.0f}" '
        f'y="{y + 4:.0f}" '
        f'class="k">not varied</text>'
    )
    words = f"{measure}; arrow head promotes, bar inhibits, dashed = a drug"
    parts.append(f'<text x="{0.6 * UNIT:.0f}" y="{y - 16:.0f}" class="k">{escape(words)}</text>')
    return "".join(parts)
