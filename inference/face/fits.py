"""Studies fitted, and what a finished fit says."""

from __future__ import annotations

import html
import json
from functools import cached_property
from pathlib import Path

import pandas as pd
import xarray as xr

from inference.fit import execute, results
from inference.fit.verdict import INTERVAL, Verdict
from inference.hypotheses.under_hypothesis import under_hypothesis
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from inference.runs.folders import run_folder
from inference.runs.settings import FULL, Settings
from inference.samplers import sampler as samplers
from inference.study import prepared_study
from inference.study.study import Study

SHOWN = ["unit", "prior_median", "median", "low", "high", "informed"]


def load(study: str | Path, hypothesis: str = "H1") -> Study:
    """A study: the name of a built-in one, a folder, or a problem.yaml (PEtab).

    Args:
        hypothesis: what estradiol does; exactly its effect is estimated, every other one is held at 0.

    Raises:
        StudyError: a table is wrong; says file, line, finding and remedy.

    Example:
        >>> import inference as gp
        >>> study = gp.load("feedback_reduced")
        >>> study.names[:5]
        ('k_SR', 'K_iS', 'k_mS', 'c1a', 'c1')
    """
    path = Path(study) / "problem.yaml"
    return under_hypothesis(str(path if path.is_file() else study), hypothesis)


class FittedRun:
    """A finished run in its folder.

    Attributes:
        folder: where its files are.
    """

    def __init__(self, folder: Path) -> None:
        """Open a finished run.

        Raises:
            RunError: it holds none, or one that is not finished.
        """
        if not (folder / "posterior.nc").exists() or not (folder / "verdict.json").exists():
            raise execute.RunError(f"{folder}: holds no finished run: go on with it by `resume`")
        self.folder = folder

    @cached_property
    def tree(self) -> xr.DataTree:
        """Everything, in the groups that ArviZ knows."""
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
        return pd.read_csv(self.folder / "summary.csv", index_col="parameter", keep_default_na=False)

    @cached_property
    def verdict(self) -> Verdict:
        """`ok`, or why the run is not to be trusted."""
        held = json.loads((self.folder / "verdict.json").read_text())
        quick = ("a quick run, not for use",) if held.get("quick") else ()
        return Verdict(bool(held["ok"]) and not quick, (*held["reasons"], *quick), tuple(held["notes"]))

    @property
    def in_words(self) -> str:
        """The verdict in a line."""
        return "ok" if self.verdict.ok else f"NOT FOR USE: {'; '.join(self.verdict.reasons)}"

    def _strengths(self) -> pd.DataFrame:
        table = self.summary
        return table.loc[table["tags"].str.contains("feedback|estradiol"), SHOWN]

    def __repr__(self) -> str:
        return f"{self.folder}: {self.in_words}\n{self._strengths().to_string(float_format='{:.3g}'.format)}"

    def _repr_html_(self) -> str:
        table = self._strengths().to_html(float_format="{:.3g}".format)
        said = f"{html.escape(str(self.folder))}: <b>{html.escape(self.in_words)}</b>"
        return f"<p>{said}</p>{table}<p>Medians and {100 * INTERVAL:.0f} % intervals.</p>"


def fit(study: Study | str | Path, settings: Settings = FULL, *, to: str | Path) -> FittedRun:
    """Draw from the posterior of a study into a folder; an unfinished run goes on, a finished one is opened.

    Args:
        settings: `FULL`, or `QUICK`, which exercises everything and whose numbers are not for use.
        to: folder of the run.

    Raises:
        RunError: the folder holds another run.
        SamplerError: the sampler cannot run here.

    Example:
        >>> import inference as gp
        >>> from dataclasses import replace
        >>> study = gp.load("feedback_reduced")
        >>> short = replace(gp.QUICK, chains=2, starts=2)
        >>> run = gp.fit(study, short, to="results/example")  # doctest: +ELLIPSIS
        Integrating out ...
        >>> run.posterior["k_SR"].dims
        ('chain', 'draw')
        >>> run.verdict.ok
        False
        >>> run.verdict.reasons[-1]
        'a quick run, not for use'
    """
    study = study if isinstance(study, Study) else load(study)
    samplers.require(settings.sampler)
    folder = Path(to)
    asked = execute.request(study, settings)
    begun = (folder / "run.json").exists()
    if not execute.begin(folder, asked, resume=begun):
        kept = folder / execute.KEPT
        if not kept.exists():
            prepared_study.write(study, settings, kept, hypothesis=_hypothesis(study))
        _drawn(study, settings, folder)
    return FittedRun(folder)


def resume(folder: str | Path) -> FittedRun:
    """A run by its folder, or by its name under results/: opened if it is finished, gone on with otherwise.

    Raises:
        RunError: there is no run, or it was begun elsewhere than by `fit`, which alone keeps its study.

    Example:
        >>> import inference as gp
        >>> run = gp.resume("results/example")
        >>> bool(run.prior["k_SR"].mean() > 0)
        True
    """
    place = run_folder(str(folder)) or Path(folder)
    if not (place / "run.json").exists():
        raise execute.RunError(f"{place}: holds no run: begin one by `fit`")
    finished = json.loads((place / "run.json").read_text()).get("status") == "finished"
    if not finished:
        kept = place / execute.KEPT
        if not kept.exists():
            raise execute.RunError(
                f"{place}: does not hold its study: go on with it by `fit` into this folder"
            )
        study, settings, _ = prepared_study.read(kept)
        execute.begin(place, execute.request(study, settings), resume=True)
        _drawn(study, settings, place)
    return FittedRun(place)


def _drawn(study: Study, settings: Settings, folder: Path) -> None:
    tell = Teller()
    if not execute.execute(study, settings, folder, tell, lambda: False):
        raise resumable.CheckpointError(f"{folder}: was stopped: go on with it by `resume`")
    results.finish(study, folder, tell)


def _hypothesis(study: Study) -> str:
    from models.catalogue import HYPOTHESES

    free = [h.name for h in HYPOTHESES.values() if h.free in study.names]
    return free[0] if free else "H0"
