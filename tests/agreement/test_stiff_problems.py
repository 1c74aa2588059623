"""Stiff problems everybody knows (Hairer & Wanner, Solving Ordinary Differential Equations II), against SciPy
and diffrax.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.integrate import solve_ivp

from models.engine.solver.rosenbrock import Rosenbrock
from models.engine.solver.tableau import RODAS4, RODAS5P, Tableau


def robertson(t: Any, y: Any, args: Any) -> Any:
    a, b, c = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
    return jnp.stack([-a + c, a - b - c, b])


def van_der_pol(t: Any, y: Any, args: Any) -> Any:
    return jnp.stack([y[1], 1e3 * ((1 - y[0] ** 2) * y[1] - y[0] * 1e-3)])


def oregonator(t: Any, y: Any, args: Any) -> Any:
    return jnp.stack(
        [
            77.27 * (y[1] + y[0] * (1 - 8.375e-6 * y[0] - y[1])),
            (y[2] - (1 + y[0]) * y[1]) / 77.27,
            0.161 * (y[0] - y[2]),
        ]
    )


def hires(t: Any, y: Any, args: Any) -> Any:
    return jnp.stack(
        [
            -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
            1.71 * y[0] - 8.75 * y[1],
            -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
            8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
            -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
            -280.0 * y[5] * y[7] + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
            280.0 * y[5] * y[7] - 1.81 * y[6],
            -280.0 * y[5] * y[7] + 1.81 * y[6],
        ]
    )


PROBLEMS: dict[str, tuple[Callable[..., Any], list[float], float]] = {
    "robertson": (robertson, [1.0, 0.0, 0.0], 1e5),
    "van_der_pol": (van_der_pol, [2.0, 0.0], 1500.0),
    "oregonator": (oregonator, [1.0, 2.0, 3.0], 100.0),
    "hires": (hires, [1.0, 0, 0, 0, 0, 0, 0, 0.0057], 321.8122),
}


def solved(
    field: Callable[..., Any], y0: list[float], end: float, solver: Any, rtol: float, atol: float
) -> Any:
    return diffrax.diffeqsolve(
        diffrax.ODETerm(field),
        solver,
        0.0,
        end,
        None,
        jnp.asarray(y0),
        max_steps=100_000,
        saveat=diffrax.SaveAt(ts=jnp.linspace(0, end, 7)),
        stepsize_controller=diffrax.PIDController(rtol=rtol, atol=atol),
    )


@pytest.mark.parametrize("name", PROBLEMS)
@pytest.mark.parametrize("tableau", [RODAS5P, RODAS4], ids=lambda t: t.name)
def test_a_stiff_problem_agrees_with_scipy_radau(name: str, tableau: Tableau) -> None:
    field, y0, end = PROBLEMS[name]
    times = np.linspace(0, end, 7)
    fast = jax.jit(lambda t, y: field(t, y, None))
    truth = solve_ivp(
        lambda t, y: np.asarray(fast(t, y)),
        (0, end),
        y0,
        method="Radau",
        t_eval=times,
        rtol=1e-11,
        atol=1e-14,
        jac=lambda t, y: np.asarray(jax.jacfwd(fast, argnums=1)(t, jnp.asarray(y))),
    )
    ours = solved(field, y0, end, Rosenbrock(tableau), 1e-9, 1e-12)
    # the relaxation oscillators amplify an error of a step by about 1e3 where they jump
    np.testing.assert_allclose(np.asarray(ours.ys), truth.y.T, rtol=2e-5, atol=1e-9)


def test_rodas5p_agrees_with_kvaerno5_and_takes_fewer_steps() -> None:
    field, y0, end = PROBLEMS["hires"]
    ours = solved(field, y0, end, Rosenbrock(RODAS5P), 1e-8, 1e-11)
    theirs = solved(field, y0, end, diffrax.Kvaerno5(), 1e-8, 1e-11)
    np.testing.assert_allclose(np.asarray(ours.ys), np.asarray(theirs.ys), rtol=1e-5, atol=1e-9)
    assert ours.stats["num_steps"] < theirs.stats["num_steps"]
