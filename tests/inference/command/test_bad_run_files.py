"""What a command says to files of a run that are damaged or made by somebody else, as its user meets it: one
line that names the file and what to do, exit code 2, and nothing in a file is run.
"""

import gzip
import json
import os
import pathlib
import random
import shutil
import signal
import stat
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

from inference.command.main import app
from inference.fit import run_folder
from inference.fit.fitted_run import FittedRun
from inference.report.write import run_records
from inference.runs import labelled_tree
from inference.runs.resumable import read_arrays, read_json, write_json
from models.whole_file import DamagedFileError, sealed

SHORT = "--quick --chains 2 --warmup 4 --draws 4 --starts 2"
EVENT = """<listOfInitialAssignments><initialAssignment symbol="X">
<math xmlns="http://www.w3.org/1998/Math/MathML"><cn>9</cn></math></initialAssignment></listOfInitialAssignments>"""


@pytest.fixture(scope="module", autouse=True)
def signals() -> Iterator[None]:
    """A command listens to signals; after it the tests do again."""
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def gp130(words: str, *more: object) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*words.split(), *map(str, more)], prog_name="gp130")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def refused(words: str, *more: object) -> str:
    """The one line that it says."""
    code, _, line = gp130(words, *more)
    assert code == 2, line
    assert line.count("\n") == 1
    return line


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory) -> pathlib.Path:
    """A finished run, in a folder whose name looks like markup, made under umask 022."""
    folder = tmp_path_factory.mktemp("bad") / "run[" / "x]"
    before = os.umask(0o022)
    try:
        code, said, error = gp130(f"fit {tiny} {SHORT} --out", folder)
    finally:
        os.umask(before)
    assert code == 0, error
    assert str(folder) in said
    return folder


@pytest.fixture
def run(whole, tmp_path) -> pathlib.Path:
    return pathlib.Path(shutil.copytree(whole, tmp_path / "run"))


@pytest.fixture(scope="module")
def prepared(tiny, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("prepared") / "tiny.json.gz"
    assert gp130(f"fit {tiny} {SHORT} --prepare", path)[0] == 0
    return path.read_bytes()


def unfinished(run: pathlib.Path) -> None:
    """As a run that was killed before its draws were all there."""
    for name in ("posterior.nc", "verdict.json", "checkpoint/drawn.npz"):
        (run / name).unlink()


def with_call(prepared: bytes, touched: pathlib.Path) -> bytes:
    content = json.loads(zlib.decompress(prepared, wbits=31))
    call = f"__import__('pathlib').Path({str(touched)!r}).touch()"
    content["tables"]["model"]["network"]["reactions"][0]["rate"] = call
    return sealed(gzip.compress(json.dumps(content).encode()))


def test_a_call_in_a_prepared_file_is_refused_and_not_run(prepared, run, tmp_path):
    file, touched = tmp_path / "a.json.gz", tmp_path / "touched"
    file.write_bytes(with_call(prepared, touched))
    assert str(file) in refused(f"fit {file} --out", tmp_path / "new")
    (run / run_folder.KEPT).write_bytes(with_call(prepared, touched))
    assert str(run / run_folder.KEPT) in refused("fit --finish", run)
    assert not touched.exists()
    assert not (tmp_path / "new").exists()


def test_a_damaged_prepared_file_is_to_be_prepared_again(prepared, tmp_path):
    file, rng = tmp_path / "a.json.gz", random.Random(1)
    for _ in range(30):
        changed = bytearray(prepared)
        changed[rng.randrange(len(prepared))] ^= 1 << rng.randrange(8)
        file.write_bytes(changed)
        assert "is damaged" in (line := refused(f"fit {file} --out", tmp_path / "new"))
        assert "prepare it again" in line
    file.write_bytes(prepared[: len(prepared) // 2])
    assert "prepare it again" in refused(f"fit {file} --out", tmp_path / "new")


def test_a_prepared_file_that_unpacks_to_much_is_refused_by_its_size(tmp_path):
    squeeze, block = zlib.compressobj(9, wbits=31), bytes(2**24)
    bomb = b"".join(squeeze.compress(block) for _ in range(16)) + squeeze.flush()  # 256 MiB of zeros
    (tmp_path / "bomb.json.gz").write_bytes(sealed(bomb))
    assert "unpacks to more than" in refused(f"fit {tmp_path}/bomb.json.gz --out", tmp_path / "new")


def chunks(run: pathlib.Path) -> list[pathlib.Path]:
    return sorted(p for p in (run / "checkpoint").rglob("*.npz") if p.stem.isdecimal())


def test_a_damaged_chunk_of_draws_is_deleted_and_drawn_again(tiny, run):
    drawn = read_arrays(run / "checkpoint" / "drawn.npz")
    unfinished(run)
    chunk = chunks(run)[-1]
    content, again = bytearray(chunk.read_bytes()), f"fit {tiny} {SHORT} --resume --out"
    for damaged in (content[: len(content) // 3], content[:400] + b"x" + content[401:]):
        chunk.write_bytes(damaged)
        line = refused(again, run)
        assert line.startswith(f"{chunk}: is damaged")
        assert "delete it, and --resume makes it again" in line
    chunk.unlink()
    assert gp130(again, run)[0] == 0
    for name, value in read_arrays(run / "checkpoint" / "drawn.npz").items():
        np.testing.assert_array_equal(value, drawn[name], err_msg=name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("run.json", "fit {tiny} {SHORT} --resume --out"),
        ("verdict.json", "rank --drug dexamethasone=300"),
        ("identity.json", "fit {tiny} {SHORT} --resume --out"),
    ],
)
def test_an_empty_record_is_told(name, words, tiny, run):
    path = run / name
    if name == "identity.json":
        unfinished(run)
        path = next((run / "checkpoint").rglob(name))
    path.write_bytes(b"")
    line = refused(words.format(tiny=tiny, SHORT=SHORT), run)
    assert line.startswith(f"{path}: is damaged (it is empty)")
    assert "delete" in line


CHANGES: dict[str, Callable[[xr.Dataset], xr.Dataset]] = {
    "d_X|d_Y": lambda p: p.rename(d_X="d_Y"),
    "d_X.* not finite": lambda p: p.assign(d_X=p["d_X"] * np.nan),
    "d_X.* negative": lambda p: p.assign(d_X=-p["d_X"]),
}


@pytest.mark.parametrize("finding", ["cut", *CHANGES])
def test_a_posterior_that_is_damaged_or_changed_is_told(finding, run):
    path = run / "posterior.nc"
    if finding == "cut":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        finding = ""
    else:
        tree = labelled_tree.load(path)
        tree["posterior"] = xr.DataTree(CHANGES[finding](tree["posterior"].to_dataset()))
        labelled_tree.save(tree, path)
    line = refused("rank --force --drug dexamethasone=300", run)
    assert line.startswith(f"{path}: is damaged (")
    assert any(word in line for word in finding.replace(".*", "|").split("|"))


def test_a_verdict_that_is_no_truth_value_is_refused(run):
    (run / "verdict.json").write_text('{"ok": "no", "reasons": []}')
    assert "ok is 'no'" in refused("rank --drug dexamethasone=300", run)


def test_a_changed_model_file_is_another_study(tiny, run, tmp_path):
    study = pathlib.Path(shutil.copytree(tiny.parent, tmp_path / "study"))
    model = study / "network.xml"
    text = model.read_text()
    model.write_text(text.replace("<listOfReactions>", EVENT + "<listOfReactions>"))
    assert "another study" in refused(f"fit {study}/problem.yaml {SHORT} --resume --out", run)
    model.write_text(text)
    code, said, _ = gp130(f"fit {study}/problem.yaml {SHORT} --resume --out", run)
    assert code == 0
    assert "finished" in said


def test_a_run_begun_on_another_number_of_devices_is_refused_in_a_line(tiny, run):
    unfinished(run)
    note = read_json(run / "run.json", "")
    write_json(run / "run.json", note | {"status": "running", "device": "3 cpu devices (cpu), float64"})
    line = refused(f"fit {tiny} {SHORT} --resume --out", run)
    assert "begun on 3 cpu devices" in line
    assert "device_count=3" in line


def test_files_of_a_run_are_as_umask_says(whole):
    found = {p: stat.S_IMODE(p.stat().st_mode) for p in (whole, *whole.rglob("*"))}
    assert {oct(m) for p, m in found.items() if p.is_dir()} == {"0o755"}
    assert {oct(m) for p, m in found.items() if p.is_file()} == {"0o644"}


def test_a_table_with_a_flipped_bit_is_told(run):
    path = run / "summary.csv"
    content = bytearray(path.read_bytes())
    digit = max(i for i, c in enumerate(content) if chr(c).isdecimal())
    content[digit] ^= 1  # another digit: a table like any other
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"summary\.csv: is damaged \(its checksum"):
        repr(FittedRun(run))
    with pytest.raises(DamagedFileError, match=r"summary\.csv: is damaged \(its checksum"):
        run_records(run)
