"""The explorer, asked without a browser: published prototype values, sliders that do what they say, and bands
that hold the median.
"""

from dataclasses import replace

import numpy as np
import panel as pn
import pytest

from inference.explorer import controls, explorer_page
from inference.explorer.controls import Controls
from inference.resistance.believed_from import prior_source
from models.drugs import drug

DEX = drug("dexamethasone")


@pytest.fixture(scope="module")
def cell():
    """The prior, with the nominal parameters in place of the median and three draws, all on the small plate:
    one program.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(controls, "MANY", controls.FEW)
        ready = controls.explorer(prior_source("H1"), (DEX,), "mm1s", 1)
    nominal = np.where(ready.beliefs.centre > 0, ready.beliefs.centre, 1e-12)[None]
    return replace(ready, many=ready.few, median=nominal, draws=ready.draws[:3])


@pytest.mark.parametrize(("condition", "viability"), [("alone", 0.30), ("il6", 0.99)])
def test_the_viability_shown_is_that_of_the_reference_implementation(cell, condition, viability):
    # behaviour B20 of the specification, printed to two digits
    middle = controls.at_median(cell, Controls(DEX, 1000.0, condition))
    assert float(middle["viability"][0]) == pytest.approx(viability, abs=0.01)
    assert middle["curve"].shape == (1, 7)
    assert float(middle["curve"][0, 3]) == float(
        middle["viability"][0]
    )  # the dose chosen is the middle of the curve


def test_a_slider_scales_what_is_believed_of_its_parameter(cell):
    assert {"k_SR", "K_iS", "k_mS", "c1a", "c1", "g_auto", "e_deg"} == set(cell.sliders)
    plain = controls.at_median(cell, Controls(DEX, 0.0, "il6"))
    without = controls.at_median(cell, Controls(DEX, 0.0, "il6", strengths={"k_mS": 0.1}))
    # less SOCS3 mRNA, less feedback: more pSTAT3 two hours after IL-6, as B1 says of the knock-out
    before, after = (d["pS"].sel(drug="without", hour=2).item() for d in (plain, without))
    assert after > 1.2 * before
    assert "curve" not in plain


def test_bands_follow_the_median_with_every_draw(cell):
    c = Controls(DEX, 300.0)
    spread = controls.bands(cell, c)
    assert spread["N"].shape == (3, 2, 25)
    assert np.isfinite(spread["viability"]).all()
    assert "3 draws" in controls.in_words(c, controls.at_median(cell, c), spread)
    first, then = (controls.figure(c, controls.at_median(cell, c), s) for s in (None, spread))
    assert len(then.data) > len(first.data)
    assert "bands follow" in controls.in_words(c, controls.at_median(cell, c), None)


def test_the_page_asks_for_what_the_sliders_say(cell):
    page = explorer_page.page(cell, prior_source("H1"))
    sliders = [w.name for w in page[0] if isinstance(w, pn.widgets.Select | pn.widgets.DiscreteSlider)]
    assert sliders[:4] == ["drug", "dose (nM)", "surroundings", "estradiol (nM)"]
    assert len(sliders) == 4 + len(cell.sliders)
    first, then = explorer_page.answers(cell, Controls(DEX, 300.0), "a mark")
    assert "bands follow" in first[0].object
    assert "3 draws" in then[0].object
    assert then[1].object.layout.title.text == "a mark"
