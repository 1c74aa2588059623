"""HTML of a report: building blocks and the page around them. One file, everything inside it, readable on
paper.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources

import pandas as pd
import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

CONFIG = {
    "responsive": True,
    "displaylogo": False,
    "displayModeBar": "hover",
    "modeBarButtonsToRemove": ["lasso2d", "select2d", "autoScale2d"],
}


@dataclass(frozen=True)
class Section:
    """A chapter: `short` stands in the list of contents; `body` is HTML."""

    id: str
    title: str
    short: str
    body: str


def text(words: str) -> str:
    """Words as HTML; **bold** and `code` as in Markdown, nothing else."""
    safe = escape(words, quote=False)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", safe)
    return re.sub(r"`(.+?)`", r"<code>\1</code>", safe)


def paragraph(words: str, kind: str = "") -> str:
    """A paragraph; `kind` is a class of the style sheet (lead, warn, quiet)."""
    return f'<p class="{kind}">{text(words)}</p>' if kind else f"<p>{text(words)}</p>"


def bullets(lines: Iterable[str]) -> str:
    """A list; empty if there is nothing to list."""
    items = "".join(f"<li>{text(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def numbered(lines: Iterable[str]) -> str:
    """A numbered list."""
    return "<ol>" + "".join(f"<li>{text(line)}</li>" for line in lines) + "</ol>"


def table(frame: pd.DataFrame, caption: str = "") -> str:
    """A table with the columns of the frame (its index is left out); numbers stand right. Scrolls by itself
    on a phone.
    """
    right = [pd.api.types.is_numeric_dtype(frame[c]) for c in frame.columns]
    head = "".join(
        f'<th scope="col"{" class=num" if r else ""}>{text(str(c))}</th>'
        for c, r in zip(frame.columns, right, strict=True)
    )
    rows = []
    for row in frame.itertuples(index=False):
        cells = (f"<td{' class=num' if r else ''}>{_cell(v)}</td>" for v, r in zip(row, right, strict=True))
        rows.append(f"<tr>{''.join(cells)}</tr>")
    title = f"<caption>{text(caption)}</caption>" if caption else ""
    return (
        f'<div class="scroll" '
        f'tabindex="0"><table>{title}<thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}"
    return text(str(value))


def plot(figure: go.Figure, id: str, caption: str, label: str, title: str = "") -> str:
    """An interactive figure. `label` says in words what it shows, for who cannot see it; `title` stands above
    it.
    """
    height = int(figure.to_dict()["layout"].get("height") or 420)
    inner = figure.to_html(
        full_html=False, include_plotlyjs=False, div_id=id, config=CONFIG, default_height=f"{height}px"
    )
    head = f'<p class="title">{text(title)}</p>' if title else ""
    foot = f"<figcaption>{text(caption)}</figcaption>" if caption else ""
    return f'<figure aria-label="{escape(label)}">{head}{inner}{foot}</figure>'


def grid(figures: Sequence[str]) -> str:
    """Figures side by side where there is room, below each other on a phone."""
    return f'<div class="grid">{"".join(figures)}</div>'


def drawing(svg: str, caption: str) -> str:
    """A picture in SVG, which may be wider than a phone and then scrolls."""
    return (
        f'<figure><div class="scroll wide" '
        f'tabindex="0">{svg}</div><figcaption>{text(caption)}</figcaption></figure>'
    )


def details(summary: str, body: str, *, opened: bool = False) -> str:
    """Something that opens on demand (and is open on paper)."""
    return f"<details{' open' if opened else ''}><summary>{text(summary)}</summary>{body}</details>"


def page(title: str, subtitle: str, mark: str, sections: Sequence[Section], foot: str) -> str:
    """The whole document.

    Args:
        mark: why these numbers are not for use, shown on top and on every printed page; empty if they are.
    """
    style, script = (
        resources.files("inference.report").joinpath(f"page.{kind}").read_text() for kind in ("css", "js")
    )
    links = "".join(f'<li><a href="#{s.id}">{text(s.short)}</a></li>' for s in sections)
    body = "".join(f'<section id="{s.id}"><h2>{text(s.title)}</h2>{s.body}</section>' for s in sections)
    banner = f'<p class="mark" role="alert">{text(mark)}</p>' if mark else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{text(title)}</title>
<link rel="icon" href="data:,">
<style>{style}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<nav aria-label="contents"><details id="contents" open><summary>Contents</summary>
<ul>{links}</ul></details></nav>
<main>
<header>{banner}<h1>{text(title)}</h1><p class="lead">{text(subtitle)}</p></header>
{body}
<footer>{text(foot)}</footer>
</main>
<script>{script}</script>
</body>
</html>
"""
