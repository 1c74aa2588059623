"""Names out of somebody else's file are drawn as they are written."""

import plotly.graph_objects as go
import pytest
from matplotlib import pyplot as plt

from inference.runs.figure_labels import LONGEST, label, page_label

NAMES = ("$", "a$b$", r"$\frac{", r"\$x$", r"a\$b$c$", "$$", "x^2_y", r"$\input{x}$", "$" * 7)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_drawn_as_words_and_not_as_mathematics(name):
    figure = plt.figure()
    text = figure.text(0, 0, label(name))
    shown, mathematics = text._preprocess_math(text.get_text())
    plt.close(figure)
    assert not mathematics
    assert shown == name


def test_a_name_without_end_or_with_commands_for_a_terminal_is_cut_and_cleaned():
    assert len(label("x" * 10_000)) == LONGEST
    assert label("a\x1b[31m\x00b") == "a?[31m?b"


def test_markup_in_a_name_reaches_a_page_as_words():
    figure = go.Figure(go.Scatter(x=[0], y=[0], name=page_label("<a href='x'>y</a> & z")))
    assert "&lt;a href" in figure.to_dict()["data"][0]["name"]
    assert "<" not in page_label("<script>")
