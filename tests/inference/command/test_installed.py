"""The wheel works where it is installed: in an environment of its own, outside the checkout."""

import configparser
import os
import pathlib
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """bin/ of a fresh environment that holds the wheel, and sees the packages it requires where they lie.

    A path file of theirs is not read, so that nothing leads back to the checkout.
    """
    folder = tmp_path_factory.mktemp("fresh")
    build = "import sys; from hatchling.build import build_wheel; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    (wheel,) = folder.glob("*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    with zipfile.ZipFile(wheel) as z:
        z.extractall(packages)
    (packages / "required.pth").write_text(sysconfig.get_path("purelib") + "\n")
    commands = configparser.ConfigParser()
    (entry_points,) = packages.glob("gp130-*.dist-info/entry_points.txt")
    commands.read(entry_points)
    module, _, function = commands["console_scripts"]["gp130"].partition(":")
    script = folder / "env" / "bin" / "gp130"
    script.write_text(f"#!{script.parent}/python\nfrom {module} import {function}\n{function}()\n")
    script.chmod(0o755)
    return script.parent


def called(*words: str | pathlib.Path, here: pathlib.Path) -> str:
    clean = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "JAX_ENABLE_X64", "XLA_FLAGS")}
    done = subprocess.run(words, cwd=here, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow  # simulates, fits and reports in processes of their own, compilation included: minutes
def test_what_is_installed_simulates_fits_and_reports_outside_the_checkout(installed, tmp_path):
    where = called(
        installed / "python", "-c", "import inference, models; print(inference.__file__)", here=tmp_path
    )
    assert pathlib.Path(where.strip()).is_relative_to(installed.parent)
    gp130 = installed / "gp130"
    assert called(gp130, "--version", here=tmp_path).startswith("gp130 ")
    assert str(tmp_path) in called(gp130, "help", "results", here=tmp_path)
    called(gp130, "simulate", "--hours", "1", "--drug", "bortezomib=4", here=tmp_path)
    assert (tmp_path / "results" / "simulate-mm1s.nc").is_file()
    sizes = ("--chains", "2", "--starts", "2")
    called(gp130, "fit", "feedback_reduced", "--quick", *sizes, here=tmp_path)
    assert (tmp_path / "results" / "feedback_reduced-H1-quick" / "verdict.json").is_file()
    called(gp130, "report", "--prior", "--draws", "8", here=tmp_path)
    assert (tmp_path / "results" / "report-prior.html").stat().st_size > 100_000
