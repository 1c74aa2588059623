"""A fitted panel in its folder, and what it says."""

from __future__ import annotations

import html
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import xarray as xr

from inference.fit.verdict_file import Verdict, read_verdict
from inference.panel.panel_tables import PanelError
from inference.runs import labelled_tree
from inference.runs.run_record import BEGIN_AGAIN
from inference.runs.text_tables import read_table


@dataclass(frozen=True)
class PanelRun:
    """A panel whose draws are all there.

    Attributes:
        folder: where its files are.
    """

    folder: Path

    def __post_init__(self) -> None:
        if not (self.folder / "posterior.nc").exists() or not (self.folder / "panel.csv").exists():
            raise PanelError(f"{self.folder}: holds no finished panel: go on with it by gp130 panel")

    @property
    def tree(self) -> xr.DataTree:
        """Everything: posterior and prior with lines and drugs as dims, curves, statistics of the draws."""
        return labelled_tree.load(self.folder / "posterior.nc")

    @property
    def posterior(self) -> xr.Dataset:
        """Draws (chain, draw, ...) of the axes of the lines, of drugs and of what is shared."""
        return self.tree["posterior"].to_dataset()

    @property
    def verdict(self) -> Verdict:
        """`ok`, or why the run is not to be trusted."""
        return read_verdict(self.folder)

    def table(self) -> pd.DataFrame:
        """A row a line: its covariates, and median and 89 % interval of each axis."""
        return read_table(self.folder / "lines_fitted.csv", ("line", "mu"), BEGIN_AGAIN, index_col="line")

    def held_out(self) -> pd.DataFrame:
        """A row a method: how well it predicts ln IC50 of a (line, drug) that it has not seen."""
        needed = ("method", "log_score", "rms_error", "mechanism_better_by", "low", "high")
        return read_table(self.folder / "held_out.csv", needed, BEGIN_AGAIN, index_col="method")

    def explained(self) -> pd.DataFrame:
        """A row a drug: how much of the variance between lines the mechanism makes, and how much is
        residual.
        """
        needed = ("drug", "residual_share", "low", "high")
        return read_table(self.folder / "explained.csv", needed, BEGIN_AGAIN, index_col="drug")

    @property
    def in_words(self) -> str:
        """The verdict in a line."""
        found = self.verdict
        return "ok" if found.usable else f"NOT FOR USE: {'; '.join(found.why_not)}"

    def __repr__(self) -> str:
        return f"{self.folder}: {self.in_words}\n{self.held_out().to_string(float_format='{:.3g}'.format)}"

    def _repr_html_(self) -> str:
        said = f"{html.escape(str(self.folder))}: <b>{html.escape(self.in_words)}</b>"
        return f"<p>{said}</p>{self.held_out().to_html(float_format='{:.3g}'.format)}"
