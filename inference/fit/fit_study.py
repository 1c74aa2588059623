"""Fit a study: draw from its posterior into a folder, judge what was drawn, and open what is there.

    run = fit(study, QUICK, to="results/a")

`inference.fit.fit_study` loads no table library: a machine with little more than JAX draws, and the files are
written where ArviZ is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from inference.fit.fitted_run import FittedRun
from inference.fit.predictions import all_drawn
from inference.fit.run_folder import KEPT, RunError, read_note, request, take, write_note
from inference.likelihood.reduced_parts import Split, split
from inference.likelihood.study_posterior import reduced
from inference.runs import provenance
from inference.runs.console import Teller, duration
from inference.runs.folders import run_folder
from inference.runs.resumable import StopAskedError
from inference.runs.run import Run, never
from inference.runs.settings import FULL, QUICK, Settings
from inference.samplers.choices import sampler_called
from inference.samplers.sampler import Sampler
from inference.study import prepared_study
from inference.study.findings import UNREACHED
from inference.study.study import Study, StudyError
from models.catalogue import HYPOTHESES


class StoppedError(RuntimeError):
    """A run that was asked to stop before its end; what it has drawn is kept."""


def fit(
    study: Study,
    settings: Settings = FULL,
    *,
    to: str | Path,
    sampler: Sampler | None = None,
    resume: bool = True,
    teller: Teller | None = None,
    stop: Callable[[], bool] = never,
) -> FittedRun:
    """Draw from the posterior of a study into a folder, judge the draws and write the files of the run.

    Args:
        settings: `FULL`, or `QUICK`, which exercises everything and whose numbers are not for use.
        to: folder of the run.
        sampler: in place of the one that the settings name; of `FULL` and `QUICK` it takes its own sizes.
        resume: go on with this run where it stopped, open it if it is finished; otherwise a folder that holds
            a run is refused.
        teller: says what happens.
        stop: has somebody asked to end? It is asked between pieces of work.

    Returns:
        The run; without its files where ArviZ is not installed.

    Raises:
        StudyError: an observable depends on nothing that is estimated.
        RunError: the folder holds something else.
        SamplerError: the sampler cannot run here.
        StoppedError: `stop` ended it.
    """
    method = sampler or sampler_called(settings.sampler)
    method.require()
    if idle := next((line for line in study.told if UNREACHED in line), None):
        raise StudyError(f"{idle}: leave them out, or estimate what they depend on")
    if sampler is not None and sampler.name != settings.sampler:
        base = settings in (FULL, QUICK)
        settings = sampler.sized(settings) if base else replace(settings, sampler=sampler.name)
    run = Run(Path(to), teller or Teller(), stop)
    if take(run.folder, study, settings, resume=resume):
        run.say(f"{run.folder}: this run is finished; nothing to do")
        return FittedRun(run.folder)
    _keep(study, settings, run)
    run.say(
        f"Study {study.id}: {len(study.unknowns)} parameters, {len(study.experiments)} experiments, "
        f"{len(study.measurements.value)} measurements"
    )
    run.say(f"Computing on {provenance.device_line()}; results go to {run.folder}")
    try:
        if not draw(study, settings, run, method):
            raise StopAskedError
        if find_spec("arviz") is not None:
            from inference.fit.fit_files import finish

            finish(study, run, method)
    except StopAskedError:
        raise StoppedError(f"{run.folder}: was stopped: go on with it by `resume`") from None
    return FittedRun(run.folder)


def resume(
    folder: str | Path,
    *,
    sampler: Sampler | None = None,
    teller: Teller | None = None,
    stop: Callable[[], bool] = never,
) -> FittedRun:
    """A run by its folder, or by its name under results/: opened if it is finished, gone on with otherwise.

    Args:
        sampler, teller, stop: as in `fit`.

    Raises:
        RunError: there is no run, or it does not hold its study.
    """
    place = run_folder(str(folder)) or Path(folder)
    if read_note(place).get("status") == "finished":
        return FittedRun(place)
    if not (place / KEPT).exists():
        raise RunError(f"{place}: does not hold its study: go on with it by `fit` into this folder")
    study, settings, _ = prepared_study.read(place / KEPT)
    return fit(study, settings, to=place, sampler=sampler, teller=teller, stop=stop)


def _keep(study: Study, settings: Settings, run: Run) -> None:
    """The study beside its run, so that `resume` and `finish` need nothing else."""
    if (run.folder / KEPT).exists():
        return
    free = [h.name for h in HYPOTHESES.values() if h.free in study.names]
    try:
        prepared_study.write(study, settings, run.folder / KEPT, hypothesis=free[0] if free else "H0")
    except StudyError as error:
        run.say(f"  {error}: go on with this run by `fit` alone")


def draw(study: Study, settings: Settings, run: Run, sampler: Sampler) -> bool:
    """Sample, predict and keep everything in the folder of the run; False if it was stopped before the end
    (then everything so far is kept).
    """
    begun = time.time()
    kept = run.within("checkpoint")
    kept.belongs_to(request(study, settings))  # draws may outlive a run.json that is damaged
    write_note(run.folder, study, settings, "running")
    parts = Split(study, split(study))
    sampled = reduced(parts, rtol=settings.rtol, atol=settings.atol)
    if len(sampled.gone):
        run.say(
            f"Integrating out {len(sampled.gone)} scales, blanks and noises of instruments; they are drawn "
            f"afterwards"
        )
    sampling = time.monotonic()
    draws = sampler.run(sampled.problem, settings, kept)
    if draws is None:
        return False
    run.say(f"  sampled in {time.monotonic() - sampling:.0f} s" + (f"; {draws.ended}" if draws.ended else ""))
    run.say("Predicting every measurement from the posterior and the prior ...")
    all_drawn(parts, sampled, settings, draws, run).write(run.folder)
    wall = time.time() - begun
    found = {"kept_draws": draws.z.shape[1], "ended": draws.ended} if draws.ended else {}
    write_note(run.folder, study, settings, "sampled", wall_time_s=round(wall, 1), **found)
    run.say(f"  all draws and predictions kept after {duration(wall)}")
    return True
