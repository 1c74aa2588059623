"""Are the intervals calibrated? `gp130 calibrate [STUDY] [--out DIR]`; exit code 3 when the test fails."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import file_name, results_folder
from inference.runs.outputs import write_figure, write_text
from models.engine.machine import prepare_jax

DEFAULT = "feedback_reduced"
RTOL, ATOL = 1e-4, 1e-7  # data and fits use the same, so the ranks do not depend on it
MOVES, LAST = 8, 120  # steps of the walk at each temperature, and at the posterior itself

app = new_app()


@app.command(cls=Subcommand)
def main(
    study: options.StudyName = DEFAULT,
    out: Annotated[
        Path | None, typer.Option(help="default results/calibrate-STUDY; an unfinished run goes on")
    ] = None,
    fits: Annotated[int, typer.Option(min=20, help="data sets drawn and fitted")] = 256,
    draws: Annotated[
        int, typer.Option(min=31, help="kept posterior draws of each; fewer cannot tell how well they mix")
    ] = 63,
    sampler: Annotated[
        str, typer.Option(help="walk: tempered random walks, from values alone; nuts: needs gradients, hours")
    ] = "walk",
    seed: options.Seed = 1,
    device: options.Device = "auto",
    on: On = None,
    run: Annotated[
        Path | None, typer.Option(help="folder of a fit: LOO-PIT of its measurements instead, in seconds")
    ] = None,
    wrong_noise: Annotated[
        float,
        typer.Option(min=0.01, help="believe in this many times the true noise: the test must then fail"),
    ] = 1.0,
) -> None:  # long: an option a line
    """Simulation-based calibration of a study: data from its own prior, one fit each, ranks of the truth."""
    options.chosen("--sampler", sampler, ("walk", "nuts"))
    if run is not None and not (run / "posterior.nc").exists():
        raise fail(f"--run {run}: holds no posterior.nc: name the folder of a finished fit")
    prepare_jax(device)
    from inference.calibration import coverage, many_fits, simulated_data
    from inference.runs.console import Teller, duration, stop_when_asked
    from inference.runs.provenance import device_line
    from inference.runs.resumable import require_writable
    from inference.runs.run import Run
    from inference.samplers import random_walk_smc
    from inference.study.loading import load

    tell = Teller()
    if run is not None:
        raise typer.Exit(judge_run(run, out or run, tell))
    loaded = load(study)
    name = f"calibrate-{loaded.id}" + ("" if wrong_noise == 1.0 else f"-noise-x{wrong_noise:g}")
    folder = out or results_folder() / file_name(name)
    require_writable(folder, 50 * 2**20)
    tell.say(
        f"Study {loaded.id}: {len(loaded.unknowns)} parameters, {len(loaded.protocols)} dishes; {fits} "
        f"data sets from the prior, "
        f"each fitted with {draws} kept draws"
    )
    tell.say(f"Computing on {device_line()}; results go to {folder}")
    if len(loaded.unknowns) > 8:
        tell.say("  more than eight parameters: this may take hours")
    begun, asked = time.monotonic(), stop_when_asked(tell)
    solved = simulated_data.HowSolved(RTOL, ATOL, wrong_noise)
    with computing(on, tell) as executor:
        work = Run(folder, tell, asked, executor=executor)
        if sampler == "walk":
            walks = random_walk_smc.Walkers(draws, MOVES, LAST)
            found = simulated_data.by_walks(
                loaded, solved, fits, walks, seed, work, lambda i, seen: tell.say(progress(i, seen))
            )
        else:
            plan = many_fits.NutsLengths(fits=fits, batch=min(64, fits), draws=draws)
            with tell.bar("batches of data sets", -(-fits // plan.batch)) as bar:
                found = simulated_data.by_nuts(
                    loaded,
                    solved,
                    plan,
                    seed,
                    work,
                    lambda i, seen: bar.to(
                        i, f"{int(seen['poor'].sum())} of {len(seen['poor'])} mixed badly"
                    ),
                )
    if found is None:
        tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
        raise typer.Exit(130)
    verdict = judged(found, loaded, seed)
    text = coverage.in_words(verdict)
    heading = f"# Calibration of {loaded.id}\n\n" + (
        ""
        if wrong_noise == 1.0
        else f"The likelihood is wrong on purpose: it believes in {wrong_noise:g} times the true noise.\n\n"
    )
    write_text(heading + text, folder / "summary.md")
    how = {
        "study": loaded.id,
        "study_fingerprint": loaded.fingerprint,
        "seed": seed,
        "fits": fits,
        "draws": draws,
        "wrong_noise": wrong_noise,
        "sampler": sampler,
        "wall_time_s": round(time.monotonic() - begun, 1),
        "device": device_line(),
    }
    write_verdict(verdict, how, folder)
    tell.say(text)
    tell.say(
        f"Written to {folder} after {duration(time.monotonic() - begun)}: summary.md, calibration.json, "
        f"ranks.png, histograms.png, "
        "coverage.png"
    )
    if not verdict.ok:
        raise typer.Exit(3)


def judged(found: Any, study: Any, seed: int) -> Any:
    """Ranks of the truth among the draws of every parameter and of the log-likelihood, and what they say."""
    import numpy as np

    from inference.calibration import coverage

    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    posterior = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    ranks = coverage.ranks(truth, posterior, seed)
    return coverage.judge([*study.names, "log-likelihood"], ranks, found.z.shape[1], found.poor, seed)


def write_verdict(verdict: Any, how: dict[str, Any], folder: Path) -> None:
    """The figures, and calibration.json: how it was done and what came out."""
    from inference.calibration import calibration_figures, coverage
    from inference.runs.resumable import write_json

    for title, draw in {
        "ranks": calibration_figures.rank_ecdfs,
        "histograms": calibration_figures.rank_histograms,
        "coverage": calibration_figures.coverage,
    }.items():
        figure = draw(verdict)
        write_figure(figure, folder / f"{title}.png")
        calibration_figures.plt.close(figure)
    write_json(
        folder / "calibration.json",
        {
            **how,
            "ok": verdict.ok,
            "reasons": verdict.reasons,
            "p": dict(zip(verdict.names, verdict.p.tolist(), strict=True)),
            "levels": coverage.LEVELS,
            "coverage": dict(zip(verdict.names, verdict.coverage.T.tolist(), strict=True)),
            "poor": verdict.poor,
            "finds": {
                "sd too small by": verdict.narrow,
                "sd too large by": verdict.wide,
                "centre off by posterior sd": verdict.shifted,
            },
            "alpha": coverage.ALPHA,
        },
    )


def progress(i: int, seen: Any) -> str:
    """One line on how far the walks have come."""
    power, walked = seen["power"], int(seen["walked"])
    if walked:
        return f"  posterior: {walked} of {LAST} steps, {100 * seen['accepted'].mean():.0f} % taken"
    return (
        f"  temperature {i}: {int((power == 1).sum())} of {len(power)} fits at the posterior, the "
        f"slowest at power {power.min():.2g}"
    )


def judge_run(run: Path, folder: Path, tell: Any) -> int:
    """LOO-PIT of a finished fit into loo_pit.json and loo_pit.png; 3 where it is not uniform."""
    from inference.fit import loo_pit
    from inference.runs import labelled_tree
    from inference.runs.resumable import write_json

    found = loo_pit.of_run(labelled_tree.load(run / "posterior.nc"))
    folder.mkdir(parents=True, exist_ok=True)
    write_figure(loo_pit.figure(found), folder / "loo_pit.png")
    write_json(
        folder / "loo_pit.json",
        {
            "sentence": found.sentence,
            "p": found.p,
            "pit": found.pit.tolist(),
            "pareto_k": found.k.tolist(),
            "observable": found.observable.tolist(),
        },
    )
    tell.say(found.sentence)
    return 0 if found.p > 0.01 else 3
