"""What is shipped, what imports what, and that people and machines run the same commands."""

import os
import pathlib
import re
import subprocess
import sys
import tomllib
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
).stdout.splitlines()


def run(
    *command: str | pathlib.Path, cwd: pathlib.Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_models_and_inference_with_its_studies_and_nothing_else(tmp_path):
    built = run(
        sys.executable,
        "-c",
        "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])",
        str(tmp_path),
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {n.split("/")[0] for n in names if ".dist-info/" not in n} == {"models", "inference"}
    assert {
        f"inference/studies/il6_feedback_estradiol/{f}"
        for f in ("problem.yaml", "network.xml", "measurements.tsv")
    } <= set(names)


def test_both_packages_are_those_of_this_checkout():
    import inference
    import models

    for package in (models, inference):
        assert pathlib.Path(package.__file__).resolve().parent.parent == ROOT


def test_layers_hold():
    linted = run(pathlib.Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert linted.returncode == 0, linted.stdout


HEAVY = (
    "arviz",
    "petab",
    "matplotlib",
    "pandas",
    "xarray",
    "plotly",
    "libsbml",
    "numpyro",
    "blackjax",
    "h5py",
    "h5netcdf",
    "rich",
    "typer",
    "SALib",
    "panel",
)


def modules_of(package: str) -> list[str]:
    files = (p.relative_to(ROOT).with_suffix("") for p in (ROOT / package).rglob("*.py"))
    return sorted(".".join(p.parts) for p in files if p.stem != "__init__")


def test_the_engine_runs_where_no_statistics_and_no_plots_are_installed():
    blocked = f"import sys\nfor m in {HEAVY!r}: sys.modules[m] = None\n"
    wanted = [
        m
        for m in modules_of("models")
        if not m.startswith("models.sbml") and m != "models.engine.resumable_file"
    ]  # formats and files
    loaded = run(sys.executable, "-c", blocked + "\n".join(f"import {m}" for m in wanted))
    assert loaded.returncode == 0, loaded.stderr


def test_the_biology_can_be_read_without_jax():
    blocked = "import sys\nfor m in ('jax', 'numpy', 'scipy'): sys.modules[m] = None\n"
    read = run(
        sys.executable, "-c", blocked + "from models.catalogue import niche; print(len(niche().species))"
    )
    assert (read.returncode, read.stdout.strip()) == (0, "38"), read.stderr


def test_nothing_imports_upwards():
    for package, above in (
        ("models", ("inference", "scripts", "tests")),
        ("inference", ("scripts", "tests")),
    ):
        for file in (ROOT / package).rglob("*.py"):
            found = re.findall(rf"^\s*(?:from|import) ({'|'.join(above)})\b", file.read_text(), re.M)
            assert not found, f"{file}: imports {found[0]}"


def test_continuous_integration_runs_the_test_command_of_the_readme():
    for file in ("README.md", ".ci/run"):
        lines = [line.strip() for line in (ROOT / file).read_text().splitlines()]
        assert "sh scripts/run.sh test" in lines, file


def test_the_launcher_is_a_posix_shell_script():
    assert run("sh", "-n", "scripts/run.sh").returncode == 0


def test_git_holds_no_lock_file_and_no_trace_of_a_machine():
    assert TRACKED, "tests run from a git checkout"
    assert "uv.lock" not in TRACKED
    traces = re.compile(r"/home/\w|/Users/\w|/root/|C:\\\\Users|\blocalhost:\d", re.I)
    for name in TRACKED:
        path = ROOT / name
        if path.is_file() and path.suffix not in (".png", ".nc", ".npz"):
            found = traces.search(path.read_text(errors="ignore"))
            assert found is None or path == pathlib.Path(__file__).resolve(), (
                f"{name}: {found.group() if found else ''}"
            )


def test_every_direct_dependency_has_a_tested_version():
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())
    pinned = {re.split(r"==", c)[0].lower() for c in table["tool"]["uv"]["constraint-dependencies"]}
    direct = {
        re.split(r"[\[<>=]", d)[0].lower()
        for d in table["project"]["dependencies"] + table["dependency-groups"]["dev"]
    }
    assert direct <= pinned


@pytest.mark.parametrize(("present", "code"), [(True, 1), (False, 0)])
def test_a_skip_counts_as_a_failure_where_the_data_are_present(tmp_path, present, code):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "tests" / "test_it.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no data')\n"
    )
    folder = tmp_path / "data"
    if present:
        folder.mkdir()
    found = run(
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "tests",
        cwd=tmp_path,
        GP130_DATA=str(folder),
    )
    assert found.returncode == code, found.stdout
