"""Tables of text beside a run: nothing in them for a spreadsheet to work out, and read as files that somebody
may have edited or cut.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inference.runs.declared_types import NUMBER
from models.whole_file import DamagedFileError, damaged, require_as_summed

if TYPE_CHECKING:  # a run is drawn on machines that have none
    import pandas as pd

FORMULA = re.compile(r"[=+\-@\t].", re.DOTALL)


def without_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """The table as a spreadsheet may open it: a text that it would work out (it begins with = + - or @)
    stands behind an apostrophe, in cells, labels and headers.
    """
    import pandas as pd

    safe = table.rename(index=_as_text, columns=_as_text)
    for i, kind in enumerate(safe.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            safe.isetitem(i, safe.iloc[:, i].map(_as_text))
    return safe


def _as_text(cell: Any) -> Any:
    """The cell in one line, which no spreadsheet takes for a formula."""
    cell = cell.replace("\r", " ") if isinstance(cell, str) else cell
    if isinstance(cell, str) and FORMULA.match(cell) and not NUMBER.fullmatch(cell.strip()):
        return f"'{cell}"
    return cell


def _as_it_was(cell: Any) -> Any:
    return cell[1:] if isinstance(cell, str) and cell[:1] == "'" and _as_text(cell[1:]) == cell else cell


def read_table(path: Path, columns: Sequence[str], remedy: str, **how: Any) -> pd.DataFrame:
    """Read a table of text.

    Args:
        columns: that it must have.
        remedy: what is said to do where it has not, or is no table.
        how: of `pandas.read_csv`.

    Raises:
        DamagedFileError: it is none, a column is missing, or it is not what the checksum beside it is of.
    """
    import pandas as pd

    try:
        require_as_summed(path, remedy)
        found = pd.read_csv(path, **how)
    except DamagedFileError:
        raise
    except (ValueError, LookupError, OSError) as e:  # pandas' own errors among them
        raise damaged(path, e, remedy) from None
    for i, kind in enumerate(found.dtypes):
        if not pd.api.types.is_numeric_dtype(kind):
            found.isetitem(i, found.iloc[:, i].map(_as_it_was))
    missing = [c for c in columns if c not in (found.index.name, *found.columns)]
    if missing:
        raise damaged(path, f"column {missing[0]} is missing", remedy)
    return found
