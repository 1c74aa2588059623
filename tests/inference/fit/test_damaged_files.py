"""A flipped bit or a cut in any file of a run is told in one line that names the file and what to do.

All files here end with a checksum, so there is no bit whose flip may pass unseen.
"""

import json
import pathlib
import random
import shutil
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from inference.fit import run_folder
from inference.fit.drawn import Drawn, read_drawn
from inference.resistance.believed_from import run_source
from inference.runs import labelled_tree, resumable
from inference.runs.console import Teller
from inference.runs.outputs import write_kept_table
from inference.runs.run_record import read_run, read_verdict
from inference.runs.settings import QUICK
from inference.runs.text_tables import read_table
from inference.simulation import dish_dataset
from inference.study import prepared_study
from inference.study.loading import load
from inference.study.study import StudyError
from models.engine import resumable_file
from models.whole_file import DamagedFileError

Read = Callable[[pathlib.Path], object]


def drawn(folder: pathlib.Path) -> object:
    """A walk of two pieces: its chunks and its identity."""
    return resumable.drive(
        folder,
        {"walk": 1},
        lambda: [np.zeros(3)],
        lambda i, _: i == 2,
        lambda i, state: ([np.asarray(state[0]) + i], {"x": np.arange(40.0)}),
    )


@pytest.fixture(scope="module")
def whole(tiny, a_finished_run, tmp_path_factory) -> pathlib.Path:
    """The files of a finished run, each by the function that writes it."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    a_finished_run(folder, False)
    for name in ("run.json", "verdict.json"):
        resumable.write_json(folder / name, json.loads((folder / name).read_text()))
    drawn(folder / "checkpoint" / "chunks")
    values = xr.Dataset({"a": ("x", np.arange(9.0))}, attrs={"mark": ""})
    for name in ("ranking.nc", "scan.nc"):
        labelled_tree.save(xr.DataTree.from_dict({"/": values}), folder / name)
    for name in ("ranking.json", "calibration.json", "comparison.json"):
        resumable.write_json(folder / name, {"ok": True, "p": {"k": 0.25}})
    dish_dataset.save(values, folder / "dish.nc")
    drawn(folder / "walks")
    empty = np.zeros((2, 3, 1))
    kept = {f.name: empty for f in fields(Drawn) if f.name not in ("stats", "superchains")}
    Drawn(**kept, superchains=2, stats={"diverging": empty}).write(folder)
    for file in ("many.h5", "joined.h5"):
        for index in range(2):
            resumable_file.write_part(folder / file, index, "this run", {"values": np.ones((4, 3))})
    with resumable_file.joining(folder / "joined.h5", 2) as (temporary, parts):
        resumable_file.joined(temporary, parts, {}, {"fingerprint": "this run"})
    prepared_study.write(load(tiny, lint=False), QUICK, folder / run_folder.KEPT, hypothesis="H0")
    for name in TABLES:
        write_kept_table(pd.DataFrame({"median": [0.5], "unit": ["nM"]}), folder / name)
    return folder


TABLES = ("summary.csv", "failures.csv", "facts.csv", "lines.csv")

# each file of the run, and what reads it first when a command meets it
READ: dict[str, Read] = {
    "run.json": lambda run: read_run(run / "run.json"),
    "verdict.json": lambda run: read_verdict(run / "verdict.json"),
    "posterior.nc": lambda run: run_source(run, True),
    "ranking.nc": lambda run: labelled_tree.load(run / "ranking.nc"),
    "scan.nc": lambda run: labelled_tree.load(run / "scan.nc"),
    "ranking.json": lambda run: resumable.read_json(run / "ranking.json", "delete it"),
    "calibration.json": lambda run: resumable.read_json(run / "calibration.json", "delete it"),
    "comparison.json": lambda run: resumable.read_json(run / "comparison.json", "delete it"),
    "walks/identity.json": lambda run: drawn(run / "walks"),
    "walks/000001.npz": lambda run: drawn(run / "walks"),
    "checkpoint/drawn.npz": read_drawn,
    "dish.nc": lambda run: resumable_file.complete(run / "dish.nc", ""),
    "joined.h5": lambda run: resumable_file.complete(run / "joined.h5", "this run"),
    "checkpoint/chunks/identity.json": lambda run: drawn(run / "checkpoint" / "chunks"),
    "checkpoint/chunks/000000.npz": lambda run: drawn(run / "checkpoint" / "chunks"),
    "checkpoint/chunks/000001.npz": lambda run: drawn(run / "checkpoint" / "chunks"),
    "many.h5.parts/0000000.h5": lambda run: resumable_file.finished(run / "many.h5", "this run", 2),
    **{name: lambda run, n=name: read_table(run / n, (), "delete it") for name in TABLES},
    run_folder.KEPT: lambda run: prepared_study.read(run / run_folder.KEPT),
}


@pytest.fixture
def run(whole, tmp_path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(whole, tmp_path / "run"))


def test_the_files_themselves_are_read(run):
    for read in READ.values():
        read(run)


def told(read: Read, run: pathlib.Path, name: str) -> None:
    with pytest.raises((DamagedFileError, StudyError)) as caught:
        read(run)
    line = str(caught.value)
    assert line.startswith(f"{run / name}: ")
    assert "\n" not in line
    assert any(word in line for word in ("delete", "prepare it again")), line


@pytest.mark.parametrize("seed", [0, *(pytest.param(s, marks=pytest.mark.slow) for s in range(1, 7))])
@pytest.mark.parametrize("name", READ)
def test_one_flipped_bit_is_told(run, name, seed):
    path, rng = run / name, random.Random(f"{name} {seed}")
    content = path.read_bytes()
    for _ in range(4):
        changed = bytearray(content)
        changed[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(changed)
        told(READ[name], run, name)


@pytest.mark.parametrize("share", [0.0, 0.5, 0.95])
@pytest.mark.parametrize("name", READ)
def test_a_cut_is_told(run, name, share):
    path = run / name
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    if share == 0 and name in ("dish.nc", "joined.h5"):
        assert not READ[name](run)  # an empty one is none: it is made again
        return
    told(READ[name], run, name)


def test_a_chunk_that_is_deleted_is_drawn_again_bit_for_bit(run):
    path = run / "checkpoint" / "chunks" / "000001.npz"
    before = path.read_bytes()
    path.write_bytes(before[:50])
    told(READ["checkpoint/chunks/000001.npz"], run, "checkpoint/chunks/000001.npz")
    path.unlink()
    drawn(run / "checkpoint" / "chunks")
    assert path.read_bytes() == before


def rewritten(run: pathlib.Path, change: Callable[[xr.Dataset], xr.Dataset]) -> None:
    """posterior.nc with another posterior, written without a fault."""
    dt = labelled_tree.load(run / "posterior.nc")
    dt["posterior"] = xr.DataTree(change(dt["posterior"].to_dataset()))
    labelled_tree.save(dt, run / "posterior.nc")


@pytest.mark.parametrize(
    "change, finding",
    [
        (lambda p: p.rename(k_SR="k_XX"), "k_SR|k_XX"),
        (lambda p: p.drop_vars("K_iS"), "K_iS"),
        (lambda p: p.assign(K_iS=p["K_iS"] * np.nan), "K_iS.* not finite"),
        (lambda p: p.assign(K_iS=-p["K_iS"]), "K_iS.* negative"),
    ],
)
def test_a_posterior_that_somebody_changed_is_told(run, change, finding):
    rewritten(run, change)
    with pytest.raises(DamagedFileError, match=rf"posterior\.nc: is damaged .*({finding}).*delete it"):
        run_source(run, True)


def test_a_verdict_that_is_no_truth_value_is_refused(run):
    (run / "verdict.json").write_text('{"ok": "no", "reasons": []}')
    with pytest.raises(DamagedFileError, match="ok is 'no'"):
        run_source(run, True)


def test_files_from_before_which_have_no_checksum_still_open(run):
    for name in ("run.json", "verdict.json"):
        content = json.loads((run / name).read_text())
        del content["sha256"]
        (run / name).write_text(json.dumps(content))
    for name in ("posterior.nc", "ranking.nc", "checkpoint/chunks/000000.npz", "many.h5.parts/0000000.h5"):
        path = run / name
        path.write_bytes(path.read_bytes().rpartition(b"\ngp130 sha256 ")[0])
    for name in TABLES:
        (run / f"{name}.sha256").unlink()
    for read in READ.values():
        read(run)


def test_a_checksum_beside_a_table_that_is_damaged_is_told_too(run):
    for content in (b"", b"x", (run / "facts.csv.sha256").read_bytes()):
        (run / "summary.csv.sha256").write_bytes(content)
        told(READ["summary.csv"], run, "summary.csv")


def test_a_path_may_look_like_markup(whole, tmp_path, capsys):
    run = pathlib.Path(shutil.copytree(whole, tmp_path / "run[" / "x]"))
    for read in READ.values():
        read(run)
    Teller().say(f"Written to {run}: [/x] [bold]")
    assert f"{run}: [/x] [bold]" in capsys.readouterr().out
