"""What a command writes does not depend on who computed it: this process, or two workers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
COMMANDS = {
    "compare": "compare estradiol_reduced --quick --chains 2 --draws 20 --warmup 8",
    "optimise": "optimise {study} --starts 4 --max-steps 20 --profiles --points 2",
    "recover": "recover --fits 2 --steps 1",
    "timecourses": "timecourses {study} --starts 4 --steps 6",
}
LONG = {"wall_time_s", "sha256"}  # of a record: how long it took, and the checksum of that too


def content(path: Path) -> object:
    """What a file says about the answer."""
    if path.suffix == ".json":
        return {k: v for k, v in json.loads(path.read_text()).items() if k not in LONG}
    return path.read_bytes()


def asked(words: str, out: Path, *more: str, **places: object) -> dict[str, object]:
    """Every file that the command leaves."""
    call = [w.format(**places) for w in words.split()]
    done = subprocess.run(
        [sys.executable, "-P", "-m", "inference.command", *call, *more, "--out", str(out)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not more or "workers at tcp://127.0.0.1" in done.stdout
    return {str(p.relative_to(out)): content(p) for p in out.rglob("*") if p.is_file()}


@pytest.mark.slow  # three processes compile the same programs: minutes of processor time for each command
@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_computed_by_two_workers_is_what_is_computed_here(name, cluster, tiny, tmp_path):
    for worker in ("a", "b"):
        cluster.worker(worker)
    here = asked(COMMANDS[name], tmp_path / "here", study=tiny)
    away = asked(COMMANDS[name], tmp_path / "away", "--on", f"dask:{cluster.file}", study=tiny)
    assert here.keys() == away.keys()
    assert not [file for file, content in here.items() if away[file] != content]
