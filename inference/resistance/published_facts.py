"""Published facts about resistance beside what the model predicts over draws of its parameters: right, wrong,
or it cannot say.

Each fact is a number read from a few dishes and the band in which it was observed (literature, or the
specification's behaviours B19 to B25). The behaviours test the nominal cell; here every fact meets the whole
width of belief.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import xarray as xr

from inference.resistance.conditions import CONDITIONS
from inference.resistance.simulated_plate import Well
from inference.resistance.statements import Statement
from models.drugs import drug

PUT_IN = "put in by hand: nominal values were adjusted to hit it"
Value = Callable[[xr.DataArray], xr.DataArray]


@dataclass(frozen=True)
class Fact:
    """Something seen in cells.

    Attributes:
        quantity, measured, source: in words; `source` is the citation.
        cells: preset of each dish; `wells`: the dishes, read every two hours until 48 h.
        value: (well, draw, hour, readout) -> the number (draw,); within `low` to `high` the fact holds.
        put_in: whether numbers of the model were adjusted to hit it.
    """

    quantity: str
    measured: str
    source: str
    cells: tuple[str, ...]
    wells: tuple[Well, ...]
    value: Value
    low: float = -np.inf
    high: float = np.inf
    put_in: bool = False


def _well(condition: str = "alone", estradiol: float = 0.0, **doses: float) -> Well:
    given = tuple((drug(name), dose) for name, dose in doses.items())
    return Well(given, CONDITIONS[condition], estradiol)


def _at(name: str, well: int, hour: float) -> Value:
    return lambda seen: seen.sel(readout=name, hour=hour).isel(well=well)


def _over(name: str = "N", hour: float = 48.0, start: float | None = None) -> Value:
    """A read-out of the first dish over that of the second; with `start`, of the first dish alone over an
    earlier hour.
    """
    if start is not None:
        return lambda seen: _at(name, 0, hour)(seen) / _at(name, 0, start)(seen)
    return lambda seen: _at(name, 0, hour)(seen) / _at(name, 1, hour)(seen)


def _cross(seen: xr.DataArray) -> xr.DataArray:
    """Cells of dish 0 and 3 over those of 1 and 2: a viability over another, or a pair over the product of
    its members.
    """
    n = seen.sel(readout="N", hour=48.0)
    return n.isel(well=0) * n.isel(well=3) / (n.isel(well=1) * n.isel(well=2))


def _mm1s(
    quantity: str,
    measured: str,
    source: str,
    wells: tuple[Well, ...],
    value: Value,
    low=-np.inf,
    high=np.inf,
    put_in=False,
) -> Fact:
    return Fact(quantity, measured, source, ("mm1s",) * len(wells), wells, value, low, high, put_in)


NONE, IL6 = _well(), _well("il6")
FACTS: tuple[Fact, ...] = (
    Fact(
        "INA-6-like cells at 48 h without IL-6, over with IL-6",
        "rapid, complete apoptosis (B19: at most 0.35)",
        "Brocke-Heidrich 2004, Blood 103:242 (abstract)",
        ("ina6",) * 2,
        (NONE, IL6),
        _over(),
        high=0.35,
    ),
    _mm1s(
        "viability under dexamethasone 1 uM alone",
        "sensitive (B20: 0.2 to 0.6)",
        "Hideshima 2001, Oncogene 20:5991 (abstract)",
        (_well(dex=1000.0), NONE),
        _over(),
        0.2,
        0.6,
        put_in=True,
    ),
    _mm1s(
        "viability under dexamethasone 1 uM with IL-6",
        "protected (B20: at least 0.8)",
        "Hideshima 2001, Oncogene 20:5991 (abstract)",
        (_well("il6", dex=1000.0), IL6),
        _over(),
        0.8,
        put_in=True,
    ),
    _mm1s(
        "viability under dexamethasone 1 uM with IL-6 and a PI3K inhibitor 300 nM",
        "protection abrogated (B20: at most 0.45)",
        "Hideshima 2001, Oncogene 20:5991 (abstract)",
        (_well("il6", dex=1000.0, pi3ki=300.0), _well("il6", pi3ki=300.0)),
        _over(),
        high=0.45,
        put_in=True,
    ),
    _mm1s(
        "viability under dexamethasone 1 uM touching stromal cells",
        "protected (B20: at least 0.75)",
        "Hideshima 2006, Clin Cancer Res 12:5887 (abstract)",
        (_well("stroma", dex=1000.0), _well("stroma")),
        _over(),
        0.75,
        put_in=True,
    ),
    Fact(
        "viability under dexamethasone 1 uM, U266-like over MM.1S-like",
        "clones that make IL-6 are resistant (above 1)",
        "Frassanito 2001, Blood 97:483 (abstract)",
        ("u266", "u266", "mm1s", "mm1s"),
        (_well(dex=1000.0), NONE, _well(dex=1000.0), NONE),
        _cross,
        1.0,
    ),
    _mm1s(
        "viability under DNA damage 200 nM, with IL-6 over alone",
        "no effect of IL-6 (0.77 to 1.3)",
        "Lichtenstein 1995, Cell Immunol 162:248 (abstract), B21",
        (_well("il6", chemo=200.0), _well(chemo=200.0), IL6, NONE),
        _cross,
        0.77,
        1.3,
        put_in=True,
    ),
    _mm1s(
        "survivors of bortezomib 4 nM with IL-6, with siltuximab over without",
        "siltuximab reverses (B22: at most 0.5)",
        "Voorhees 2007, Clin Cancer Res 13:6469 (abstract)",
        (_well("il6", btz=4.0, silt=67.0), _well("il6", btz=4.0)),
        _over(),
        high=0.5,
        put_in=True,
    ),
    _mm1s(
        "MCL-1 after 8 h of bortezomib 20 nM over its start",
        "accumulates (B22: at least 1.5)",
        "Voorhees 2007, Clin Cancer Res 13:6469 (abstract)",
        (_well(btz=20.0),),
        _over("MCL1", 8.0, 0.0),
        1.5,
        put_in=True,
    ),
    _mm1s(
        "nuclear NF-kB after 8 h of bortezomib 20 nM over its start",
        "falls (B23, variant A: at most 0.7); Hideshima 2009 disagrees",
        "Ma 2003, Clin Cancer Res 9:1136",
        (_well(btz=20.0),),
        _over("NFn", 8.0, 0.0),
        high=0.7,
    ),
    _mm1s(
        "viability under bortezomib 3.3 nM",
        "half effect of ten lines 0.5 to 3.3 nM after 72 h (at most 0.5)",
        "GDSC release 17, drug 104 (its name not confirmed)",
        (_well(btz=3.3), NONE),
        _over(),
        high=0.5,
    ),
    _mm1s(
        "bortezomib 1 nM and DNA damage 200 nM, survivors over the product of each",
        "sensitises 1e5 to 1e6 fold (at most 0.1)",
        "Ma 2003, Clin Cancer Res 9:1136 (abstract)",
        (_well(btz=1.0, chemo=200.0), _well(btz=1.0), _well(chemo=200.0), NONE),
        _cross,
        high=0.1,
    ),
    _mm1s(
        "viability under S63845 100 nM",
        "half effect below 100 nM (B24: at most 0.5)",
        "Kotschy 2016",
        (_well(s63=100.0), NONE),
        _over(),
        high=0.5,
        put_in=True,
    ),
    _mm1s(
        "viability under venetoclax 1 uM",
        "half effect above 1 uM without t(11;14) (B24: at least 0.5)",
        "Kotschy 2016",
        (_well(ven=1000.0), NONE),
        _over(),
        0.5,
        put_in=True,
    ),
    _mm1s(
        "S63845 30 nM and venetoclax 1 uM, survivors over the product of each",
        "more than the product (B24: below 1)",
        "Kotschy 2016",
        (_well(s63=30.0, ven=1000.0), _well(s63=30.0), _well(ven=1000.0), NONE),
        _cross,
        high=0.999,
        put_in=True,
    ),
    Fact(
        "pSTAT3 of U266-like cells 2 h after ruxolitinib 1 uM, over before",
        "falls by 70 % or more (B25: at most 0.3)",
        "Catlett-Falcone 1999, Immunity 10:105 (unverified)",
        ("u266",),
        (_well(rux=1000.0),),
        _over("pS", 2.0, 0.0),
        high=0.3,
    ),
    _mm1s(
        "viability under ruxolitinib 5 uM without IL-6",
        "half effect of five lines 5 to 75 uM after 72 h (at least 0.5)",
        "GDSC release 17, drug 206",
        (_well(rux=5000.0), NONE),
        _over(),
        0.5,
    ),
    Fact(
        "INA-6-like cells with IL-6 under a JAK inhibitor 1 uM",
        "half effect below 1 uM (at most 0.5)",
        "Burger 2009, Mol Cancer Ther 8:26 (abstract; INCB20)",
        ("ina6",) * 2,
        (_well("il6", rux=1000.0), IL6),
        _over(),
        high=0.5,
    ),
    Fact(
        "INA-6-like cells under an antibody against the IL-6 receptor, with IL-6 and no stroma",
        "they die (at most 0.5)",
        "Chatterjee 2002, Blood 100:3311 (abstract; Sant7)",
        ("ina6",) * 2,
        (_well("il6", toci=700.0), IL6),
        _over(),
        high=0.5,
    ),
    Fact(
        "INA-6-like cells under an antibody against the IL-6 receptor, touching stroma",
        "they live, though pSTAT3 is blocked (at least 0.8)",
        "Chatterjee 2002, Blood 100:3311 (abstract; Sant7)",
        ("ina6",) * 2,
        (_well("stroma", toci=700.0), _well("stroma")),
        _over(),
        0.8,
    ),
    _mm1s(
        "MCL-1 after 24 h with IL-6 over without",
        "IL-6 induces it in MM.1S (at least 1.2)",
        "Oncogene 2003 22:1848 (abstract)",
        (IL6, NONE),
        _over("MCL1", 24.0),
        1.2,
    ),
    _mm1s(
        "BCL-XL after 24 h with IL-6 over without",
        "of ten BCL-2 relatives IL-6 regulates MCL-1 alone (0.8 to 1.25)",
        "Jourdan 2003, Oncogene (abstract)",
        (IL6, NONE),
        _over("BCLXL", 24.0),
        0.8,
        1.25,
    ),
    _mm1s(
        "cells after 48 h with estradiol 10 nM over without",
        "no change in five lines (0.9 to 1.1)",
        "Treon 1998, Blood 92:1749 (abstract)",
        (_well(estradiol=10.0), NONE),
        _over(),
        0.9,
        1.1,
    ),
)
SILENT = (
    Statement(
        "half effect of fulvestrant and 4-hydroxytamoxifen on growth",
        "2 to 25 uM, not reversed by estradiol (Treon 1998)",
        "none",
        "cannot say",
        "an action beside the receptor, which the model does not have; it takes neither above 1 uM",
    ),
    Statement(
        "share of patients whose cells need MCL-1",
        "33 % at diagnosis, 69 % at relapse (Gomez-Bougie 2018)",
        "none",
        "cannot say",
        "the model is one kind of cell at a time: it has no patients",
    ),
)
