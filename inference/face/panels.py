"""Many cell lines fitted at once."""

from __future__ import annotations

from pathlib import Path

from inference.panel import panel_fit, panel_tables
from inference.panel.panel_fit import FULL, QUICK
from inference.panel.panel_run import PanelRun as PanelRun
from inference.runs.settings import QUICK as QUICK_FIT
from inference.runs.settings import Settings


def panel(folder: str | Path, settings: Settings | None = None, *, to: str | Path) -> PanelRun:
    """Fit the lines of a folder: its panel.csv and lines.csv, or tables of CCLE and GDSC.

    An unfinished run goes on, a finished one is opened.

    Args:
        folder: a row a viability (`line`, `drug`, `source`, `hours`, `dose_nM`, `viability`) or a reported
            IC50 (`ic50_nM`, its range `low_nM`, `high_nM`); a row a line (`line`, `ras`, `pMEK`, `BCL2`,
            `doubling_h`).
        settings: None: a run for use; `gp.QUICK`: one that exercises everything.
        to: folder of the run.

    Raises:
        PanelError: a table is wrong, or the folder of the run holds something else.

    Example:
        >>> import inference as gp
        >>> gp.panel("no-such-folder", to="results/p")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        inference.panel.panel_tables.PanelError: no-such-folder: ...
    """
    chosen = FULL if settings is None else QUICK if settings is QUICK_FIT else settings
    return panel_fit.fit_panel(panel_tables.read(Path(folder)), chosen, to=Path(to))
