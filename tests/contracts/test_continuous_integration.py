"""People and machines run the same commands, with the same versions, and nothing is passed over unseen."""

import re
import sys
import tomllib

import pytest


def test_continuous_integration_runs_the_test_command_of_the_readme(house):
    for file in ("README.md", ".ci/run"):
        lines = [line.strip() for line in (house.root / file).read_text().splitlines()]
        assert "sh scripts/run.sh test" in lines, file


def test_the_launcher_is_a_posix_shell_script(house):
    assert house.run("sh", "-n", "scripts/run.sh").returncode == 0


def test_every_direct_dependency_has_a_tested_version(house):
    table = tomllib.loads((house.root / "pyproject.toml").read_text())
    pinned = {re.split(r"==", c)[0].lower() for c in table["tool"]["uv"]["constraint-dependencies"]}
    direct = {
        re.split(r"[\[<>=]", d)[0].lower()
        for d in table["project"]["dependencies"] + table["dependency-groups"]["dev"]
    }
    assert direct <= pinned


@pytest.mark.parametrize(("present", "code"), [(True, 1), (False, 0)])
def test_a_skip_counts_as_a_failure_where_the_data_are_present(house, tmp_path, present, code):
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "conftest.py").write_text((house.root / "tests" / "conftest.py").read_text())
    (tmp_path / "tests" / "test_it.py").write_text(
        "import pytest\ndef test_a(): pass\ndef test_b(): pytest.skip('no data')\n"
    )
    folder = tmp_path / "data"
    if present:
        folder.mkdir()
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    found = house.run(*command, cwd=tmp_path, GP130_DATA=str(folder))
    assert found.returncode == code, found.stdout
