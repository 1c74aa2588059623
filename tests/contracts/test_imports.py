"""What may import what, and what is loaded by it."""

import pathlib
import re
import sys

import pytest

# Whatever makes tables, plots, posteriors, files or command lines: nothing that simulates needs it.
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


def test_layers_hold(house):
    linted = house.run(pathlib.Path(sys.executable).parent / "lint-imports", "--no-cache")
    assert linted.returncode == 0, linted.stdout


def test_nothing_imports_upwards(house):
    for package, above in (
        ("models", ("inference", "scripts", "tests")),
        ("inference", ("scripts", "tests")),
    ):
        for module in house.modules_in(package):
            found = re.findall(rf"^\s*(?:from|import) ({'|'.join(above)})\b", module.text, re.M)
            assert not found, f"{module.path}: imports {found[0]}"


def test_the_engine_runs_where_no_statistics_and_no_plots_are_installed(house):
    blocked = f"import sys\nfor m in {HEAVY!r}: sys.modules[m] = None\n"
    wanted = [
        m.name
        for m in house.modules_in("models")
        if not m.name.startswith("models.sbml") and m.name != "models.engine.resumable_file"
    ]  # formats and files
    loaded = house.run(sys.executable, "-c", blocked + "\n".join(f"import {m}" for m in wanted))
    assert loaded.returncode == 0, loaded.stderr


def test_the_biology_can_be_read_without_jax(house):
    blocked = "import sys\nfor m in ('jax', 'numpy', 'scipy'): sys.modules[m] = None\n"
    read = house.run(
        sys.executable, "-c", blocked + "from models.catalogue import niche; print(len(niche().species))"
    )
    assert (read.returncode, read.stdout.strip()) == (0, "40"), read.stderr


@pytest.mark.parametrize("package", ["inference", "models"])
def test_a_room_is_entered_without_jax_and_without_a_table_library(house, package):
    """Whoever imports a module passes through the `__init__` of its rooms: a machine without pandas,
    xarray, ArviZ and petab still runs prepared files, and a command decides about devices before JAX runs.
    """
    rooms = [m.name for m in house.modules_in(package) if m.is_init]
    assert package in rooms
    asked = "".join(f"import {room}\n" for room in rooms)
    asked += "import sys; print(*{m.split('.')[0] for m in sys.modules})"
    loaded = house.run(sys.executable, "-c", asked)
    assert loaded.returncode == 0, loaded.stderr
    assert not {"jax", "numpy", *HEAVY} & set(loaded.stdout.split())
