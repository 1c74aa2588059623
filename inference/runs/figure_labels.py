"""Texts of somebody else's file as labels of a figure: words, whatever they look like, and with an end."""

from __future__ import annotations

from html import escape

LONGEST = 80  # characters


def label(text: str, longest: int = LONGEST) -> str:
    r"""For matplotlib, which takes what stands between two $ for mathematics.

    Example:
        >>> print(label("a$b$"))
        a\$b\$
    """
    return _short(text, longest).replace("$", r"\$")


def page_label(text: str, longest: int = LONGEST) -> str:
    """For plotly, which takes what stands between < and > for markup.

    Example:
        >>> page_label("<b>x")
        '&lt;b&gt;x'
    """
    return escape(_short(text, longest), quote=False)


def _short(text: str, longest: int) -> str:
    shown = "".join(c if c.isprintable() or c == "\n" else "?" for c in text)
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."
