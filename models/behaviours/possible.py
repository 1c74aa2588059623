"""Behaviour B30: nothing impossible in any dish, and derivatives that are those of finite differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
import numpy as np

from models.behaviours.record import Behaviour, Check, Trace
from models.behaviours.solve import Finding, lanes_of
from models.catalogue import niche
from models.compile import compile_network
from models.dish import dish
from models.ensemble import simulate_lanes

FRACTIONS = ("pS", "pAkt", "pMEK", "pERK", "pp38", "CASP", "ST")
MOIETIES = {"free cytosolic NF-kB": ("NF_T", ("C", "Cn", "NFn")), "neutral IKK": ("IKK_T", ("IKKa", "IKKi"))}
ROUNDING = 1e-9  # below zero that a solver of finite tolerance may get
VARIED = ("k_S", "K_iS", "c1a", "g_auto", "s_BTZ", "IC_btzS", "wM", "mu")
READ, TIMES = ("pS", "NFn", "IL6", "MCL1", "N"), (15.0, 60.0, 2880.0)  # min
STEP = 1e-4  # of ln parameters, to either side

BEHAVIOUR = Behaviour(
    "B30",
    "every dish of this table; a bortezomib dish with IL-6, differentiated through its pre-culture",
    "arithmetic; rates and trajectories against the reference implementation are in the tests",
    "arithmetic",
    (),
    lambda t: (),
)


def states(found: Mapping[str, Trace]) -> Check:
    """The lowest level of any species in any dish."""
    value, where = min((float(v.min()), f"{s}, dish {id}") for id, trace in found.items() for s, v in trace.values.items())
    return Check(f"lowest level ({where})", value, -ROUNDING)


def fractions(found: Mapping[str, Trace]) -> Check:
    """The largest share."""
    value, where = max((float(trace[s].max()), f"{s}, dish {id}") for id, trace in found.items() for s in FRACTIONS)
    return Check(f"largest share ({where})", value, high=1.0)


def moieties(found: Mapping[str, Trace]) -> Check:
    """The lowest level of what is left of a total, nM."""
    total = {p.name: p.value for p in niche().parameters}
    left = {
        f"{name}, dish {id}": float((total[whole] - sum(trace[s] for s in parts)).min())
        for id, trace in found.items()
        for name, (whole, parts) in MOIETIES.items()
    }
    where = min(left, key=lambda k: left[k])
    return Check(f"lowest rest of a total ({where})", left[where], 0.0)


def finite(found: Mapping[str, Trace]) -> Check:
    """Dishes that failed or hold a number that is not finite."""
    bad = [id for id, trace in found.items() if not (trace.ok and all(np.isfinite(v).all() for v in trace.values.values()))]
    return Check(f"dishes failed or not finite ({', '.join(bad) or 'none'})", len(bad), high=0)


def gradient(found: Mapping[str, Trace] | None = None) -> Check:
    """The largest difference between slopes and central finite differences, over the largest slope.

    The read-out is a fixed mixture of ln levels at three times, the parameters are on ln scale.
    """
    system = compile_network(niche())
    made = dish(niche(), "gradient", il6=10.0, inputs={"btz": 4.0})
    nominal, plan = lanes_of(system, [made])
    columns = np.array([system.parameters.index(n) for n in VARIED])
    steps = STEP * np.concatenate([np.zeros((1, len(VARIED))), np.eye(len(VARIED)), -np.eye(len(VARIED))])
    plan = jax.tree.map(lambda x: jnp.repeat(x, len(steps), 0), plan)
    times = jnp.broadcast_to(jnp.asarray(TIMES), (len(steps), len(TIMES)))
    weights = jnp.asarray(np.random.default_rng(30).standard_normal((len(TIMES), len(READ))))
    read = np.array([system.species.index(s) for s in READ])

    def mixture(ln_factors: jax.Array) -> jax.Array:
        parameters = jnp.repeat(nominal, len(steps), 0).at[:, columns].multiply(jnp.exp(ln_factors), unique_indices=True)
        out = simulate_lanes(system, parameters, plan, times, rtol=1e-8, atol=1e-11, max_steps=50_000, wanted=VARIED)
        return jnp.sum(weights * jnp.log(out.values[:, :, read]), (1, 2))

    values, back = jax.vjp(mixture, jnp.asarray(steps))
    slopes = np.asarray(back(jnp.ones_like(values))[0])[0]
    up, down = np.split(np.asarray(values)[1:], 2)
    difference = (up - down) / (2 * STEP)
    off = float(np.abs(slopes - difference).max() / np.abs(slopes).max())
    return Check("slopes against finite differences, over the largest", off, high=1e-4)


CHECKS: dict[str, Callable[[Mapping[str, Trace]], Check]] = {
    "states": states,
    "fractions": fractions,
    "moieties": moieties,
    "finite": finite,
    "gradient": gradient,
}


def possible_finding(found: Mapping[str, Trace]) -> Finding:
    """B30 in the form of the others, from the dishes of the others."""
    return Finding(BEHAVIOUR, tuple(check(found) for check in CHECKS.values()), ())
