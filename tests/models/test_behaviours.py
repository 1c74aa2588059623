"""The behaviours of the specification, by their ids; a failure prints protocol, value, band and citation."""

import functools

import numpy as np
import pytest

from models.behaviours import ensemble
from models.behaviours.cells import RESTING_LEVELS
from models.behaviours.listed import BEHAVIOURS
from models.behaviours.solve import look, traces
from models.catalogue import niche

FRACTIONS = ("pS", "pAkt", "pMEK", "pERK", "pp38", "CASP", "ST")
NF_TOTAL, IKK_TOTAL = 60.0, 200.0  # nM


@functools.cache
def found():
    """Every dish of every behaviour, simulated together; bands are far wider than this tolerance."""
    return traces(niche(), [p for b in BEHAVIOURS.values() for p in b.plans], rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("behaviour", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
def test_the_model_behaves_as_specified(behaviour):
    finding = look(behaviour, found())
    assert not finding.failed
    missed = [behaviour.failure(c) for c in finding.checks if not c.met]
    assert not missed, "\n".join(missed)


@pytest.mark.parametrize("name", ["states", "fractions", "moieties", "finite"], ids=lambda n: f"B30-{n}")
def test_every_dish_stays_within_what_is_possible(name):
    for id, trace in found().items():
        values = np.stack(list(trace.values.values()))
        if name == "states":
            assert values.min() >= -1e-9, id
        elif name == "fractions":
            assert max(trace[s].max() for s in FRACTIONS) <= 1 + 1e-9, id
        elif name == "moieties":
            assert (NF_TOTAL - trace["C"] - trace["Cn"] - trace["NFn"]).min() >= -1e-9, id
            assert (IKK_TOTAL - trace["IKKa"] - trace["IKKi"]).min() >= -1e-9, id
        else:
            assert np.isfinite(values).all(), id


@functools.cache
def ranking():
    return ensemble.rank()


@pytest.mark.parametrize("readout", ensemble.PUBLISHED, ids=lambda r: f"B31-{r}")
def test_the_parameters_that_rank_high_for_resistance_have_the_published_sign(readout):
    result = ranking()
    assert result.failed == 0
    for name, expected in ensemble.PUBLISHED[readout].items():
        assert result.coefficients[readout][name] * expected > 0, (
            f"B31: {readout}: {name} {result.coefficients[readout][name]:.2f}, not {expected}"
        )


def test_the_pre_culture_ends_at_the_published_resting_levels():
    trace = found()["B1"]
    for species, level in RESTING_LEVELS.items():
        # Published to two digits (three where larger than 10): half a unit of the last one.
        digits = 0.05 if level >= 10 else 0.5 * 10.0 ** (np.floor(np.log10(level)) - 1)
        assert trace.at(species, 0) == pytest.approx(level, abs=1.01 * digits), species
