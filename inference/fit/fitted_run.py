"""A run in its folder, and what it says."""

from __future__ import annotations

import html
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from inference.fit.drawn import FILE as DRAWN
from inference.fit.run_folder import RunError
from inference.fit.verdict_file import FILE as VERDICT
from inference.fit.verdict_file import Verdict, read_verdict
from inference.runs.run_record import BEGIN_AGAIN

if TYPE_CHECKING:  # a run is opened on machines that have neither
    import pandas as pd
    import xarray as xr

SHOWN = ["unit", "prior_median", "median", "low", "high", "informed"]


class FittedRun:
    """A run whose draws are all there.

    Attributes:
        folder: where its files are.
    """

    def __init__(self, folder: Path) -> None:
        """Open a run.

        Raises:
            RunError: it holds none, or one that is not finished.
        """
        self.folder = folder
        if not self.judged and not (folder / DRAWN).exists():
            raise RunError(f"{folder}: holds no finished run: go on with it by `resume`")

    @property
    def judged(self) -> bool:
        """Are its files there? They are written where ArviZ is installed."""
        return (self.folder / "posterior.nc").exists() and (self.folder / VERDICT).exists()

    def _require_judged(self) -> None:
        if not self.judged:
            raise RunError(f"{self.folder}: is drawn but not judged: `finish` it where ArviZ is installed")

    @cached_property
    def tree(self) -> xr.DataTree:
        """Everything, in the groups that ArviZ knows."""
        from inference.runs import labelled_tree

        self._require_judged()
        return labelled_tree.load(self.folder / "posterior.nc")

    @property
    def posterior(self) -> xr.Dataset:
        """Draws of every parameter (chain, draw)."""
        return self.tree["posterior"].to_dataset()

    @property
    def prior(self) -> xr.Dataset:
        """Draws of every parameter before any data."""
        return self.tree["prior"].to_dataset()

    @cached_property
    def summary(self) -> pd.DataFrame:
        """A row a parameter: medians and 89 % intervals, how well it was drawn, what the data told."""
        from inference.runs.text_tables import read_table

        self._require_judged()
        needed = ("parameter", "tags", *SHOWN)
        return read_table(
            self.folder / "summary.csv", needed, BEGIN_AGAIN, index_col="parameter", keep_default_na=False
        )

    @cached_property
    def verdict(self) -> Verdict:
        """`ok`, or why the run is not to be trusted."""
        self._require_judged()
        return read_verdict(self.folder)

    @property
    def in_words(self) -> str:
        """The verdict in a line."""
        found = self.verdict
        return "ok" if found.usable else f"NOT FOR USE: {'; '.join(found.why_not)}"

    def _strengths(self) -> pd.DataFrame:
        table = self.summary
        return table.loc[table["tags"].str.contains("feedback|estradiol"), SHOWN]

    def __repr__(self) -> str:
        if not self.judged:
            return f"{self.folder}: drawn, not judged"
        return f"{self.folder}: {self.in_words}\n{self._strengths().to_string(float_format='{:.3g}'.format)}"

    def _repr_html_(self) -> str:
        from inference.fit.verdict import INTERVAL

        table = self._strengths().to_html(float_format="{:.3g}".format)
        said = f"{html.escape(str(self.folder))}: <b>{html.escape(self.in_words)}</b>"
        return f"<p>{said}</p>{table}<p>Medians and {100 * INTERVAL:.0f} % intervals.</p>"
