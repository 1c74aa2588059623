"""People and machines run the same commands, with the same versions, and nothing is passed over unseen."""

import re
import sys
import tomllib

import pytest


def test_continuous_integration_runs_the_test_command_of_the_readme(house):
    for file in ("README.md", ".ci/run"):
        lines = [line.strip() for line in (house.root / file).read_text().splitlines()]
        assert "sh scripts/run.sh test" in lines, file


def test_continuous_integration_checks_style_types_layers_and_dead_code_after_the_tests(house):
    """Each step once, in this order, on the whole house: an argument would leave something unchecked."""
    lines = (house.root / ".ci" / "run").read_text().splitlines()
    steps = [
        line.removeprefix("sh scripts/run.sh ") for line in lines if line.startswith("sh scripts/run.sh")
    ]
    layers = "-c 'from importlinter.cli import lint_imports_command; lint_imports_command()'"
    style = ["-m ruff check .", "-m ruff format --check ."]
    assert steps == ["test", *style, "-m pyright", layers, ".ci/dead_code.py"]
    assert "set -euo pipefail" in lines


def test_no_rule_of_types_or_names_is_off_for_the_whole_house(house, matches):
    tools = tomllib.loads((house.root / "pyproject.toml").read_text())["tool"]
    off = {rule for rule, value in tools["pyright"].items() if rule.startswith("report") and not value}
    assert not off, (
        f"{', '.join(off)}: switched off for the whole house: ignore per line, with the rule's name"
    )
    assert tools["pyright"]["typeCheckingMode"] == "standard"
    assert set(tools["pyright"]["include"]) == {"models", "inference", "scripts"}
    assert "F" in tools["ruff"]["lint"]["select"]
    assert not {"F", "F8", "F82", "F821"} & set(tools["ruff"]["lint"]["ignore"])


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
