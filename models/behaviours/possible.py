"""Behaviour B30: nothing impossible in any dish, and derivatives that are those of finite differences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from models.behaviours.record import Behaviour, Check, Trace
from models.behaviours.solve import Finding, lanes_of
from models.catalogue import core, niche
from models.dish import dish
from models.engine.compile import compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Protocol
from models.network import Network

FRACTIONS = ("pS", "pAkt", "pMEK", "pERK", "pp38", "CASP", "ST")
MOIETIES = {"free cytosolic NF-kB": ("NF_T", ("C", "Cn", "NFn")), "neutral IKK": ("IKK_T", ("IKKa", "IKKi"))}
ROUNDING = 1e-9  # below zero that a solver of finite tolerance may get
VARIED = ("k_S", "K_iS", "c1a", "g_auto", "s_BTZ", "IC_btzS", "wM", "mu")
READ, TIMES = ("pS", "NFn", "IL6", "MCL1", "N"), (15.0, 60.0, 2880.0)  # min
VARIED_CORE = ("k_S", "K_iS", "c1a", "g_auto", "IC_btz", "k_dR")
READ_CORE, TIMES_CORE = ("pS", "NFn", "IL6", "mIL6"), (15.0, 60.0, 360.0)  # min
STEP = 1e-4  # of ln parameters, to either side

Mixture = Callable[[Float[Array, "lane parameter"]], Float[Array, " lane"]]

BEHAVIOUR = Behaviour(
    "B30",
    "every dish of this table; a bortezomib dish with IL-6, and one of the core with TNF, differentiated "
    "through their pre-culture",
    "arithmetic; rates and trajectories against the reference implementation are in the tests",
    "arithmetic",
    (),
    lambda t: (),
)


def states(found: Mapping[str, Trace]) -> Check:
    """The lowest level of any species in any dish."""
    value, where = min(
        (float(v.min()), f"{s}, dish {id}") for id, trace in found.items() for s, v in trace.values.items()
    )
    return Check(f"lowest level ({where})", value, -ROUNDING)


def fractions(found: Mapping[str, Trace]) -> Check:
    """The largest share."""
    value, where = max(
        (float(trace[s].max()), f"{s}, dish {id}") for id, trace in found.items() for s in FRACTIONS
    )
    return Check(f"largest share ({where})", value, high=1.0)


def moieties(found: Mapping[str, Trace]) -> Check:
    """The lowest level of what is left of a total of the dish's own cell, nM."""
    left = {
        f"{name}, dish {id}": float((trace.numbers[whole] - np.sum([trace[s] for s in parts], 0)).min())
        for id, trace in found.items()
        for name, (whole, parts) in MOIETIES.items()
    }
    where = min(left, key=lambda k: left[k])
    return Check(f"lowest rest of a total ({where})", left[where], 0.0)


def finite(found: Mapping[str, Trace]) -> Check:
    """Dishes that failed or hold a number that is not finite."""
    bad = [
        id
        for id, trace in found.items()
        if not (trace.ok and all(np.isfinite(v).all() for v in trace.values.values()))
    ]
    return Check(f"dishes failed or not finite ({', '.join(bad) or 'none'})", len(bad), high=0)


def mixture(
    network: Network,
    made: Protocol,
    varied: Sequence[str],
    read: Sequence[str],
    times: Sequence[float],
    lanes: int,
) -> Mixture:
    """A fixed mixture of the ln levels `read` at `times` (min), of each lane, as a function of ln factors on
    `varied` (lane, parameter).
    """
    system = compile_network(network)
    nominal, plan = lanes_of(system, [made])
    columns = np.array([system.parameters.index(n) for n in varied])
    plan = jax.tree.map(lambda x: jnp.repeat(x, lanes, 0), plan)
    at = jnp.broadcast_to(jnp.asarray(times), (lanes, len(times)))
    weights = jnp.asarray(np.random.default_rng(30).standard_normal((len(times), len(read))))
    rows = np.array([system.species.index(s) for s in read])

    def mixed(ln_factors: Float[Array, "lane parameter"]) -> Float[Array, " lane"]:
        parameters = (
            jnp.repeat(nominal, lanes, 0).at[:, columns].multiply(jnp.exp(ln_factors), unique_indices=True)
        )
        out = simulate_lanes(
            system, parameters, plan, at, rtol=1e-8, atol=1e-11, max_steps=50_000, wanted=varied
        )
        return jnp.sum(weights * jnp.log(out.values[:, :, rows]), (1, 2))

    return mixed


def apart(slopes: np.ndarray, values: np.ndarray) -> float:
    """The largest difference between slopes and central differences of `values` (all steps up, then all
    down), over the largest slope.
    """
    up, down = np.split(values, 2)
    return float(np.abs(slopes - (up - down) / (2 * STEP)).max() / np.abs(slopes).max())


def gradient(found: Mapping[str, Trace] | None = None) -> Check:
    """The whole cell in reverse, every varied parameter: gradient against finite differences."""
    around = np.concatenate([np.zeros((1, len(VARIED))), np.eye(len(VARIED)), -np.eye(len(VARIED))])
    made = dish(niche(), "gradient", il6=10.0, inputs={"btz": 4.0})
    mixed = mixture(niche(), made, VARIED, READ, TIMES, len(around))
    values, back = jax.vjp(mixed, jnp.asarray(STEP * around))
    slopes = np.asarray(back(jnp.ones_like(values))[0])[0]
    return Check(
        "gradient of the whole cell against finite differences",
        apart(slopes, np.asarray(values)[1:]),
        high=1e-4,
    )


def gradient_of_core(found: Mapping[str, Trace] | None = None) -> Check:
    """The receptor, STAT3, NF-kB and IL-6 part forwards, along two random directions: the cheap form, a third
    of the compiling.
    """
    along = np.random.default_rng(3).standard_normal((2, len(VARIED_CORE)))
    made = dish(core(), "gradient of the core", il6=10.0, inputs={"TNF": 1.0, "btz": 4.0})
    mixed = mixture(core(), made, VARIED_CORE, READ_CORE, TIMES_CORE, 3 * len(along))
    still = np.zeros_like(along)
    values, slopes = jax.jvp(
        mixed,
        (jnp.asarray(STEP * np.concatenate([still, along, -along])),),
        (jnp.asarray(np.concatenate([along, still, still])),),
    )
    slopes = np.asarray(slopes)[: len(along)]
    return Check(
        "gradient of the core against finite differences",
        apart(slopes, np.asarray(values)[len(along) :]),
        high=1e-4,
    )


CHECKS: dict[str, Callable[[Mapping[str, Trace]], Check]] = {
    "finite": finite,
    "states": states,
    "gradient": gradient,
    "gradient of the core": gradient_of_core,
    "fractions": fractions,
    "moieties": moieties,
}


def possible_finding(found: Mapping[str, Trace]) -> Finding:
    """B30 in the form of the others, from the dishes of the others."""
    return Finding(BEHAVIOUR, tuple(check(found) for check in CHECKS.values()), ())
