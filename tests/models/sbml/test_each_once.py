"""A name that stands for two things, or is set twice, is refused: programs take one or the other."""

import pytest

from models.sbml.formulas import SbmlError
from models.sbml.reader import read_sbml

FILE = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">
<listOfCompartments><compartment id="c" size="1" constant="true"/></listOfCompartments>
<listOfSpecies><species id="A" compartment="c" initialConcentration="1" hasOnlySubstanceUnits="false"
boundaryCondition="false" constant="false"/></listOfSpecies>
<listOfParameters>%s</listOfParameters>%s</model></sbml>"""
ONE = '<math xmlns="http://www.w3.org/1998/Math/MathML"><cn>1</cn></math>'
P = '<parameter id="p" value="1" constant="false"/>'
START = f'<initialAssignment symbol="p">{ONE}</initialAssignment>'
RULE = f'<assignmentRule variable="p">{ONE}</assignmentRule>'


def test_a_name_that_is_given_and_set_once_is_read():
    starts = f"<listOfInitialAssignments>{START}</listOfInitialAssignments>"
    assert read_sbml(FILE % (P, starts)).network.id == "m"


@pytest.mark.parametrize(
    "parameters, more, finding",
    [
        (P * 2, "", "p is the id of two things"),
        (P.replace('"p"', '"A"'), "", "A is the id of two things"),
        (P, f"<listOfInitialAssignments>{START * 2}</listOfInitialAssignments>", "p has two initial"),
        (P, f"<listOfRules>{RULE * 2}</listOfRules>", "p has two rules"),
    ],
)
def test_a_name_that_is_given_or_set_twice_is_refused(parameters, more, finding):
    with pytest.raises(SbmlError, match=finding):
        read_sbml(FILE % (parameters, more), "x.xml")


def test_a_species_without_a_compartment_is_refused():
    with pytest.raises(SbmlError, match=r"x\.xml: A: has no compartment"):
        read_sbml((FILE % (P, "")).replace('id="c"', 'id="other"'), "x.xml")
