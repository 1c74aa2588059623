"""A study folder that somebody has spoilt ends as one line, or as the value that other programs find for what
now stands there: never a traceback, never a value that they do not find.
"""

import logging
import math
import pathlib
import random
import re
import time
from collections.abc import Callable

import pytest

from inference.likelihood.at_one_point import evaluate
from inference.study.loading import load
from inference.study.study import StudyError

MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">{}</math>'
SPECIES = (
    '<species id="{}" compartment="cell" initialConcentration="{}" hasOnlySubstanceUnits="false" '
    'boundaryCondition="false" constant="false"/>'
)
REFERENCE = '<speciesReference species="{}" stoichiometry="1" constant="true"/>'
INHIBITED = (
    "<apply><times/><ci>cell</ci><ci>k</ci><ci>A</ci><apply><divide/><cn>1</cn><apply><plus/><cn>1</cn>"
    "<ci>u</ci><apply><power/><apply><divide/><ci>B</ci><ci>K</ci></apply><cn>2</cn></apply></apply></apply>"
    "</apply>"
)
LOST = "<apply><times/><ci>cell</ci><ci>d</ci><ci>B</ci></apply>"
STUDY = {
    "problem.yaml": "format_version: 2.0.0\nid: chain\nmodel_files:\n  chain:\n    location: model.xml\n"
    "    language: sbml\ncondition_files: [conditions.tsv]\nexperiment_files: [experiments.tsv]\n"
    "observable_files: [observables.tsv]\nmeasurement_files: [measurements.tsv]\n"
    "parameter_files: [parameters.tsv]\n",
    "model.xml": '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<sbml xmlns="http://www.sbml.org/sbml/level3/version1/core" level="3" version="1"><model id="chain">\n'
    '<listOfCompartments><compartment id="cell" size="2" spatialDimensions="3" constant="true"/>'
    "</listOfCompartments>\n"
    f"<listOfSpecies>{SPECIES.format('A', 1)}{SPECIES.format('B', 0.5)}</listOfSpecies>\n<listOfParameters>"
    + "".join(
        f'<parameter id="{n}" value="{v}" constant="true"/>'
        for n, v in (("a0", 3), ("k", 0.7), ("K", 2), ("d", 0.2), ("u", 0))
    )
    + '<parameter id="total" constant="false"/></listOfParameters>\n<listOfInitialAssignments>'
    f'<initialAssignment symbol="A">{MATH.format("<ci>a0</ci>")}</initialAssignment>'
    '</listOfInitialAssignments>\n<listOfRules><assignmentRule variable="total">'
    f"{MATH.format('<apply><plus/><ci>A</ci><ci>B</ci></apply>')}</assignmentRule></listOfRules>\n"
    '<listOfReactions><reaction id="turned" reversible="false" fast="false">'
    f"<listOfReactants>{REFERENCE.format('A')}</listOfReactants>"
    f"<listOfProducts>{REFERENCE.format('B')}</listOfProducts>"
    '<listOfModifiers><modifierSpeciesReference species="B"/></listOfModifiers>'
    f"<kineticLaw>{MATH.format(INHIBITED)}</kineticLaw></reaction>\n"
    '<reaction id="lost" reversible="false" fast="false">'
    f"<listOfReactants>{REFERENCE.format('B')}</listOfReactants>"
    f"<kineticLaw>{MATH.format(LOST)}</kineticLaw></reaction></listOfReactions></model></sbml>\n",
    "conditions.tsv": "conditionId\ttargetId\ttargetValue\nrest\tu\t0\ndrug\tu\t1.5\nfed\tA\t2*a0 + 1\n"
    "fed\td\td_fed\n",
    "experiments.tsv": "experimentId\ttime\tconditionId\nalone\t0\trest\ntreated\t0\tdrug\nlater\t0\tfed\n"
    "later\t2\tdrug\n",
    "observables.tsv": "observableId\tobservableFormula\tnoiseFormula\tnoiseDistribution\t"
    "noisePlaceholders\nblot\tscale*B\tsd_blot\tlog-normal\t\n"
    "all\toffset + total\tsd_all*(1 + 0.1*total)\tnormal\t\nleft\tA^2/(1 + A)\tnoise\tlaplace\tnoise\n",
    "measurements.tsv": "observableId\texperimentId\ttime\tmeasurement\tnoiseParameters\n"
    "blot\talone\t0\t0.8\t\nblot\talone\t4\t2.6\t\nblot\ttreated\t1\t1.4\t\nblot\ttreated\t4\t2.2\t\n"
    "blot\tlater\t2\t5.1\t\nblot\tlater\t5\t4.4\t\nall\talone\t0\t3.7\t\nall\ttreated\t6\t2.5\t\n"
    "all\tlater\t3\t6.9\t\nleft\talone\t1\t1.1\t0.2\nleft\ttreated\t1\t1.5\tsd_left\n",
    "parameters.tsv": "parameterId\testimate\tlowerBound\tupperBound\tnominalValue\tpriorDistribution\t"
    "priorParameters\nk\ttrue\t0.01\t100\t0.6\tlog-normal\t-0.5;1\na0\ttrue\t0.1\t50\t3\tlog-normal\t1;0.5\n"
    "d_fed\ttrue\t0.01\t10\t0.3\tuniform\t0.01;10\nscale\ttrue\t0.01\t100\t1.4\tlog-normal\t0;1\n"
    "offset\ttrue\t-5\t5\t0.1\tnormal\t0;1\nsd_blot\ttrue\t0.01\t2\t0.2\tlog-normal\t-1.6;0.5\n"
    "sd_all\ttrue\t0.01\t2\t0.3\tgamma\t2;0.1\nsd_left\tfalse\t\t\t0.25\t\t\n",
}
NUMBERS = (
    *("nan", "inf", "-inf", "1e400", "-1", "0", "1e9", "1e-320", "1e-300", "", " ", "many", "1,5", "1_000"),
    *(
        "0x10",
        "1e",
        "NA",
        "True",
        "\u0661\u0662",
        "1 2",
        "+3",
        "--3",
        "1e5",
        "-0.0",
        ".5",
        "5.",
        "1d3",
        "1/2",
    ),
)
FORMULAS = (
    *("B +", "(B", "B ** 2", "B^-2", "1/0", "0/0", "sqrt(-1)", "log(0)", "log(-B)", "exp(1000)", "B/(B - B)"),
    *(
        "sin(",
        "__import__('os')",
        "lambda x: x",
        "B; A",
        "B = A",
        "B == A",
        "piecewise(1, B > 1, 2)",
        "9^9^9",
    ),
    *("[B]", "B.real", "nowhere", "time", "t", "pi", "E", "I", "S", "inf", "true", "Max(A, B)", "max(A, B)"),
    *("abs(B)", "B'", "{B}", "B % 2", "-B", "0*B", "A" * 500, "ln(B)", "log10(B)", "B!", "2B", "B^0.5"),
    *("(-B)^0.5", "sign(B)", "B && A", "0", "-1", "floor(B)", "exp(exp(exp(9)))", "A B", "if(B, 1, 2)"),
)
NAMES = (
    *("A", "B", "k", "K", "total", "cell", "u", "scale", "rest", "alone", "nowhere", "time", "t", "", "1a"),
    *("a b", "lambda", "\u00e9", "A" * 3000, "__class__", "[/x]", "</script>", "=1+1", "nan", "E", "pi", "_"),
    *("\x1b[31m", "None", "turned", "chain", "a0", "sd_left", "noise"),
)
SETTINGS = (
    *("null", "[]", "{}", "5", "1.0.0", "3.0.0", "2", "two", "[a, b]", "nan", "../model.xml", "/etc/passwd"),
    *("nowhere.tsv", "model.xml", "conditions.tsv", "''", "!!python/object:os.system x", "&x [*x]", "true"),
    *("2026-01-01", "pysb", "[conditions.tsv, conditions.tsv]", "[[conditions.tsv]]", "{a: b}"),
)
OPERATORS = (
    *("plus", "times", "divide", "power", "minus", "exp", "ln", "root", "factorial", "eq", "and", "quotient"),
    *("rem", "max", "lambda", "sum", "nothing", "log", "abs", "ceiling", "tanh", "arccosh"),
)
LEAVES = (
    *("", "<exponentiale/>", "<infinity/>", "<notanumber/>", '<cn type="rational">1<sep/>0</cn>', "<true/>"),
    *('<cn type="e-notation">1<sep/>999</cn>', "<cn>-1</cn>", "<cn>0</cn>", "<ci>k</ci>", "<ci>total</ci>"),
    *("<ci>nowhere</ci>", "<cn>nan</cn>", "<cn>many</cn>", "<ci>B</ci>", "<ci>cell</ci>"),
)
ENCODINGS: tuple[Callable[[str], bytes], ...] = (
    lambda t: t.encode("utf-16-le"),
    lambda t: t.encode("utf-16-be"),
    lambda t: t.encode("utf-8-sig"),
    lambda t: t.replace("\n", "\r\n").encode(),
    lambda t: t.replace("\n", "\r").encode(),
    lambda t: t.replace("a", "\u00e4", 1).encode("latin-1"),
    lambda t: t.encode() + b"\0",
    lambda t: b"\xff" + t.encode(),
    lambda t: t.replace("\t", " ").encode(),
)
Files = dict[str, bytes]
Rows = list[list[str]]


def a_table(rng: random.Random, files: Files) -> tuple[str, Rows]:
    name = rng.choice([n for n in files if n.endswith(".tsv")])
    return name, [line.split("\t") for line in files[name].decode().split("\n")[:-1]]


def put(files: Files, name: str, rows: Rows) -> None:
    files[name] = "".join("\t".join(r) + "\n" for r in rows).encode()


def cell(rng: random.Random, files: Files) -> None:
    name, rows = a_table(rng, files)
    i, j = rng.randrange(1, len(rows)), rng.randrange(len(rows[0]))
    column = rows[0][j]
    formula = "ormula" in column or column in ("targetValue", "noiseParameters")
    pool = NAMES if column.endswith("Id") else FORMULAS if formula else NUMBERS
    rows[i][j] = rng.choice(pool if rng.random() < 0.8 else rng.choice((NAMES, FORMULAS, NUMBERS)))
    put(files, name, rows)


def digit(rng: random.Random, files: Files) -> None:
    name = rng.choice([n for n in files if n != "problem.yaml"])
    text = files[name].decode()
    at = rng.choice([m.start() for m in re.finditer(r"\d", text)])
    files[name] = (text[:at] + rng.choice("0123456789-.e") + text[at + 1 :]).encode()


def swap(rng: random.Random, files: Files) -> None:
    name, rows = a_table(rng, files)
    j, a, b = rng.randrange(len(rows[0])), rng.randrange(1, len(rows)), rng.randrange(1, len(rows))
    rows[a][j], rows[b][j] = rows[b][j], rows[a][j]
    put(files, name, rows)


def header(rng: random.Random, files: Files) -> None:
    name, rows = a_table(rng, files)
    j = rng.randrange(len(rows[0]))
    old = rows[0][j]
    like = (old.upper(), old[:-1], old + "s", "", old.replace("I", "i"), " " + old, old + " (min)", "#" + old)
    rows[0][j] = rng.choice((*like, rng.choice(rows[0])))
    put(files, name, rows)


def row(rng: random.Random, files: Files) -> None:
    name, rows = a_table(rng, files)
    i, whole = rng.randrange(len(rows)), rows[1:]
    rng.shuffle(whole)
    ways = ([*rows[:i], *rows[i + 1 :]], [*rows[:i], rows[i], *rows[i:]], rows[:1], [rows[0], *whole])
    cut = ([*rows[:i], r, *rows[i + 1 :]] for r in (rows[i][1:], rows[i][:-1], [*rows[i], "more"]))
    put(files, name, rng.choice((*ways, *cut)))


def column(rng: random.Random, files: Files) -> None:
    name, rows = a_table(rng, files)
    j, new = rng.randrange(len(rows[0])), rng.choice(NUMBERS)
    ways = (
        [[*r[:j], *r[j + 1 :]] for r in rows],
        [[*r[:j], r[j], *r[j:]] for r in rows],
        [rows[0], *([*r[:j], "", *r[j + 1 :]] for r in rows[1:])],
        [rows[0], *([*r[:j], new, *r[j + 1 :]] for r in rows[1:])],
        [[r[j], *r[:j], *r[j + 1 :]] for r in rows],
    )
    put(files, name, rng.choice(ways))


def cut(rng: random.Random, files: Files) -> None:
    name = rng.choice([*files])
    size = len(files[name])
    files[name] = files[name][: rng.choice((0, 1, size // 2, size - 1, rng.randrange(size)))]


def gone(rng: random.Random, files: Files) -> None:
    del files[rng.choice([*files])]


def encoding(rng: random.Random, files: Files) -> None:
    name = rng.choice([*files])
    files[name] = rng.choice(ENCODINGS)(files[name].decode())


def bit(rng: random.Random, files: Files) -> None:
    name = rng.choice([*files])
    changed = bytearray(files[name])
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    files[name] = bytes(changed)


def setting(rng: random.Random, files: Files) -> None:
    lines = files["problem.yaml"].decode().split("\n")[:-1]
    i = rng.randrange(len(lines))
    key, _, value = lines[i].partition(":")
    new = ([], [lines[i]] * 2, [f"{key[:-1]}:{value}"], *([f"{key}: {rng.choice(SETTINGS)}"] for _ in "123"))
    files["problem.yaml"] = "".join(
        x + "\n" for x in (*lines[:i], *rng.choice(new), *lines[i + 1 :])
    ).encode()


def element(rng: random.Random, files: Files) -> None:
    text = files["model.xml"].decode()
    what, new = rng.choice(
        (
            (r' \w+="[^"]*"', ""),
            (r'(?<==)"[^"]*"', '"' + rng.choice((*NUMBERS, "A", "nowhere", "false", "true")) + '"'),
            (r"<(ci|cn)>[^<]*</\1>", rng.choice(LEAVES)),
            (r"<(plus|times|divide|power)/>", f"<{rng.choice(OPERATORS)}/>"),
            (r"<(species|parameter|compartment|speciesReference|modifierSpeciesReference)\b[^>]*/>", None),
            (r"(?s)<(listOf\w+|reaction|kineticLaw|initialAssignment|assignmentRule|math)\b.*?</\1>", None),
        )
    )
    m = rng.choice([*re.finditer(what, text)])
    new = rng.choice(("", m[0] * 2)) if new is None else new
    files["model.xml"] = (text[: m.start()] + new + text[m.end() :]).encode()


WAYS = (cell,) * 6 + (digit, bit, setting) * 2 + (element,) * 5
WAYS += (swap, header, row, column, cut, gone, encoding)


def written(folder: pathlib.Path, files: Files) -> pathlib.Path:
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "problem.yaml"


def ended(problem: pathlib.Path) -> float | str | None:
    """The log-likelihood (None: told to be none), or the refusal."""
    try:
        study = load(problem)
        return evaluate(study, study.nominal, gradient=False, rtol=1e-10, atol=1e-13)["log_likelihood"]
    except StudyError as e:
        return str(e)


@pytest.mark.parametrize(
    "seeds",
    [
        range(30),
        # minutes: some hundred of them are compiled and simulated
        *(pytest.param(range(i, i + 90), marks=pytest.mark.slow) for i in (30, 120, 210)),
    ],
    ids=str,
)
def test_a_spoilt_study_is_one_line_or_what_other_programs_make_of_it(seeds, by_other_programs, tmp_path):
    logging.getLogger("petab").setLevel(logging.CRITICAL)
    whole = {n: t.encode() for n, t in STUDY.items()}
    begun = time.process_time()
    problem = written(tmp_path, whole)
    assert ended(problem) == pytest.approx(by_other_programs(problem, tmp_path / "model.xml"), abs=1e-6)
    usual, refused = time.process_time() - begun, 0
    for seed in seeds:
        rng, files = random.Random(seed), dict(whole)
        rng.choice(WAYS)(rng, files)
        begun = time.process_time()
        found = ended(written(tmp_path, files))
        # a whole one takes a second of a processor; ten times as much is a loop that does not end
        assert time.process_time() - begun < 10 * max(usual, 1.0), seed
        if isinstance(found, str):
            refused += 1
            assert re.fullmatch(r"[^\n]+: [^\n]+", found), seed
        elif isinstance(found, float):
            expected = by_other_programs(problem, tmp_path / "model.xml")
            assert found == pytest.approx(expected, rel=1e-6, abs=1e-5), seed
        else:
            with pytest.raises(Exception, match=r"(?s).*"):
                assert math.isfinite(by_other_programs(problem, tmp_path / "model.xml")), seed
    assert len(seeds) / 3 < refused < len(seeds)
