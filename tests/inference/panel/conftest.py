"""Panels of made-up lines."""

import numpy as np
import pandas as pd
import pytest

from inference.panel.panel_tables import COLUMNS, HOURS, LINE_COLUMNS, PanelTables
from models.drugs import drug


def made_up_tables(lines, drugs, *, once=(), doses=8):
    """Tables of the right shape whose values are still to be simulated (`filled`).

    Args:
        drugs: each with a curve over its usual range, widened threefold at both ends.
        once: drugs of which only an IC50 is reported, with that range.
        doses: of a curve.

    """
    rows = []
    for line in lines:
        for name in (*drugs, *once):
            low, high = drug(name).usual
            if name in once:
                rows.append((line, name, "IC50", HOURS, np.nan, np.nan, low, low / 10, high * 10))
            else:
                rows += [
                    (line, name, "curves", HOURS, d, 1.0, np.nan, np.nan, np.nan)
                    for d in np.geomspace(low / 3, high * 3, doses)
                ]
    rng = np.random.default_rng(len(lines))
    known = pd.DataFrame({"line": list(lines)}).reindex(columns=list(LINE_COLUMNS))
    known["ras"] = [float(i % 2) for i in range(len(lines))]
    known["BCL2"] = rng.normal(2.0, 1.0, len(lines))
    return PanelTables(pd.DataFrame(rows, columns=pd.Index(COLUMNS)), known, ())


@pytest.fixture(scope="session", name="made_up_tables")
def of_made_up_tables():
    """Makes tables of the right shape, see there."""
    return made_up_tables
