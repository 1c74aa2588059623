"""Draws, predictions and data as one labelled ArviZ tree, and that tree on disk."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from models.whole_file import damaged, replacing, require_whole


@dataclass(frozen=True)
class Labels:
    """Names of what the numbers are.

    Attributes:
        parameter: names, in the order of every parameter vector; `unit`, `tags`, `meaning`, `nominal` along
            them.
        experiment, observable: names of each measurement, (measurement,).
        time: min, (measurement,); `value`: as measured; `censored`: True where `value` is only an upper
            limit.
        scale: on which the prior of each parameter was declared, as `inference.study.declared_scales` names
            it; empty where that is not known.
        dishes: what the instruments show and what each dish was given, along `observable` and `experiment`,
            or None.
    """

    parameter: Sequence[str]
    unit: Sequence[str]
    tags: Sequence[str]
    meaning: Sequence[str]
    nominal: np.ndarray
    experiment: Sequence[str]
    observable: Sequence[str]
    time: np.ndarray
    value: np.ndarray
    censored: np.ndarray
    scale: Sequence[str] = ()
    dishes: xr.Dataset | None = None


@dataclass(frozen=True)
class Sampled:
    """Everything a run has drawn; arrays lead with (chain, draw) for the posterior and (draw,) for the prior.

    `expected` is the noise-free read-out of each measurement, `replicated` a new measurement of it, in the
    data's unit; `kept` are the indices of the posterior draws that were predicted.
    """

    theta: np.ndarray
    stats: Mapping[str, np.ndarray]
    log_likelihood: np.ndarray
    log_prior: np.ndarray
    expected: np.ndarray
    replicated: np.ndarray
    kept: np.ndarray
    prior_theta: np.ndarray
    prior_expected: np.ndarray
    prior_replicated: np.ndarray
    extra_stats: Mapping[str, np.ndarray] = field(default_factory=dict)


_STAT_NAMES = {"potential_energy": "lp", "num_steps": "n_steps", "accept_prob": "acceptance_rate"}


def tree(labels: Labels, sampled: Sampled, attrs: Mapping[str, Any]) -> xr.DataTree:
    """The ArviZ DataTree of a run: prior, prior_predictive, posterior, posterior_predictive, sample_stats,
    log_likelihood, log_prior, observed_data, constant_data. Parameters are variables of their own; data carry
    the dim `measurement` with the coordinates `experiment`, `observable` and `time` (min)."""
    chains, draws = sampled.theta.shape[:2]
    along = {
        "measurement": np.arange(len(labels.value)),
        "experiment": ("measurement", np.asarray(labels.experiment, dtype=str)),
        "observable": ("measurement", np.asarray(labels.observable, dtype=str)),
        "time": ("measurement", np.asarray(labels.time, dtype=float), {"units": "min"}),
    }
    of_chain = {"chain": np.arange(chains), "draw": np.arange(draws)}

    def parameters(values: np.ndarray, dims: tuple[str, ...], coords: Mapping[str, Any]) -> xr.Dataset:
        return xr.Dataset(
            {
                n: (dims, values[..., i], {"units": labels.unit[i], "long_name": labels.meaning[i]})
                for i, n in enumerate(labels.parameter)
            },
            coords=coords,
        )

    def measured(variables: Mapping[str, np.ndarray], coords: Mapping[str, Any]) -> xr.Dataset:
        lead = tuple(k for k in coords)
        return xr.Dataset(
            {k: ((*lead, "measurement"), v) for k, v in variables.items()}, coords={**coords, **along}
        )

    stats = {
        _STAT_NAMES.get(k, k): (-v if k == "potential_energy" else v)
        for k, v in {**sampled.stats, **sampled.extra_stats}.items()
    }
    prior_draws = {"chain": np.arange(1), "draw": np.arange(len(sampled.prior_theta))}
    groups = {
        "posterior": parameters(sampled.theta, ("chain", "draw"), of_chain),
        "sample_stats": xr.Dataset({k: (("chain", "draw"), v) for k, v in stats.items()}, coords=of_chain),
        "log_likelihood": measured({"y": sampled.log_likelihood}, of_chain),
        "log_prior": parameters(sampled.log_prior, ("chain", "draw"), of_chain),
        "posterior_predictive": measured(
            {"y": sampled.replicated, "expected": sampled.expected},
            {"chain": np.arange(chains), "draw": sampled.kept},
        ),
        "prior": parameters(sampled.prior_theta[None], ("chain", "draw"), prior_draws),
        "prior_predictive": measured(
            {"y": sampled.prior_replicated[None], "expected": sampled.prior_expected[None]},
            {"chain": np.arange(1), "draw": np.arange(len(sampled.prior_expected))},
        ),
        "observed_data": measured({"y": labels.value}, {}),
        "constant_data": _constants(labels),
    }
    result = xr.DataTree.from_dict(
        {"/": xr.Dataset(attrs=flat(attrs)), **{f"/{k}": v for k, v in groups.items()}}
    )
    return result


def _constants(labels: Labels) -> xr.Dataset:
    experiments, observables = sorted(set(labels.experiment)), sorted(set(labels.observable))
    times = np.unique(labels.time)
    replicates = np.zeros((len(experiments), len(observables), len(times)), dtype=int)
    for e, o, t in zip(labels.experiment, labels.observable, labels.time, strict=True):
        replicates[experiments.index(e), observables.index(o), np.searchsorted(times, t)] += 1
    constants = xr.Dataset(
        {
            "nominal": ("parameter", np.asarray(labels.nominal, dtype=float)),
            "unit": ("parameter", np.asarray(labels.unit, dtype=str)),
            "tags": ("parameter", np.asarray(labels.tags, dtype=str)),
            "meaning": ("parameter", np.asarray(labels.meaning, dtype=str)),
            "replicates": (
                ("experiment", "observable", "time"),
                replicates,
                {"long_name": "number of measurements"},
            ),
            "censored": ("measurement", np.asarray(labels.censored, dtype=int)),
            **({"scale": ("parameter", np.asarray(labels.scale, dtype=str))} if labels.scale else {}),
        },
        coords={
            "parameter": np.asarray(labels.parameter, dtype=str),
            "experiment": experiments,
            "observable": observables,
            "time": ("time", times, {"units": "min"}),
            "measurement": np.arange(len(labels.value)),
        },
    )
    return constants if labels.dishes is None else constants.merge(labels.dishes, join="exact")


def flat(attrs: Mapping[str, Any]) -> dict[str, str | int | float]:
    """Attributes that netCDF can hold: scalars and strings as they are, the rest as JSON."""
    return {
        k: v if isinstance(v, (str, int, float)) and not isinstance(v, bool) else json.dumps(v)
        for k, v in attrs.items()
    }


MAKE_AGAIN = "delete it, and the same command makes it again"


def save(dt: xr.DataTree, path: Path) -> None:
    """Write the tree as netCDF (h5netcdf) in one step, with a checksum at the end."""
    with replacing(path, seal=True) as temporary:
        dt.to_netcdf(temporary, engine="h5netcdf")


def variable(dt: xr.DataTree, group: str, name: str) -> xr.DataArray:
    """One variable of one group."""
    return dt[group].to_dataset()[name]


def load(path: Path, remedy: str = MAKE_AGAIN) -> xr.DataTree:
    """Read a tree that `save` wrote, into memory.

    Args:
        remedy: what is said to do where the file is damaged.

    Raises:
        DamagedFileError: the file is cut, or a bit of it has changed.
    """
    require_whole(path, remedy)
    try:
        with xr.open_datatree(path, engine="h5netcdf") as dt:
            return dt.load()
    except FileNotFoundError:
        raise
    except Exception as e:  # each layer under xarray has errors of its own
        raise damaged(path, e, remedy) from None


FINISH_AGAIN = "delete it, and `resume` makes it again from the draws"


def load_run(path: Path) -> xr.DataTree:
    """Read the posterior.nc of a run: what makes numbers of it relies on its parameters and their draws.

    Raises:
        DamagedFileError: the file is damaged; or a parameter lacks its prior, or its draws are not finite, or
            are negative where its prior has only positive ones.
    """
    dt = load(path, FINISH_AGAIN)
    for group in ("posterior", "prior"):
        if group not in dt.children:
            raise damaged(path, f"it has no {group}", FINISH_AGAIN)
    posterior, prior = dt["posterior"].to_dataset(), dt["prior"].to_dataset()
    names = set(map(str, posterior.data_vars))
    for where, known in (
        ("prior", set(map(str, prior.data_vars))),
        ("table of parameters", _described(dt, names)),
    ):
        if odd := sorted(names ^ known):
            raise damaged(path, f"{odd[0]!r} is not in both posterior and {where}", FINISH_AGAIN)
    for name, draws in posterior.data_vars.items():
        if not (np.issubdtype(draws.dtype, np.number) and np.all(np.isfinite(draws.values))):
            raise damaged(path, f"draws of {name!r} are not finite", FINISH_AGAIN)
        if np.all(prior[name].values >= 0) and np.any(draws.values < 0):
            raise damaged(path, f"draws of {name!r} are negative, unlike its prior", FINISH_AGAIN)
    return dt


def _described(dt: xr.DataTree, names: set[str]) -> set[str]:
    """Names along `parameter`, where the tree describes its parameters."""
    constants = dt["constant_data"].coords if "constant_data" in dt.children else {}
    return set(map(str, constants["parameter"].values)) if "parameter" in constants else names
