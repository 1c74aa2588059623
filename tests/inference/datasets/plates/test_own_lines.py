"""A line of one's own: amounts of proteins come out as many fold as they were given, whatever drives them."""

import pytest

import inference as gp
from inference.datasets.plates.own_lines import OwnLineError, own_line
from models.catalogue import PRESETS, niche


def test_an_amount_is_that_many_fold_of_the_nominal_cell(scipy_cell):
    """Each term of the synthesis is multiplied, so that the level itself is, at rest and in every dish.

    BCL-2 feeds back on nothing but survival, so that its level is exactly so many fold.
    """
    line = own_line("OPM-2", {"BCL-2": 0.5, "MCL1": 2.0}, {})
    k = [scipy_cell.names.index(n) for n in ("BCL2", "MCL1")]
    rates = {}
    for name, parameters in (("nominal", {}), ("own", dict(line.parameters))):
        args = [*(scipy_cell.values | parameters).values(), *scipy_cell.inputs.values()]
        y = scipy_cell.initial.copy()
        y[k] = y[scipy_cell.names.index("mMCL1")] = 0.0
        rates[name] = scipy_cell.rates(0.0, list(y), args)
    assert rates["own"][k[0]] / rates["nominal"][k[0]] == pytest.approx(0.5)
    m = scipy_cell.names.index("mMCL1")
    assert rates["own"][m] / rates["nominal"][m] == pytest.approx(2.0)


def test_the_genotype_sets_ras_and_the_weights_of_bcl2():
    ras = niche().parameter("ras").value
    assert own_line("x", {}, {"KRAS": "G12D"}).parameters["ras"] > 4 * ras
    assert "ras" not in own_line("x", {}, {"KRAS": "wt", "NRAS": "unknown"}).parameters
    assert own_line("x", {}, {"t(11;14)": "yes"}).parameters == PRESETS["t1114"].parameters
    assert gp.own_line("x").parameters == {}


@pytest.mark.parametrize(
    ("amounts", "genotype", "said"),
    [
        ({"MCL2": 1.0}, {}, "`amounts` MCL2: is not known: did you mean 'MCL1'"),
        ({"MCL1": 0.0}, {}, "`amounts` MCL1: 0 is no fold"),
        ({}, {"KRASS": "wt"}, "`genotype` KRASS: is not known: did you mean 'KRAS'"),
        ({}, {"t(11;14)": "perhaps"}, "'perhaps' is neither yes nor no"),
    ],
)
def test_what_the_model_has_no_word_for_is_refused(amounts, genotype, said):
    with pytest.raises(OwnLineError) as refused:
        own_line("x", amounts, genotype)
    assert said in str(refused.value)
