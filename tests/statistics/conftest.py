"""The two posteriordb posteriors: models in our declarations, their data, and the published
reference draws.
"""

import json
import pathlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
import numpyro.distributions as dist
import pytest
import sympy as sp

from inference.likelihood.problem import Priors, Problem
from models.declare import Input, Parameter, Pathway, Reaction, Species, nothing, published, time
from models.engine.compile import System, compile_network
from models.engine.lanes import simulate_lanes
from models.engine.protocol import Schedule
from models.network import assemble

CARPENTER = published(
    "Carpenter, Predator-prey population dynamics (Stan case study, 2018); posteriordb hudson_lynx_hare"
)
MARGOSSIAN = published("Gelman, Stan model one_comp_mm_elim_abs; posteriordb")


class LotkaVolterra(Pathway):
    """Hares u and lynxes v, in thousand pelts; a minute of the clock stands for a year."""

    u = Species("u", 30.0, "1", "hares")
    v = Species("v", 4.0, "1", "lynxes")
    theta1 = Parameter("theta1", 0.55, "1/min", "growth of hares", CARPENTER)
    theta2 = Parameter("theta2", 0.028, "1/min", "loss of hares to a lynx", CARPENTER)
    theta3 = Parameter("theta3", 0.8, "1/min", "death of lynxes", CARPENTER)
    theta4 = Parameter("theta4", 0.024, "1/min", "growth of lynxes from a hare", CARPENTER)
    birth = Reaction(nothing, u, theta1 * u, "hares breed")
    hunt = Reaction(u, nothing, theta2 * v * u, "lynxes eat hares")
    growth = Reaction(nothing, v, theta4 * u * v, "lynxes breed on hares")
    death = Reaction(v, nothing, theta3 * v, "lynxes die")


class MichaelisMenten(Pathway):
    """One compartment: absorbed at first order, eliminated with saturation; a minute of the clock stands for
    an hour.
    """

    dose = Input("dose", 30.0, "1", "amount swallowed")
    volume = Input("volume", 2.0, "1", "volume of the compartment")
    C = Species("C", 0.0, "1", "concentration")
    k_a = Parameter("k_a", 0.75, "1/min", "absorption", MARGOSSIAN)
    K_m = Parameter("K_m", 1.0, "1", "concentration of half elimination", MARGOSSIAN)
    V_m = Parameter("V_m", 1.0, "1/min", "fastest elimination", MARGOSSIAN)
    absorb = Reaction(
        nothing, C, dose * k_a * sp.exp(-k_a * time) / volume, "absorption of what is left of the dose"
    )
    eliminate = Reaction(C, nothing, V_m / volume * C / (K_m + C), "elimination")


@dataclass(frozen=True)
class Published:
    """A posterior with its data, and the reference draws (chain, draw, parameter)."""

    problem: Problem
    names: tuple[str, ...]
    draws: np.ndarray


def unzipped(path: pathlib.Path) -> dict | list:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read(archive.namelist()[0]))


def one_dish(
    system: System, parameters: jax.Array, times: np.ndarray, start: float, put: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """(time, species) of one dish whose species are `put` at the start, and whether it could be solved."""
    n = len(system.parameters)
    inputs = jnp.asarray(system.nominal[n:])
    schedule = Schedule(
        jnp.full((1, 1), start), inputs[None, None], jnp.zeros((1, 1, len(system.species))), put[None, None]
    )
    found = simulate_lanes(system, parameters[None], schedule, jnp.asarray(times)[None], rtol=1e-6, atol=1e-8)
    return found.values[0], found.ok[0]


def lotka_volterra(data: dict) -> Problem:
    system = compile_network(assemble("lotka_volterra", LotkaVolterra))
    times, counts = np.asarray(data["ts"], dtype=float), np.log(np.asarray([data["y_init"], *data["y"]]))
    near_one, near_nought = dist.TruncatedNormal(1.0, 0.5, low=0.0), dist.TruncatedNormal(0.05, 0.05, low=0.0)
    priors = {
        "theta[1]": near_one,
        "theta[2]": near_nought,
        "theta[3]": near_one,
        "theta[4]": near_nought,
        "z_init[1]": dist.LogNormal(np.log(10.0), 1.0),
        "z_init[2]": dist.LogNormal(np.log(10.0), 1.0),
        "sigma[1]": dist.LogNormal(-1.0, 1.0),
        "sigma[2]": dist.LogNormal(-1.0, 1.0),
    }

    def log_likelihood(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        z, ok = one_dish(system, x[:4], times, 0.0, x[4:6])
        ok = ok & jnp.all(z > 0)
        location = jnp.log(jnp.where(z > 0, jnp.concatenate([x[None, 4:6], z])[1:], 1.0))
        location = jnp.concatenate([jnp.log(x[None, 4:6]), location])
        return (dist.Normal(location, x[6:]).log_prob(counts) - counts).ravel(), ok

    return Problem(Priors(priors), log_likelihood)


def one_compartment(data: dict) -> Problem:
    system = compile_network(assemble("one_compartment", MichaelisMenten))
    times, measured = np.asarray(data["times"], dtype=float), np.log(np.asarray(data["C_hat"]))
    priors = {name: dist.HalfCauchy(1.0) for name in ("k_a", "K_m", "V_m", "sigma")}

    def log_likelihood(x: jax.Array) -> tuple[jax.Array, jax.Array]:
        z, ok = one_dish(system, x[:3], times, float(data["t0"]), jnp.zeros(1))
        c = z[:, 0]
        ok = ok & jnp.all(c > 0)
        return dist.Normal(jnp.log(jnp.where(c > 0, c, 1.0)), x[3]).log_prob(measured) - measured, ok

    return Problem(Priors(priors), log_likelihood)


def _published(
    data: pathlib.Path, observed: str, posterior: str, build: Callable[[dict], Problem]
) -> Published:
    folder = data / "posteriordb"
    problem = build(unzipped(folder / f"{observed}.json.zip"))
    chains = unzipped(folder / f"{posterior}.json.zip")
    draws = np.stack([np.stack([chain[name] for name in problem.names], axis=-1) for chain in chains])
    return Published(problem, problem.names, draws)


@pytest.fixture(scope="session")
def hares(data: pathlib.Path) -> Published:
    return _published(data, "hudson_lynx_hare", "hudson_lynx_hare-lotka_volterra", lotka_volterra)


@pytest.fixture(scope="session")
def compartment(data: pathlib.Path) -> Published:
    return _published(
        data, "one_comp_mm_elim_abs", "one_comp_mm_elim_abs-one_comp_mm_elim_abs", one_compartment
    )
