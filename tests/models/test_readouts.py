"""Read-outs against algebra and published numbers."""

from dataclasses import replace

import pytest
import sympy as sp

from models.catalogue import core, niche
from models.network import inlined
from models.readouts import OBSERVABLES, available


def test_every_observable_of_the_specification_can_be_computed_from_the_niche():
    assert {o.name for o in available(niche())} == set(OBSERVABLES)
    assert {"pSTAT3", "SOCS3", "IkBa", "NFkB_nuclear", "IL6_ELISA", "IL6_mRNA"} <= {
        o.name for o in available(core())
    }
    assert "viability_CTG" not in {o.name for o in available(core())}


def test_blots_have_their_own_scale_and_assays_in_absolute_units_do_not():
    for o in OBSERVABLES.values():
        assert (o.scale is None) == (o.unit in ("a.u.", "fold")), o.name
    assert OBSERVABLES["IL6_ELISA"].noise.floor == 2.0  # pg/mL


def test_observables_are_the_sums_and_shares_they_are_named_for():
    values = {
        sp.Symbol(n): v
        for n, v in {
            "IkB": 13.2,
            "IkBn": 0.76,
            "C": 49.2,
            "Cn": 0.23,
            "NFn": 6.0,
            "NF_T": 60.0,
            "Kv": 5.0,
            "CASP": 0.1,
            "N": 0.4,
            "D": 0.2,
            "IL6": 0.5,
        }.items()
    }

    def value(name):
        return float(inlined(niche(), OBSERVABLES[name].formula).subs(values))

    assert value("IkBa") == pytest.approx(63.39)
    assert value("NFkB_ratio") == pytest.approx(5 * 6.23 / (49.2 + 60 - 49.2 - 0.23 - 6.0))
    assert value("viability_MTT") == pytest.approx(0.44)
    assert value("annexin_V") == pytest.approx((0.1 * 0.4 + 0.2) / 0.6)
    assert value("IL6_ELISA") == pytest.approx(500.0)


def test_a_readout_is_written_with_its_scale_blank_and_divisor_and_says_what_it_computes():
    nuclear, ikba = OBSERVABLES["p65_nuclear"], OBSERVABLES["IkBa"]
    assert nuclear.seen(scale="s", blank="b") == "s * (NFn + Cn + b)"
    assert OBSERVABLES["pSTAT3"].seen(scale="s") == "s * pS"
    assert OBSERVABLES["NFkB_nuclear"].seen(per="NF_T") == "NFn / NF_T"
    assert ikba.seen() == ikba.text
    assert ikba.formula == sum(sp.symbols("Cn C IkBn IkB"))
    N, D, CASP = sp.symbols("N D CASP")
    assert sp.simplify(OBSERVABLES["annexin_V"].formula - (CASP * N + D) / (N + D)) == 0
    with pytest.raises(ValueError, match="made of names, numbers and"):
        replace(ikba, text="C**2").formula
