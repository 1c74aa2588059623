"""Parts of the niche: neutral they are the reference, perturbed they push where their papers say.

Rates of change alone, straight from the tables: no program is compiled. The behaviours B32 to B60 look at
what becomes of them over time.
"""

import functools
import json
import math
import pathlib

import pytest
import sympy as sp

from models.behaviours.cells import RESTING_LEVELS
from models.catalogue import GROWN, NEUTRAL, PARTS, niche
from models.declare import Pathway
from models.network import NetworkError, assemble, rates_of_change
from models.pathways.autophagy import Autophagy

ORACLE = json.loads((pathlib.Path(__file__).parents[1] / "oracle_values.json").read_text())
WORDS = {
    "power": lambda x, h: max(x, 0.0) ** h,
    "guarded_log": lambda x: math.log(max(x, 0.0) + 1e-100),
    "Max": max,
}
# Values at which each part changes nothing; its own species rest at their initial levels.
SILENT = {
    "abundances": {},
    "noncanonical": {"b_52": 0.0, "w_BN": 0.0},
    "mir181b": {"w_NC": 0.0},
    "gilz": {"f_GZ": 0.0},
    "basal_load": {"f_PL": 0.0},
    "stat3_bcl2": {"w_2S": 0.0},
    "stromal_loop": {"w_STS": 0.0},
    "adipokines": {"w_LEP": 0.0, "w_ABC": 0.0, "s_ADN": 0.0},
}


@functools.cache
def field(parts):
    """(network, function of species, parameters, inputs and time), by numbers alone."""
    network = niche(False, parts)
    found = rates_of_change(network)
    named = [[x.symbol for x in listed] for listed in (network.species, network.parameters, network.inputs)]
    rates = [found[s.name] for s in network.species]
    return network, sp.lambdify([*named, sp.Symbol("t")], rates, modules=[WORDS, "math"], cse=True)


def rates(parts, state=(), values=(), t=0.0):
    """Rates of change by name; what is not given is at rest, nominal or absent."""
    network, function = field(tuple(parts))
    levels = {s.name: s.initial for s in network.species} | dict(state)
    given = {x.name: v for x, v in ((p, p.value) for p in network.parameters)}
    given |= {u.name: u.default for u in network.inputs} | dict(values)
    out = function(
        [levels[s.name] for s in network.species],
        [given[p.name] for p in network.parameters],
        [given[u.name] for u in network.inputs],
        t,
    )
    return dict(zip([s.name for s in network.species], out, strict=True))


def test_parts_that_are_silent_leave_the_rates_of_the_reference():
    """All that stand in no state's place, together; k_S is then the rate that is hidden in it."""
    quiet = {k: v for part in SILENT.values() for k, v in part.items()}
    for case in ORACLE["rates"][:6]:
        values = {**NEUTRAL, **case["parameters"], **case["inputs"], **quiet, "P52": 0.0}
        values |= {"frozen": float(case["frozen"]), "clamped": float(case["clamped"])}
        values["k_ph"] = values.pop("k_S") / 0.63
        state = dict(zip(ORACLE["species"], case["y"], strict=True)) | {"P52": 0.0}
        found = rates(tuple(SILENT), state, values, case["t"])
        for name, expected in zip(ORACLE["species"], case["rates"], strict=True):
            # Terms that cancel leave rounding errors of the larger ones.
            assert found[name] == pytest.approx(expected, rel=1e-9, abs=1e-12 * abs(state[name]) + 1e-14)


REST = dict(RESTING_LEVELS) | {"IL6": 10.0, "N": 0.3, "Z": 100.0, "ST": 0.1}
BOUND = {"BIM": 2.0, "MB": 15.0, "XB": 5.0, "TB": 5.0}
# part, species at other levels than rest, what is changed, on which species, direction
PUSHES = (
    ("assembly", {"RL": 0.1}, {"rux": 1000.0}, "RA", -1),
    ("assembly", {}, {"k_as": 0.1}, "RL", 0),
    ("abundances", {"R": 0.5}, {"n_gp": 46.8}, "R", +1),
    ("abundances", {}, {"n_6R": 10.0}, "RA", +1),
    ("abundances", {"pS": 0.4}, {"n_S3": 430.0}, "mSOCS3", +1),
    ("noncanonical", {}, {"t_NIK": 1.0}, "P52", +1),
    ("noncanonical", {}, {"t_NIK": 1.0}, "IKKa", +1),
    ("noncanonical", {}, {"BAFF": 200.0}, "P52", +1),
    ("mir181b", {"M181": 3.0}, {"w_CY": 2.0}, "CYLD", -1),
    ("mir181b", {"CYLD": 0.5}, {"w_NC": 0.1}, "IKKa", +1),
    ("gilz", {}, {"dex": 1000.0}, "GILZ", +1),
    ("gilz", {"GILZ": 4.0}, {"q_GZ": 0.9}, "BH3", -1),
    ("basal_load", {"AUTO": 0.0}, {"l_P": 3.0}, "BH3", +1),
    ("stat3_bcl2", {"pS": 0.4}, {"w_2S": 2.0}, "BCL2", +1),
    ("bcl2_binding", BOUND, {"ven": 1000.0}, "TB", -1),
    ("bcl2_binding", BOUND, {"s63": 1000.0}, "MB", -1),
    ("bcl2_binding", BOUND, {"a133": 1000.0}, "XB", -1),
    ("bcl2_binding", BOUND, {"navi": 3000.0}, "TB", -1),
    ("bcl2_binding", BOUND, {"btz": 10.0}, "NOXA", +1),
    ("bcl2_binding", BOUND, {"dex": 1000.0}, "BIM", +1),
    ("bcl2_binding", BOUND, {"doxo": 1000.0}, "PUMA", +1),
    ("stromal_loop", {}, {"toci": 700.0}, "STS", -1),
    ("stromal_loop", {"STS": 0.5}, {"w_STS": 1.0}, "ST", +1),
    ("adipokines", {}, {"BMA": 0.2}, "AUTO", +1),
    ("adipokines", {}, {"ADN": 10000.0}, "BH3", +1),
)


@pytest.mark.parametrize("part, state, change, species, sign", PUSHES, ids=lambda x: str(x))
def test_a_part_pushes_where_it_is_said_to(part, state, change, species, sign):
    before, after = (rates((part,), REST | state, given) for given in ({}, change))
    difference = after[species] - before[species]
    assert difference * sign > 0 if sign else difference == 0  # without assembled receptor there is no rate


def test_an_efflux_of_drugs_spares_the_alkylator():
    def killing(**given):
        return rates(("adipokines",), REST, given)["CASP"] - rates(("adipokines",), REST)["CASP"]

    assert killing(doxo=1000.0, BMA=0.2) < killing(doxo=1000.0)
    assert killing(melph=20000.0, BMA=0.2) == pytest.approx(killing(melph=20000.0), rel=1e-12)


def test_binding_changes_no_total():
    """Association and dissociation move BIM between free and held: their sum changes by making and loss."""
    found = rates(("bcl2_binding",), REST | BOUND)
    slow = rates(("bcl2_binding",), REST | BOUND, {"k_on": 0.0})
    held = ("BIM", "MB", "XB", "TB")
    assert sum(found[s] for s in held) == pytest.approx(sum(slow[s] for s in held), rel=1e-9)


def test_every_part_is_pushed_and_every_part_can_be_grown_together():
    assert {p[0] for p in PUSHES} == set(PARTS)
    assert set(GROWN) <= set(PARTS)
    together = niche(False, tuple(PARTS))
    assert {s.name for s in niche().species} < {s.name for s in together.species}


def test_a_part_that_is_off_adds_nothing_to_the_network():
    own = {s.name for s in niche(False, tuple(PARTS)).species} - {s.name for s in niche().species}
    assert own == {
        *("RL", "P52", "M181", "CYLD", "GILZ", "STS"),
        *("BIM", "NOXA", "PUMA", "MB", "MN", "MP", "XB", "XP", "TB", "TP"),
    }
    assert len(niche().species) == 38 + 2


def test_two_variants_of_one_row_are_refused_by_name():
    varied = type("Varied", (Pathway,), {"k_AU": Autophagy.k_AU})
    again = type("Again", (Pathway,), {"k_AU": Autophagy.k_AU})
    with pytest.raises(NetworkError, match=r"Again\.k_AU: Varied varies it already"):
        assemble("twice", instead=(varied, again))


def test_the_reference_cell_has_the_abundances_that_the_rate_hides():
    """3.26 per nM and min of Sobotta 2017 times 0.63 nM of receptor is the specification's 2.06 to 0.3 %."""
    network = niche(False, ("abundances",))
    values = {p.symbol: p.value for p in network.parameters}
    k_S = next(d for d in network.derived if d.name == "k_S").expression.subs(values)
    assert float(k_S) == pytest.approx(2.06, rel=1e-12)
    assert float(k_S) == pytest.approx(3.26 * 0.63, rel=0.004)


# What is changed in the cell or given to it, beside what, on which species, direction
DRIVES = (
    ({"o_RAS": 1.0}, {}, "pMEK", +1),
    ({"o_RAS": 1.0}, {}, "BH3", +1),
    ({"IGF1": 100.0}, {}, "pAkt", +1),
    ({"IGF1": 100.0}, {}, "pMEK", +1),
    ({"APRIL": 200.0}, {}, "IKKa", +1),
    ({"BAFF": 200.0}, {}, "pAkt", +1),
    ({"BAFF": 200.0}, {}, "pMEK", +1),
    ({"n_GR": 4.2}, {"dex": 1000.0}, "BH3", -1),
    ({"n_GR": 4.2}, {"dex": 1000.0}, "mIL6", +1),
    ({"c_P": 3.0}, {"btz": 10.0}, "BH3", -1),
    ({"c_P": 3.0}, {"cfz": 10.0}, "MCL1", -1),
    ({"l_P": 3.0}, {"btz": 10.0}, "BH3", +1),
    ({"n_CRBN": 0.0}, {"len": 1000.0}, "IKZ", +1),
    ({"n_38": 0.1}, {"dara": 67.0, "NK": 1.0}, "N", +1),
    ({"k_Mc": 0.1}, {"btz": 20.0}, "MCL1", -1),
)


@pytest.mark.parametrize("change, beside, species, sign", DRIVES, ids=lambda x: str(x))
def test_a_drive_of_the_cell_pushes_where_it_is_said_to(change, beside, species, sign):
    before, after = (rates((), REST, {**beside, **given}) for given in ({}, change))
    assert (after[species] - before[species]) * sign > 0


def test_bone_that_is_gone_is_not_resorbed():
    assert rates((), {"Z": 0.0, "OC": 5.0})["Z"] > 0
    assert rates((), {"Z": 0.0, "OC": 5.0}, {"f_Z": 0.0})["Z"] < 0
