"""Clones name parameters and inputs that there are, and shares that leave most cells to the founder."""

from models.course.clones import CLONES
from models.course.patient_cell import patient_network


def test_what_differs_in_a_clone_is_a_number_of_the_network():
    network = patient_network()
    parameters, inputs = {p.name for p in network.parameters}, {u.name for u in network.inputs}
    for clone in CLONES:
        assert {*clone.times, *clone.put} <= parameters
        assert set(clone.around) <= inputs


def test_the_founder_is_most_of_the_tumour_whatever_is_drawn():
    others = sum(10 ** c.share[1] for c in CLONES[1:])
    assert CLONES[0].name == "founder"
    assert others < 0.97
    assert all(c.share[0] < c.share[1] < 0 for c in CLONES[1:])
