"""Are the intervals calibrated? `gp130 calibrate [STUDY] [--out DIR]`; exit code 3 when the test fails."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from inference.command import options
from inference.command.start import Subcommand, fail, new_app
from inference.command.team_option import On, computing
from inference.runs.folders import file_name, results_folder
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
    fits: Annotated[
        int | None, typer.Option(min=8, help="data sets drawn and fitted; default 256, of nuts 64")
    ] = None,
    draws: Annotated[
        int, typer.Option(min=31, help="kept posterior draws of each; fewer cannot tell how well they mix")
    ] = 63,
    sampler: Annotated[
        str,
        typer.Option(
            help="walk: the quick form, tempered random walks from values alone; nuts: what fit ships, the "
            "same reduction and NUTS, minutes a data set"
        ),
    ] = "walk",
    seed: options.Seed = 1,
    device: options.Device = "auto",
    on: On = None,
    run: Annotated[
        Path | None,
        typer.Option(help="folder of a fit: instead, are its measurements predicted when left out? seconds"),
    ] = None,
    wrong_noise: Annotated[
        float,
        typer.Option(min=0.01, help="believe in this many times the true noise: the test must then fail"),
    ] = 1.0,
) -> None:  # long: an option a line, a record a key
    """Simulation-based calibration of a study: data from its own prior, one fit each, ranks of the truth."""
    options.chosen("--sampler", sampler, ("walk", "nuts"))
    if run is not None and not (run / "posterior.nc").exists():
        raise fail(f"--run {run}: holds no posterior.nc: name the folder of a finished fit")
    prepare_jax(device)
    from inference.calibration import calibration_files, shipped_fits, simulated_data
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
    shipped, asked_for = sampler == "nuts", fits or (64 if sampler == "nuts" else 256)
    name = f"calibrate-{loaded.id}" + ("-nuts" if shipped else "")
    folder = out or results_folder() / file_name(
        name + ("" if wrong_noise == 1.0 else f"-noise-x{wrong_noise:g}")
    )
    require_writable(folder, 50 * 2**20)
    tell.say(
        f"Study {loaded.id}: {len(loaded.unknowns)} parameters, {len(loaded.protocols)} dishes; {asked_for} "
        f"data sets from the prior, each fitted with {draws} kept draws; "
        + ("the reduction and NUTS of fit" if shipped else "the quick form: random walks from values alone")
    )
    tell.say(f"Computing on {device_line()}; results go to {folder}")
    if not shipped and len(loaded.unknowns) > 8:
        tell.say("  more than eight parameters: this may take hours")
    begun, asked = time.monotonic(), stop_when_asked(tell)
    facts = shipped_fits.ShippedFacts(replace(shipped_fits.SHORT, seed=seed), draws, wrong_noise)
    with computing(on, tell) as executor:
        work = Run(folder, tell, asked, executor=executor)
        if shipped:
            with tell.bar("data sets (the first includes compilation)", asked_for) as bar:
                poor: list[bool] = []

                def told(i: int, seen: Any) -> None:
                    poor.append(bool(seen["poor"][0]))
                    bar.to(i, f"{sum(poor)} of {len(poor)} mixed badly")

                found = shipped_fits.fit_each(loaded, facts, asked_for, work, told)
        else:
            solved = simulated_data.HowSolved(RTOL, ATOL, wrong_noise)
            walks = random_walk_smc.Walkers(draws, MOVES, LAST)
            found = simulated_data.by_walks(
                loaded, solved, asked_for, walks, seed, work, lambda i, seen: tell.say(progress(i, seen))
            )
    stopped = found is None
    if found is None:
        tell.say(f"Stopped. Everything so far is kept in {folder}; the same command goes on")
        found = shipped_fits.so_far(folder) if shipped else None
        if found is None or len(found.poor) < calibration_files.LEAST:
            raise typer.Exit(130)
    done = len(found.poor)
    verdict = calibration_files.judged(found, loaded.names, seed)
    heading = f"# Calibration of {loaded.id}\n\n" + (
        f"What fit ships: the same reduction and NUTS; {done} of the {asked_for} data sets asked.\n\n"
        if shipped
        else "The quick form: random walks from values alone, not what fit ships.\n\n"
    )
    if wrong_noise != 1.0:
        heading += (
            f"The likelihood is wrong on purpose: it believes in {wrong_noise:g} times the true noise.\n\n"
        )
    kinds = shipped_fits.kinds_of(loaded, RTOL, ATOL) if shipped else {}
    text = calibration_files.write(
        verdict,
        kinds,
        folder,
        heading,
        {
            "study": loaded.id,
            "study_fingerprint": loaded.fingerprint,
            "seed": seed,
            "fits": done,
            "fits_asked": asked_for,
            "draws": draws,
            "wrong_noise": wrong_noise,
            "sampler": sampler,
            "wall_time_s": round(time.monotonic() - begun, 1),
            "device": device_line(),
        },
    )
    tell.say(text)
    tell.say(
        f"Written to {folder} after {duration(time.monotonic() - begun)}: summary.md, calibration.json, "
        "ranks.png, histograms.png, coverage.png"
    )
    if stopped:
        raise typer.Exit(130)
    if not verdict.ok:
        raise typer.Exit(3)


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
    """LOO-PIT of a finished fit into loo_pit.json and loo_pit.png, and what is left out together into
    left_out.csv and left_out.md; 3 where LOO-PIT is not uniform.
    """
    from inference.fit import left_out, loo_pit
    from inference.runs import labelled_tree
    from inference.runs.outputs import write_figure, write_table, write_text
    from inference.runs.resumable import write_json

    dt = labelled_tree.load(run / "posterior.nc")
    found = loo_pit.of_run(dt)
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
    together = left_out.of_run(dt)
    write_table(left_out.table(together), folder / "left_out.csv", index=False)
    write_text(left_out.in_words(together), folder / "left_out.md")
    tell.say(found.sentence)
    tell.say("Left out together:\n" + left_out.in_words(together))
    return 0 if found.p > 0.01 else 3
