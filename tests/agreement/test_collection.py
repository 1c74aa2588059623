"""Problems of the PEtab benchmark collection (Hass et al., Bioinformatics 2019), where the measured data are:
each is right at its nominal parameters, and slopes agree with finite differences.

Log-likelihoods are those that AMICI or libRoadRunner give, or that PEtab's own library computes from the
collection's simulations.
"""

import json

import pytest

from inference.calibration import problem_checks
from inference.calibration.problem_references import Reference, of_simulations
from inference.study.loading import load

TIGHT, LOOSE = 1e-5, 1e-3  # the latter where the reference's own solver was no better
VALUES = {
    "Bertozzi_PNAS2020": (-158.864268, TIGHT),
    "Boehm_JProteomeRes2014": (-138.22199693517703, TIGHT),
    "Borghans_BiophysChem1997": (83.3237191357272, TIGHT),
    "Brannmark_JBC2010": (-141.889113770537, TIGHT),
    "Bruno_JExpBot2016": (46.688176988431806, TIGHT),
    "Chen_MSB2009": (-115700.1192629893, TIGHT),
    "Elowitz_Nature2000": (63.20279991419332, TIGHT),
    "Giordano_Nature2020": (-287.627761, TIGHT),
    "Isensee_JCB2018": (-3949.375966548649, TIGHT),
    "Perelson_Science1996": (-432.03855, TIGHT),
    "Rahman_MBS2016": (-21.15349, TIGHT),
    "Raia_CancerResearch2011": (-346.08978, TIGHT),
    "Schwen_PONE2014": (-943.9992988598723, TIGHT),
    "Smith_BMCSystBiol2013": (-888198.436541014, LOOSE),
}
BY_SIMULATION = ("Alkan_SciSignal2018", "Lang_PLOSComputBiol2024", "SalazarCavazos_MBoC2020")
SLOPES = (
    "Bertozzi_PNAS2020",
    "Boehm_JProteomeRes2014",
    "Bruno_JExpBot2016",
    "Elowitz_Nature2000",
    "Perelson_Science1996",
    "Rahman_MBS2016",
    "Raia_CancerResearch2011",
    "Schwen_PONE2014",
)


def file_of(data, name):
    return data / "petab" / name / f"{name}.yaml"


@pytest.mark.slow  # a program is compiled for each: a quarter of a minute to some minutes
@pytest.mark.parametrize("name", VALUES)
def test_a_problem_of_the_collection_has_its_value(data, name):
    file = file_of(data, name)
    reference = Reference(*VALUES[name], "published")
    found = problem_checks.value(load(file, lint=False), file, reference)
    assert found["right"], json.dumps(found)


@pytest.mark.slow  # as above
@pytest.mark.parametrize("name", BY_SIMULATION)
def test_predictions_are_those_of_the_collection(data, name):
    file = file_of(data, name)
    study = load(file, lint=False)
    found = problem_checks.value(study, file, of_simulations(file))
    assert found["ok"]
    assert found["simulations"] == len(study.measurements)
    assert found["simulations_off"] == 0, json.dumps(found)


@pytest.mark.slow  # as above, and two values a parameter
@pytest.mark.parametrize("name", SLOPES)
def test_slopes_of_the_collection_are_finite_differences(data, name):
    found = problem_checks.slopes(load(file_of(data, name), lint=False), seed=1)
    assert found["slopes_right"], json.dumps(found)
