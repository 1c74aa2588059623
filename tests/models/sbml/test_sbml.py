"""SBML out and in: the file says the same as the network, and another program computes the same from it."""

import libsbml
import numpy as np
import pytest
import sympy as sp

from models import declare as d
from models.catalogue import niche
from models.drugs import DRUGS, treat
from models.network import Network, rates_of_change
from models.ratelaws import choose, hill, inhibited_by, power
from models.sbml.formulas import SbmlError
from models.sbml.reader import from_sbml, read_sbml
from models.sbml.writer import to_sbml


class Toy(d.Pathway):
    """A little of everything that an export has to carry."""

    frozen = d.Input("frozen", 0.0, "0/1", "stops the cells")
    drug = d.Input("drug", 0.3, "nM", "a drug that fades")
    X = d.Species("X", 2.0, "nM", "substrate", uniprot="P40763")
    Y = d.Species("Y", 0.1, "nM", "product", place="nucleus", chebi="CHEBI:15422")
    N = d.Species("N", 0.3, "1e6/mL", "cells", held_by=frozen)
    k = d.Parameter("k", 0.07, "1/min", "conversion", d.assumed("test"))
    K = d.Parameter("K", 0.4, "nM", "half effect", d.assumed("test"))
    h = d.Parameter("h", 1.7, "-", "steepness", d.assumed("test"))
    left = d.Derived("left", drug * sp.exp(-k * sp.Max(d.time, 0)), "nM", "drug left")
    make = d.Reaction(X, Y, k * X * hill(Y, K, h) * inhibited_by(left, K, 3), "made")
    lose = d.Reaction(((Y, 2.0),), X, k * Y * sp.Rational(1, 3), "two become one")
    grow = d.Reaction((), N, k * N * (1 - N.symbol / 2) / (1 + Y / K), "cells grow")


def network() -> Network:
    """The toy without the check of units (its growth law has none that balance)."""
    rows = Toy.rows
    pick = lambda kind: tuple(r for r in rows if isinstance(r, kind))  # noqa: E731
    return Network(
        "toy", pick(d.Species), pick(d.Parameter), pick(d.Input), pick(d.Derived), pick(d.Reaction)
    )


def values_of_rates(net: Network, values: dict[str, float]) -> dict[str, float]:
    plain = {power: lambda x, h: sp.Max(x, 0) ** h, choose: lambda m, a, b: a if m >= 0 else b}
    out = {}
    for name, e in rates_of_change(net).items():
        number = e.subs({sp.Symbol(k): v for k, v in values.items()})
        for f, rule in plain.items():
            number = number.replace(f, rule)
        out[name] = float(number)
    return out


def test_a_network_read_back_changes_at_the_same_rates():
    net = network()
    back = from_sbml(to_sbml(net))
    assert [s.name for s in back.species] == [s.name for s in net.species]
    assert {u.name for u in back.inputs} == {"frozen", "drug"}
    rng = np.random.default_rng(1)
    for _ in range(5):
        values = {q.name: float(rng.uniform(0.1, 2.0)) for q in (*net.species, *net.parameters, *net.inputs)}
        values["t"] = float(rng.uniform(-5, 5))
        sizes = {p.name: p.value for p in back.parameters if p.name not in values}
        here, there = values_of_rates(net, values), values_of_rates(back, values | sizes)
        for name in here:
            assert here[name] == pytest.approx(there[name], rel=1e-13, abs=1e-15)


def test_units_and_identifiers_survive():
    text = to_sbml(network())
    back = from_sbml(text)
    assert {s.name: s.unit for s in back.species} == {s.name: s.unit for s in network().species}
    assert back.parameter("k").unit == "1/min"
    assert "https://identifiers.org/uniprot:P40763" in text
    assert "https://identifiers.org/CHEBI:15422" in text


def resources(text, element, qualifier):
    """What an element's annotation of that qualifier points to."""
    document = libsbml.readSBMLFromString(text)
    found = document.getModel().getElementBySId(element)
    terms = [found.getCVTerm(i) for i in range(found.getNumCVTerms())]
    chosen = [t for t in terms if t.getBiologicalQualifierType() == qualifier]
    return [
        t.getResourceURI(i).removeprefix("https://identifiers.org/")
        for t in chosen
        for i in range(t.getNumResources())
    ]


def test_annotations_say_what_a_species_is_to_the_molecule_they_name():
    text = to_sbml(niche())
    assert resources(text, "SOCS3", libsbml.BQB_IS) == ["uniprot:O14543"]
    assert resources(text, "mSOCS3", libsbml.BQB_ENCODES) == ["uniprot:O14543"]
    assert resources(text, "pS", libsbml.BQB_IS_VERSION_OF) == ["uniprot:P40763"]
    assert "uniprot:P40189" in resources(text, "RA", libsbml.BQB_HAS_PART)  # gp130, of four proteins
    assert resources(text, "rux", libsbml.BQB_IS) == ["CHEBI:66919"]


# Approved symbols of HGNC, and names of ChEBI, for the accessions used.
SYMBOLS = {
    "P05231": "IL6",
    "P15692": "VEGFA",
    "P01375": "TNF",
    "P08887": "IL6R",
    "P40189": "IL6ST",
    "P23458": "JAK1",
    "O60674": "JAK2",
    "P40763": "STAT3",
    "O14543": "SOCS3",
    "P31749": "AKT1",
    "Q02750": "MAP2K1",
    "P28482": "MAPK1",
    "Q16539": "MAPK14",
    "P05412": "JUN",
    "O14920": "IKBKB",
    "P25963": "NFKBIA",
    "Q04206": "RELA",
    "P19838": "NFKB1",
    "P21580": "TNFAIP3",
    "Q07820": "MCL1",
    "Q07817": "BCL2L1",
    "P10415": "BCL2",
    "P01106": "MYC",
    "P03372": "ESR1",
    "Q8NEB9": "PIK3C3",
    "O43521": "BCL2L11",
    "P42574": "CASP3",
    "O14788": "TNFSF11",
    "Q15306": "IRF4",
    "P05019": "IGF1",
    "O75888": "TNFSF13",
    "Q9Y275": "TNFSF13B",
}
MOLECULES = {
    "E2": ("CHEBI:16469", "17beta-estradiol"),
    "fulv": ("CHEBI:31638", "fulvestrant"),
    "tam": ("CHEBI:44616", "afimoxifene"),
    "rux": ("CHEBI:66919", "ruxolitinib"),
    "tram": ("CHEBI:75998", "trametinib"),
    "akti": ("CHEBI:67271", "MK-2206"),
    "btz": ("CHEBI:52717", "bortezomib"),
    "dex": ("CHEBI:41879", "dexamethasone"),
    "ven": ("CHEBI:133021", "venetoclax"),
    "p38i": ("CHEBI:90528", "VX-745"),
}
GENES = {
    "IL6": "IL6",
    "VEGF": "VEGFA",
    "R": "IL6R IL6ST JAK1 JAK2",
    "RA": "IL6R IL6ST JAK1 JAK2",
    "pS": "STAT3",
    "mSOCS3": "SOCS3",
    "SOCS3": "SOCS3",
    "pAkt": "AKT1",
    "pMEK": "MAP2K1",
    "pERK": "MAPK1",
    "pp38": "MAPK14",
    "AP1": "JUN",
    "IKKa": "IKBKB",
    "IKKi": "IKBKB",
    "IkB": "NFKBIA",
    "IkBn": "NFKBIA",
    "C": "NFKBIA RELA NFKB1",
    "Cn": "NFKBIA RELA NFKB1",
    "NFn": "RELA",
    "mIkB": "NFKBIA",
    "mA20": "TNFAIP3",
    "A20": "TNFAIP3",
    "mIL6": "IL6",
    "mMCL1": "MCL1",
    "MCL1": "MCL1",
    "BCLXL": "BCL2L1",
    "BCL2": "BCL2",
    "MYC": "MYC",
    "ERt": "ESR1",
    "AUTO": "PIK3C3",
    "BH3": "BCL2L11",
    "CASP": "CASP3",
    "RANKL": "TNFSF11",
    "IRF4": "IRF4",
}


def test_accessions_are_those_of_the_named_proteins_and_molecules():
    given = {
        s.name: " ".join(SYMBOLS[a] for a in (s.uniprot or s.encodes).split())
        for s in niche().species
        if s.uniprot or s.encodes
    }
    assert given == GENES
    assert {u.name: SYMBOLS[u.uniprot] for u in niche().inputs if u.uniprot} == {
        "TNF": "TNF",
        "sIL6R": "IL6R",
        "IGF1": "IGF1",
        "APRIL": "TNFSF13",
        "BAFF": "TNFSF13B",
    }
    assert {u.name: u.chebi for u in niche().inputs if u.chebi} == {
        name: accession for name, (accession, _) in MOLECULES.items()
    }
    for x in DRUGS.values():
        names = {n.lower().replace("17-beta", "17beta") for n in (x.name, *x.aliases)}
        assert x.input not in MOLECULES or MOLECULES[x.input][1].lower() in names


@pytest.mark.parametrize(
    "made", [network(), niche(), treat(niche(), "bortezomib", hypothesis="H1")], ids=lambda n: n.id
)
def test_the_file_is_valid_sbml(made):
    document = libsbml.readSBMLFromString(to_sbml(made))
    document.setConsistencyChecks(libsbml.LIBSBML_CAT_UNITS_CONSISTENCY, False)
    document.checkConsistency()
    assert document.getNumErrors(libsbml.LIBSBML_SEV_ERROR) == 0, document.getErrorLog().toString()


def test_libroadrunner_finds_the_same_rates():
    roadrunner = pytest.importorskip("roadrunner")
    net = network()
    runner = roadrunner.RoadRunner(to_sbml(net))
    levels = {"X": 1.3, "Y": 0.4, "N": 0.7}
    for name, v in levels.items():
        runner[f"[{name}]"] = v
    values = levels | {p.name: p.value for p in net.parameters} | {"drug": 0.3, "frozen": 0.0, "t": 0.0}
    ours = values_of_rates(net, values)
    for name in levels:
        assert runner[f"{name}'"] == pytest.approx(ours[name], rel=1e-12)


SBML = """<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="m">
<listOfCompartments><compartment id="c" size="2" constant="true"/><compartment id="n" size="0.5"
constant="true"/></listOfCompartments>
<listOfSpecies>
<species id="A" compartment="c" initialConcentration="3" hasOnlySubstanceUnits="false"
boundaryCondition="false" constant="false"/>
<species id="B" compartment="n" initialAmount="1" hasOnlySubstanceUnits="false" boundaryCondition="false"
constant="false"/>
<species id="F" compartment="c" initialConcentration="5" hasOnlySubstanceUnits="false"
boundaryCondition="true" constant="true"/>
</listOfSpecies>
<listOfParameters><parameter id="k" value="0.2" constant="true"/>%s</listOfParameters>
%s
<listOfReactions><reaction id="r" reversible="false" fast="false">
<listOfReactants><speciesReference species="A" stoichiometry="1" constant="true"/></listOfReactants>
<listOfProducts><speciesReference species="B" stoichiometry="1" constant="true"/></listOfProducts>
<listOfModifiers><modifierSpeciesReference species="F"/></listOfModifiers>
<kineticLaw><math xmlns="http://www.w3.org/1998/Math/MathML"><apply><times/><ci>k</ci><ci>A</ci><ci>F</ci>
</apply></math></kineticLaw>
</reaction></listOfReactions>%s</model></sbml>"""


def test_a_reaction_between_compartments_changes_concentrations_by_their_own_volumes():
    model = read_sbml(SBML % ("", "", ""))
    values = {"A": 3.0, "k": 0.2, "F": 5.0, "c": 2.0, "n": 0.5, "B": 2.0}
    assert values_of_rates(model.network, values) == pytest.approx({"A": -3.0 / 2.0, "B": 3.0 / 0.5})
    assert [u.name for u in model.network.inputs] == ["F"]  # nothing changes it
    assert model.initial["B"].subs({"n": 0.5}) == 2.0  # an amount of 1 in half a litre


MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">%s</math>'


def event(trigger: str) -> str:
    """An event that adds 2 to A when `trigger` becomes true."""
    change = (
        f"<eventAssignment "
        f"variable='A'>{MATH % '<apply><plus/><ci>A</ci><cn>2</cn></apply>'}</eventAssignment>"
    )
    return (
        "<listOfEvents><event id='e' useValuesFromTriggerTime='true'><trigger initialValue='false' "
        "persistent='true'>"
        f"{trigger}</trigger><listOfEventAssignments>{change}</listOfEventAssignments></event></listOfEvents>"
    )


def test_what_is_not_supported_is_refused_by_name():
    algebraic = (
        f"<listOfRules><algebraicRule>"
        f"{MATH % '<apply><plus/><ci>p</ci><cn>1</cn></apply>'}</algebraicRule></listOfRules>"
    )
    with pytest.raises(SbmlError, match="algebraicRule is not supported"):
        read_sbml(SBML % ('<parameter id="p" value="1" constant="false"/>', algebraic, ""))


@pytest.mark.parametrize(
    "operator, arguments",
    [("divide", 3), ("minus", 3), ("power", 3), ("exp", 4), ("ln", 0), ("divide", 1), ("not", 2)],
)
def test_a_formula_with_another_number_of_arguments_than_its_operator_takes_is_refused(operator, arguments):
    formula = MATH % f"<apply><{operator}/>{'<ci>A</ci>' * arguments}</apply>"
    parameter = '<parameter id="p" constant="false"/>'
    rule = f'<listOfRules><assignmentRule variable="p">{formula}</assignmentRule></listOfRules>'
    with pytest.raises(SbmlError, match=rf"gives {operator} {arguments} arguments"):
        read_sbml(SBML % (parameter, rule, ""))


def test_an_event_at_a_known_time_is_read_with_its_time():
    t = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'
    trigger = MATH % f"<apply><geq/>{t}<cn>7</cn></apply>"
    (e,) = read_sbml(SBML % ("", "", event(trigger))).events
    assert e.margin == sp.Symbol("t") - 7
    assert not e.strict
    assert not e.initially
    assert e.assignments["A"] == sp.Symbol("A") + 2


def test_a_name_that_stands_for_two_things_is_refused():
    net = network()
    again = d.Reaction((), net.species[0], 1, "again", "k")
    twice = Network("toy", net.species, net.parameters, net.inputs, net.derived, (*net.reactions, again))
    with pytest.raises(SbmlError, match=r"toy\.k: stands for two things"):
        to_sbml(twice)
