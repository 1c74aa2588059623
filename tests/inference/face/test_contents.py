"""import inference as gp: nothing is loaded for it, every name is there, JAX is set up or says why not."""

import ast
import inspect
import os
import pathlib
import subprocess
import sys

import pytest

import inference as gp

ROOT = pathlib.Path(__file__).resolve().parents[3]
HEAVY = ("jax", "numpy", "pandas", "xarray", "arviz", "petab", "matplotlib", "sympy", "numpyro")


def python(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("JAX_", "XLA_"))}
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_importing_the_package_loads_no_array_and_no_table():
    found = python(f"import sys, inference as gp\ndir(gp)\nprint([m for m in {HEAVY!r} if m in sys.modules])")
    assert found.stdout == "[]\n", found.stderr


def test_settings_can_be_read_without_starting_jax():
    found = python("import sys, inference as gp\nprint(gp.QUICK.quick, 'jax' in sys.modules)")
    assert found.stdout == "True False\n", found.stderr


def test_functions_live_in_the_rooms_of_the_face_and_refuse_what_makes_no_sense():
    from inference.face import (
        asks,
        combinations,
        courses,
        dishes,
        fits,
        lazily,
        lists,
        new_studies,
        panels,
        populations,
        started,
    )

    rooms = (dishes, fits, asks, lists, new_studies, populations, combinations, courses, panels)
    homes = {m.__name__ for m in rooms}
    assert {getattr(gp, n).__module__ for n in gp.__all__ if inspect.isroutine(getattr(gp, n))} == homes
    assert type(gp) is lazily._Contents
    started.ready()  # JAX runs in 64 bit here
    for wrong in ({"hours": 0}, {"every": -1}, {"hours": 1e9}):
        with pytest.raises(dishes.DishError, match=r"`(hours|every)`"):
            gp.simulate(gp.dish(), **wrong)
    with pytest.raises(dishes.DishError, match="`cells` 0"):
        gp.simulate_ensemble(gp.dish(), 0)


def test_every_name_is_there_and_has_words():
    for name in gp.__all__:
        value = getattr(gp, name)
        assert name in dir(gp)
        assert value.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        gp.nothing  # pyright: ignore[reportAttributeAccessIssue]


def test_a_type_checker_sees_the_same_names_from_the_same_modules():
    tree = ast.parse((ROOT / "inference" / "__init__.py").read_text())
    checked = next(n for n in tree.body if isinstance(n, ast.If))
    imported = {
        a.name: f.module
        for f in checked.body
        if isinstance(f, ast.ImportFrom)
        for a in f.names
        if a.asname == a.name
    }
    (call,) = (n for n in tree.body if isinstance(n, ast.Assign) and isinstance(n.value, ast.Call))
    assert isinstance(call.value, ast.Call)
    assert ast.literal_eval(call.value.args[1]) == imported
    assert set(gp.__all__) == set(imported)


ROOM = "import inference.fit\nimport inference.fit.verdict as room\nimport inference.report.page"
FACE = "import inference as gp\nbefore = gp.fit, gp.report"


@pytest.mark.parametrize("first", [(ROOM, FACE), (FACE, ROOM)], ids=["room first", "function first"])
def test_a_function_and_the_room_that_bears_its_name_live_together(first):
    program = "\n".join(
        (
            *first,
            "import inspect, sys",
            "assert before == (gp.fit, gp.report) and all(map(inspect.isfunction, before))",
            "assert inference.fit.verdict is room is sys.modules['inference.fit.verdict']",
            "assert inference.report.page is sys.modules['inference.report.page']",
            "from inference import fit",
            "from inference.fit import verdict",
            "assert fit is gp.fit and verdict is room",
        )
    )
    found = python(program)
    assert found.returncode == 0, found.stderr


def test_the_version_is_that_of_the_distribution():
    assert gp.__version__ == "0.1.0"


def test_both_packages_say_that_they_are_typed():
    assert all((ROOT / p / "py.typed").exists() for p in ("models", "inference"))


@pytest.mark.parametrize(
    ("before", "environment", "said"),
    [
        ("import jax; jax.numpy.zeros(1)", {}, "StartedError: JAX has been started in 32 bit"),
        ("", {"JAX_ENABLE_X64": "0"}, "StartedError: JAX_ENABLE_X64 asks for 32 bit"),
    ],
)
def test_jax_that_was_started_in_32_bit_is_one_clear_error(before, environment, said):
    found = python(f"{before}\nimport inference as gp\ngp.QUICK", **environment)
    assert found.returncode == 1
    assert said in found.stderr.splitlines()[-1]


@pytest.mark.parametrize("before", ["", "import jax"])
def test_jax_is_set_up_at_the_first_use_and_the_plotting_backend_is_left_alone(before):
    program = (
        f"{before}\nimport os\nos.environ.pop('MPLBACKEND', None)\n"
        "import inference as gp\ngp.QUICK\nimport jax\n"
        "print(jax.numpy.zeros(1).dtype, 'MPLBACKEND' in os.environ)"
    )
    found = python(program)
    assert found.stdout == "float64 False\n", found.stderr


def test_what_the_user_has_set_is_kept(tmp_path):
    folder = str(tmp_path / "mine")
    program = "import inference as gp\ngp.QUICK\nimport jax\nprint(jax.config.jax_compilation_cache_dir)"
    assert python(program, JAX_COMPILATION_CACHE_DIR=folder).stdout == f"{folder}\n"
