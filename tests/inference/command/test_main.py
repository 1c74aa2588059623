"""The command as people meet it: the list, help, refusals in one line, names that are nearly right."""

import os
import pathlib
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from inference.command import contents, declared_names, options, topics
from inference.command.main import app, one
from inference.command.start import Refusal, spoken

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMANDS = tuple(contents.commands())


def gp130(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*arguments], prog_name="gp130")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_every_file_of_the_rooms_is_a_command_of_the_list():
    files = {p.stem.replace("_", "-") for p in contents.FOLDER.glob("*/*.py") if p.stem != "__init__"}
    # a process of benchmark's own, and what it does for `benchmark problems`; `simulate --population`
    assert files - {"benchmark-part", "benchmark-problems", "population-of"} == set(COMMANDS)
    assert {p.stem.replace("_", "-") for p in (ROOT / "scripts").glob("*.py")} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_every_command_exits_with_0(name):
    code, said, _ = gp130(name, "--help")
    assert code == 0
    assert f"gp130 {name}" in said
    assert gp130("help", name)[0] == 0


def test_without_a_word_and_by_help_the_list_is_printed():
    assert gp130()[:2] == (0, contents.text())
    assert gp130("help")[:2] == (0, contents.text())
    assert gp130("--help")[1].startswith(contents.text())


@pytest.mark.parametrize("topic", sorted({*topics.TOPICS} & {*dir(declared_names)}))
def test_a_topic_lists_every_name_there_is(topic):
    code, said, _ = gp130("help", topic)
    known = getattr(declared_names, topic)()
    assert code == 0
    assert known
    assert all((name if isinstance(name, str) else name.name) in said for name in known)


def test_every_topic_of_the_list_has_words_and_the_other_way_round():
    named = contents.text().rpartition("one of")[2].strip(" .\n").split(",")
    assert {n.strip() for n in named} == set(topics.TOPICS)
    assert all(say() for say in topics.TOPICS.values())


def test_a_number_is_finite_and_not_below_the_lowest():
    assert options.number("--hours", "1e2") == 100
    for text in ("nan", "inf", "-1", "much"):
        with pytest.raises(Refusal, match="--hours"):
            options.number("--hours", text)


def test_a_word_that_is_no_command_is_told_with_the_list_and_the_nearest_one():
    code, _, said = gp130("simulat")
    assert code == 2
    assert said.startswith(contents.text())
    assert said.splitlines()[-1] == "gp130 simulat: is no command: did you mean 'simulate'?"
    assert "did you mean" not in gp130("xyz")[2]


def test_the_version_is_that_of_the_distribution():
    assert gp130("--version")[:2] == (0, "gp130 0.1.0\n")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("help simulat", "help simulat: is not known: did you mean 'simulate'?"),
        ("--nothing", "--nothing: is no option of gp130"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(asked, said):
    code, out, error = gp130(*asked.split())
    assert code == 2
    assert out == ""
    assert said in error
    assert error.count("\n") == 1


HOSTILE = (  # a call, and the option that the line begins with
    ("simulate --il6 nan", "--il6"),
    ("simulate --il6 1e400", "--il6"),
    ("simulate --il6 1_0", "--il6"),
    ("simulate --il6 \N{ARABIC-INDIC DIGIT ONE}", "--il6"),
    ("simulate --il6 1 --il6 2", "--il6"),
    ("simulate --hours 1e300", "--hours"),
    ("simulate --every 1e-300", "--every"),
    ("simulate --ensemble 1e30", "--ensemble"),
    ("simulate --ensemble 2.5", "--ensemble"),
    ("simulate --spread 1e300", "--spread"),
    ("simulate --rtol 1e300", "--rtol"),
    ("simulate --seed -1", "--seed"),
    ("simulate --seed 99999999999999999999", "--seed"),
    ("simulate --out=", "--out"),
    ("simulate --set k_SR=", "--set k_SR"),
    ("simulate --drug bortezomib=1e400", "--drug bortezomib"),
    ("simulate --drug bortezomib=4@nan", "--drug bortezomib"),
    ("rank --prior --estradiol nan", "--estradiol"),
    ("rank --prior --draws 99999999999999", "--draws"),
    ("rank --prior --drug bortezomib=4 --drug bortezomib=5", "--drug bortezomib"),
    ("rank --prior --hours inf", "--hours"),
    ("scan --prior --pair-level nan", "--pair-level"),
    ("facts --prior --draws 1e3", "--draws"),
    ("calibrate --wrong-noise inf", "--wrong-noise"),
    ("calibrate --fits 99999999999999", "--fits"),
    ("evaluate estradiol_reduced --rtol 0", "--rtol"),
    ("evaluate estradiol_reduced --atol nan", "--atol"),
    ("fit --time-budget -1", "--time-budget"),
    ("fit --chains 99999999999999", "--chains"),
    ("fit --seed=1 --seed=1", "--seed"),
    ("optimise --spread inf", "--spread"),
    ("explore --prior --port 65536", "--port"),
)


@pytest.mark.parametrize("call, place", HOSTILE)
def test_a_number_that_cannot_be_meant_is_refused_before_anything_is_done(call, place):
    code, out, error = gp130(*call.split(" "))
    assert code == 2
    assert out == ""
    assert error.startswith(f"{place}")
    assert error.count("\n") == 1


def test_an_empty_word_is_no_folder():
    assert gp130("rank", "")[::2] == (2, "RUN: is empty: name the folder of a fit\n")
    assert gp130("fit", "--out", "")[::2] == (2, "--out: is empty: give a value or leave it out\n")


def test_names_are_known_whatever_their_case():
    params = {p.name: p for p in one("simulate").params}
    assert params["preset"].callback is not None
    context = one("simulate").make_context("simulate", ["--preset", "MM1S", "--hypothesis", "h1"])
    assert (context.params["preset"], context.params["hypothesis"]) == ("mm1s", "H1")


def test_fields_in_backticks_become_the_options_of_the_command_at_hand():
    params = one("fit").params
    text = "`out` x: holds a run: go on with it by `resume`, or end `finish`; `preset` is of another command"
    assert spoken(text, params) == (
        "--out x: holds a run: go on with it by --resume, or end --finish; `preset` is of another command"
    )
    assert spoken("`study` x", params) == "STUDY x"
    assert spoken("`doses` x", one("simulate").params) == "--drug x"


def test_names_read_from_the_text_are_those_of_the_modules():
    from inference.resistance.conditions import CONDITIONS
    from inference.resistance.knockdowns.knockdown_nodes import LEVELS
    from inference.resistance.rankings.methods import METHODS
    from inference.resistance.resistance_readouts import READOUTS
    from inference.samplers.choices import SAMPLERS
    from models.catalogue import BORTEZOMIB, HYPOTHESES, PRESETS, core, niche
    from models.documents.cell_table import cells
    from models.documents.parameter_tables import every
    from models.drugs import DRUGS, drug_names

    def names(found):
        return {d.name for d in found}

    assert names(declared_names.presets()) == set(PRESETS)
    assert {d.texts[0] for d in declared_names.presets()} == {p.title for p in PRESETS.values()}
    assert names(declared_names.hypotheses()) == set(HYPOTHESES)
    assert names(declared_names.variants()) == set(BORTEZOMIB)
    assert names(declared_names.drugs()) == set(DRUGS)
    assert {n for d in declared_names.drugs() for n in declared_names.every_name(d)} == set(drug_names())
    assert names(declared_names.conditions()) == set(CONDITIONS)
    assert names(declared_names.readouts()) == set(READOUTS)
    assert names(declared_names.methods()) == set(METHODS)
    assert names(declared_names.samplers()) == set(SAMPLERS)
    assert declared_names.pair_levels() == LEVELS
    assert names(declared_names.tables()) == {t.name for t in (*every(core()), cells())}
    for network in (niche(), niche(socs3_transit=True), core()):
        assert {p.name for p in network.parameters} <= names(declared_names.rows("Parameter"))
    assert {u.name for u in niche().inputs} <= names(declared_names.rows("Input"))


def test_a_refusal_loads_neither_arrays_nor_tables():
    """What makes it slow; measured: 0.5 s of CPU with these absent, 5 to 13 s with them."""
    heavy = ("jax", "numpy", "pandas", "xarray", "sympy", "petab", "matplotlib", "arviz")
    program = (
        "import sys\n"
        "from inference.command.main import main\n"
        "try:\n    main(sys.argv[1:])\n"
        f"finally:\n    print([m for m in {heavy!r} if m in sys.modules])\n"
    )
    for asked in ("rank --prior --drug dexa=3", "fit no_such_study", "simulate --set nothing=1"):
        done = subprocess.run(
            [sys.executable, "-c", program, *asked.split()],
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stdout) == (2, "[]\n"), done.stderr


@pytest.mark.parametrize(("words", "code"), [((), 0), (("help",), 0), (("nonsense",), 2)])
def test_the_launcher_prints_the_list_where_nothing_is_set_up_yet(tmp_path, words, code):
    needed = (
        "scripts/run.sh",
        "scripts/requirements/base.txt",
        "inference/command/commands.txt",
        "pyproject.toml",
    )
    for name in needed:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    done = subprocess.run(
        ["sh", "scripts/run.sh", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert contents.text() in (done.stderr if code else done.stdout)
    assert not (tmp_path / ".venv").exists()
