"""Order of the methods, their dense output, and the sparse factors, against algebra."""

from __future__ import annotations

import pathlib
import re
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from models.engine.arithmetic.logarithm import log
from models.engine.solver.rosenbrock import Rosenbrock
from models.engine.solver.sparse_lu import eliminate, factor, solve, solve_transposed
from models.engine.solver.tableau import RODAS4, RODAS5P, Tableau


def forced(t: Any, y: Any, args: Any) -> Any:
    """Prothero & Robinson with lambda = -2, plus a nonlinear second component; solution (cos t, 1 / (1
    + t)).
    """
    return jnp.stack([-2.0 * (y[0] - jnp.cos(t)) - jnp.sin(t), -(y[1] ** 2) + 0.0 * t])


def exact(t: Any) -> Any:
    return jnp.stack([jnp.cos(t), 1 / (1 + t)])


def errors(tableau: Tableau, h: float) -> tuple[float, float]:
    """Largest error after time 1 in fixed steps, and of the dense output in the middle of the last step."""
    solution = diffrax.diffeqsolve(
        diffrax.ODETerm(forced),
        Rosenbrock(tableau),
        0.0,
        1.0,
        h,
        jnp.array([1.0, 1.0]),
        max_steps=1000,
        stepsize_controller=diffrax.ConstantStepSize(),
        saveat=diffrax.SaveAt(ts=jnp.array([1.0 - 0.4 * h, 1.0])),
    )
    found = np.asarray(solution.ys)
    return float(np.max(np.abs(found[1] - exact(1.0)))), float(
        np.max(np.abs(found[0] - exact(1.0 - 0.4 * h)))
    )


@pytest.mark.parametrize(
    ("tableau", "dense"), [(RODAS5P, 4), (RODAS4, 3)], ids=lambda x: getattr(x, "name", x)
)
def test_halving_the_step_shows_the_order_also_with_explicit_time(tableau: Tableau, dense: int) -> None:
    coarse, fine = errors(tableau, 0.1), errors(tableau, 0.05)
    assert np.log2(coarse[0] / fine[0]) > tableau.order - 0.35
    assert np.log2(coarse[1] / fine[1]) > dense - 0.35


def test_the_coefficients_are_stiffly_accurate_and_consistent() -> None:
    for tableau in (RODAS5P, RODAS4):
        s = tableau.stages
        assert len(tableau.a) == len(tableau.C) == len(tableau.d) == s
        assert tableau.a[-1][:-1] == tableau.a[-2]
        assert tableau.a[-1][-1] == 1.0
        assert tableau.c[-1] == 1.0
        assert all(len(row) == i for i, row in enumerate(tableau.a))


def test_sparse_factors_solve_what_numpy_solves() -> None:
    rng = np.random.default_rng(3)
    n = 12
    dense = np.where(rng.random((n, n)) < 0.25, rng.standard_normal((n, n)), 0.0) + 5 * np.eye(n)
    pattern = tuple((int(i), int(j)) for i, j in zip(*np.nonzero(dense), strict=True))
    plan = eliminate(pattern, n)
    A = factor(plan, {(i, j): jnp.asarray(dense[i, j]) for i, j in pattern})
    b = rng.standard_normal(n)
    # condition number below 100, so 1e-12 leaves three digits to spare
    np.testing.assert_allclose(
        np.asarray(solve(plan, A, [jnp.asarray(x) for x in b])), np.linalg.solve(dense, b), rtol=1e-12
    )
    transposed = np.asarray(solve_transposed(plan, A, [jnp.asarray(x) for x in b]))
    np.testing.assert_allclose(transposed, np.linalg.solve(dense.T, b), rtol=1e-12)


def test_the_logarithm_is_that_of_the_c_library_to_the_last_place() -> None:
    rng = np.random.default_rng(3)
    near_one, edges = 1.0 + np.linspace(-0.5, 1.0, 10_001), [1.0, 1e-100, 2.2250738585072014e-308]
    x = np.concatenate([np.exp(rng.uniform(-230, 700, 10_000)), near_one, edges])
    found, truth = np.asarray(jax.jit(log)(jnp.asarray(x))), np.log(x)
    assert np.all(
        np.abs(found - truth) <= 2 * np.spacing(np.abs(truth))
    )  # each is right to one unit in the last place
    np.testing.assert_array_equal(np.asarray(log(jnp.array([np.inf, np.nan]))), [np.inf, np.nan])
    assert jax.grad(log)(4.0) == 0.25


def test_the_examples_of_the_engines_documentation_run_and_say_what_algebra_says(capsys) -> None:
    text = (pathlib.Path(__file__).parents[3] / "models" / "engine" / "solver" / "README.md").read_text()
    names: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", text, re.S):
        exec(block, names)
    found, k, t = names["found"], names["sets"][:, :, None], np.array([0.0, 5.0, 60.0])
    dosed = np.exp(-k * t) + np.where(t <= 10, 1 - np.exp(-k * t), np.exp(-k * (t - 10)) - np.exp(-k * t)) / k
    np.testing.assert_allclose(
        found["values"].values[..., 0], np.concatenate([np.exp(-k * t), dosed], 1), rtol=1e-4, atol=1e-8
    )
    assert capsys.readouterr().out.strip().endswith("(8, 1)")
