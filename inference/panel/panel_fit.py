"""Fit a panel of lines: starts, a pilot that learns the metric, NUTS, and the files of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from inference.likelihood.many_points import Batch, minimise
from inference.panel import panel_tables
from inference.panel.panel_data import arrays
from inference.panel.panel_files import finish
from inference.panel.panel_model import PanelModel
from inference.panel.panel_run import PanelRun
from inference.panel.panel_tables import PanelError, PanelTables
from inference.runs.console import Teller
from inference.runs.resumable import require_writable, write_json
from inference.runs.run import Run, never
from inference.runs.settings import Settings
from inference.samplers.draws import Draws
from inference.samplers.nuts import sample, told_on

FULL = Settings(
    chains=4,
    warmup=100,
    draws=500,
    seed=1,
    starts=4,
    search_steps=60,
    prior_draws=1000,
    rtol=1e-4,
    atol=1e-7,
    quick=False,
    target=0.85,
    max_tree_depth=6,
)
QUICK = replace(
    FULL, warmup=10, draws=20, search_steps=30, prior_draws=200, quick=True, target=0.8, max_tree_depth=4
)
PILOT = {False: (60, 60), True: (10, 10)}  # warm-up and draws of the pilot, by `quick`
BEGIN = 0.5  # sd of the starting points: of their beliefs' (our choice)
SPACE = 200 * 2**20


class PanelStoppedError(RuntimeError):
    """A panel that was asked to stop; what it has drawn is kept."""


def fit_panel(
    tables: PanelTables,
    settings: Settings = FULL,
    *,
    to: Path,
    teller: Teller | None = None,
    stop: Callable[[], bool] = never,
) -> PanelRun:
    """Draw from the posterior of a panel into a folder and write its files; the same call goes on.

    Args:
        tables: what was measured; settings: `FULL` or `QUICK` of this module, or of the same kind.
        to: folder of the run.

    Raises:
        PanelError: the panel cannot be fitted; the folder holds something else.
        PanelStoppedError: `stop` ended it.
    """
    run = Run(to, teller or Teller(), stop)
    if not (to / "checkpoint").exists() and to.exists() and any(to.iterdir()):
        raise PanelError(f"{to}: is not empty and holds no panel: choose another `out`")
    require_writable(to, SPACE)
    for line in tables.told:
        run.say(f"  {line}")
    model = PanelModel(arrays(tables))
    data = model.data
    run.within("checkpoint").belongs_to(
        {"panel": _fingerprint(tables), "settings": asdict(settings), "unknowns": list(model.layout.names)}
    )
    if (to / "verdict.json").exists() and (to / "posterior.nc").exists():
        run.say(f"{to}: this panel is finished; nothing to do")
        return PanelRun(to)
    panel_tables.write(tables, to)
    run.say(
        f"Panel: {len(data.lines)} lines, {len(data.drugs)} drugs, {len(data.cells)} pairs of them, "
        f"{len(data.of_curve)} viabilities and {len(data.of_half)} reported IC50, "
        f"{int(np.sum(data.beyond != 0))} of these beyond their range; {model.layout.size} unknowns"
    )
    write_json(to / "run.json", {"panel": True, "status": "running", "settings": asdict(settings)})
    draws = drawn(model, settings, run.within("checkpoint"))
    if draws is None:
        raise PanelStoppedError(f"{to}: was stopped: the same call goes on")
    finish(model, tables, draws, settings, run)
    return PanelRun(to)


def _fingerprint(tables: PanelTables) -> str:
    import hashlib

    text = tables.measured.to_csv(index=False) + tables.lines.to_csv(index=False)
    return hashlib.sha256(text.encode()).hexdigest()


def drawn(model: PanelModel, settings: Settings, run: Run, begin: np.ndarray | None = None) -> Draws | None:
    """Draws of the unknowns; None if it was stopped.

    Args:
        begin: starting points (chain, unknown) in place of searches.
    """
    problem = model.problem
    batch = Batch(problem, settings.chains)
    points = _starts(problem.priors.names, batch, settings, run) if begin is None else begin
    warmup, kept = PILOT[settings.quick]
    covariance = np.eye(len(problem.names))
    run.say("Pilot: learns how far each unknown can move (the first draws include compilation) ...")
    pilot = replace(settings, warmup=warmup, draws=kept)
    first = _told(model, pilot, points, covariance, run.within("pilot"), batch)
    if first is None:
        return None
    covariance = metric(first.z)
    run.say(
        f"Sampling: NUTS, {settings.chains} chains, {settings.warmup} warm-up and {settings.draws} kept "
        f"draws ..."
    )
    return _told(model, settings, first.z[:, -1], covariance, run.within("chunks"), batch)


def metric(z: np.ndarray) -> np.ndarray:
    """Covariance (unknown, unknown) of draws (chain, draw, unknown), drawn towards its diagonal as if five
    draws an unknown had none beside it.
    """
    flat = z.reshape(-1, z.shape[-1])
    found = np.cov(flat, rowvar=False)
    share = len(flat) / (len(flat) + 5.0 * z.shape[-1])
    least = np.maximum(np.diag(found), 1e-3)
    return share * found + (1 - share) * np.diag(least)


def _starts(names: tuple[str, ...], batch: Batch, settings: Settings, run: Run) -> np.ndarray:
    if (found := run.read("starts.npz")) is not None:
        return found["z"]
    rng = np.random.default_rng(settings.seed)
    run.say(f"Searching from {settings.starts} starts (the first step includes compilation) ...")
    with run.bar("search", settings.search_steps) as bar:

        def report(done: int, _: int, best: float) -> None:
            bar.to(done, f"best log posterior {-best:.1f}")
            run.look()

        z, value = minimise(
            batch,
            BEGIN * rng.standard_normal((settings.chains, len(names))),
            max_steps=settings.search_steps,
            tolerance=1e-4,
            report=report,
        )
    if not np.all(np.isfinite(value)):
        raise PanelError("panel: a starting point could not be solved: check units of doses and hours")
    run.write("starts.npz", {"z": z, "potential": value})
    return z


def _told(
    model: PanelModel, settings: Settings, z: np.ndarray, covariance: np.ndarray, run: Run, batch: Batch
) -> Draws | None:
    with run.bar("draws", settings.warmup + settings.draws) as bar:
        report = told_on(bar, settings)
        return sample(model.problem, settings, jnp.asarray(z), covariance, run, report, batch=batch)
