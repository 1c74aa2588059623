"""Texts, tables and figures for people to open: each is whole or not there, as what programs read is.

A disk that fills or a run that is killed leaves the file of before, never a part of the new one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.runs.text_tables import without_formulas
from models.whole_file import replacing, sum_beside, write_sum_beside

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


def write_text(text: str, path: Path) -> None:
    """A text in UTF-8 with lines as they are.

    Raises:
        OSError: it cannot be written there.
    """
    with replacing(path) as place:
        place.write_text(text, encoding="utf-8", newline="\n")


def write_table(table: pd.DataFrame, path: Path, **options: Any) -> None:
    """A table as comma-separated values, or as `options` of `DataFrame.to_csv` say, without formulas for a
    spreadsheet.

    Raises:
        OSError: it cannot be written there.
    """
    with replacing(path) as place:
        without_formulas(table).to_csv(place, **options)


def write_kept_table(table: pd.DataFrame, path: Path, **options: Any) -> None:
    """As `write_table`, for a table that our own commands read again: its checksum stands beside it.

    Raises:
        OSError: it cannot be written there.
    """
    sum_beside(path).unlink(missing_ok=True)  # who is killed between leaves a table without one
    write_table(table, path, **options)
    write_sum_beside(path)


def write_figure(figure: Figure, path: Path, *, dpi: int = 130) -> None:
    """A figure in the format that the end of its name says.

    Raises:
        OSError: it cannot be written there.
    """
    with replacing(path) as place:
        figure.savefig(place, dpi=dpi, format=path.suffix.removeprefix("."))
