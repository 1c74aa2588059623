"""Dishes made by names: what stands in them, whatever the case, and what is refused."""

import numpy as np
import pytest

from inference.simulation.any_dish import DishError, any_dish, dose_of
from models.catalogue import HYPOTHESES, PRESETS
from models.dish import PRECULTURE


def test_a_preset_a_hypothesis_and_a_value_stand_in_the_parameters():
    dish = any_dish(preset="U266", hypothesis="h1", parameters={"k_S": 2.5})
    values = dict(zip([p.name for p in dish.network.parameters], dish.nominal(), strict=True))
    assert values["g_auto"] == PRESETS["u266"].parameters["g_auto"]
    assert values["e_deg"] == HYPOTHESES["H1"].test_value
    assert values["k_S"] == 2.5
    assert "IL6 = 7" in repr(any_dish(il6=7))
    assert "IL6 = 7" in any_dish(il6=7)._repr_html_()


def test_what_is_set_is_held_while_cells_are_drawn_around_the_preset():
    dish = any_dish(preset="t1114", parameters={"k_S": 2.5})
    names = [p.name for p in dish.network.parameters]
    sets = np.asarray(dish.drawn(400, 1))
    assert (sets[:, names.index("k_S")] == 2.5).all()
    weights = sets[:, [names.index(n) for n in ("wM", "wX", "w2")]]
    np.testing.assert_allclose(weights.sum(1), 1)
    # the mean of Dirichlet shares is their centre; 5 standard errors
    error = 5 * weights[:, 2].std() / 20
    assert abs(weights[:, 2].mean() - PRESETS["t1114"].parameters["w2"]) < error


def test_a_dose_is_of_any_name_of_the_drug_and_may_come_before_the_stimulus():
    dish = any_dish(doses=[dose_of("VELCADE", (4, -30))])
    assert [p.start for p in dish.protocol.periods] == [-PRECULTURE, -30.0, 0.0]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"preset": "mm2"}, "`preset` mm2: is not known: did you mean 'mm1s'?"),
        ({"inputs": {"TNFa": 1}}, "`inputs` TNFa: is not known: did you mean 'TNF'?"),
        ({"parameters": {"k_s": 1}}, "`parameters` k_s: is not known: did you mean 'k_S'?"),
        ({"parameters": {"e_deg": 2}}, "`parameters` e_deg: is a share, between 0 and 1"),
        ({"doses": [dose_of("bortezomib", (4, -1e5))]}, "is before the pre-culture"),
    ],
)
def test_what_does_not_exist_or_cannot_be_is_refused_by_its_field(asked, said):
    with pytest.raises(DishError) as refused:
        any_dish(**asked)
    assert said in str(refused.value)


def test_a_drug_that_is_not_there_and_a_dose_below_0_are_refused():
    with pytest.raises(DishError, match="did you mean 'bortezomib'"):
        dose_of("bortezomip", 4)
    with pytest.raises(DishError, match="is no dose"):
        dose_of("bortezomib", -4)
