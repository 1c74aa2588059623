"""Studies fitted, and what a finished fit says."""

from __future__ import annotations

from pathlib import Path

from inference.fit import fit_study
from inference.fit.fitted_run import FittedRun as FittedRun
from inference.runs.settings import FULL, Settings
from inference.samplers.sampler import Sampler
from inference.study import loading
from inference.study.study import Study


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
    return loading.load(path if path.is_file() else study, hypothesis=hypothesis)


def fit(
    study: Study | str | Path, settings: Settings = FULL, *, to: str | Path, sampler: Sampler | None = None
) -> FittedRun:
    """Draw from the posterior of a study into a folder; an unfinished run goes on, a finished one is opened.

    Args:
        settings: `FULL`, or `QUICK`, which exercises everything and whose numbers are not for use.
        to: folder of the run.
        sampler: one of your own, in place of that which the settings name.

    Raises:
        RunError: the folder holds another run.
        SamplerError: the sampler cannot run here.

    Example:
        >>> import inference as gp
        >>> from dataclasses import replace
        >>> study = gp.load("feedback_reduced")
        >>> short = replace(gp.QUICK, chains=2, starts=2)
        >>> run = gp.fit(study, short, to="results/example")  # doctest: +ELLIPSIS
        Study feedback_reduced: ...
        >>> run.posterior["k_SR"].dims
        ('chain', 'draw')
        >>> run.verdict.usable
        False
        >>> run.verdict.why_not[-1]
        'a quick run, not for use'
    """
    return fit_study.fit(study if isinstance(study, Study) else load(study), settings, to=to, sampler=sampler)


def resume(folder: str | Path) -> FittedRun:
    """A run by its folder, or by its name under results/: opened if it is finished, gone on with otherwise.

    Raises:
        RunError: there is no run, or it does not hold its study.

    Example:
        >>> import inference as gp
        >>> run = gp.resume("results/example")
        >>> bool(run.prior["k_SR"].mean() > 0)
        True
    """
    return fit_study.resume(folder)
