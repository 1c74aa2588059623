"""The command as people meet it: the list, help, refusals in one line, names that are nearly right."""

import os
import pathlib
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from inference.command import contents, declared_names
from inference.command.main import app, one
from inference.command.start import spoken
from models.nearest_name import nearest

ROOT = pathlib.Path(__file__).resolve().parents[3]
COMMANDS = tuple(contents.commands())


def gp130(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, [*arguments], prog_name="gp130")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


def test_every_file_of_the_rooms_is_a_command_of_the_list():
    files = {p.stem for p in contents.FOLDER.glob("*/*.py") if p.stem != "__init__"}
    assert files - {"benchmark_part"} == set(COMMANDS)  # a process of benchmark's own
    assert {p.stem for p in (ROOT / "scripts").glob("*.py")} == set(COMMANDS)


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


@pytest.mark.parametrize("topic", ["presets", "drugs", "hypotheses", "conditions", "readouts", "studies"])
def test_a_topic_lists_every_name_there_is(topic):
    code, said, _ = gp130("help", topic)
    known = getattr(declared_names, topic)()
    assert code == 0
    assert known
    assert all((name if isinstance(name, str) else name.name) in said for name in known)


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
        ("simulate --preset mm2", "--preset mm2: is not known: did you mean 'mm1s'?"),
        (
            "simulate --preset xyz",
            "--preset xyz: is not one of mm1s, u266, ina6, t1114, hepatocyte, osteoblast",
        ),
        ("simulate --drug bortezomip=4", "--drug bortezomip: is not known: did you mean 'bortezomib'?"),
        ("simulate --drug water=4", "--drug water: is not known: gp130 help drugs lists what is"),
        ("simulate --set k_s=2", "--set k_s: is not known: did you mean 'k_S'?"),
        ("simulate --hours much", "--hours: 'much' is not a number"),
        ("simulate --preest mm1s", "--preest: is no option of simulate: did you mean --preset?"),
        ("fit --chains 0", "--chains: must be greater than or equal to 1"),
        ("fit --chains many", "--chains: must be a valid integer, unable to parse string as an integer"),
        ("fit il6_feedback", "study il6_feedback: is not known: did you mean 'il6_feedback_estradiol'?"),
        ("fit --hypothesis H9", "--hypothesis H9: is not one of H0, H1, H2, H3, H4, H5, H6"),
        ("fit --device abacus", "--device abacus: is not one of auto, cpu, gpu"),
        ("fit --resume", "--resume: which run? name its folder with --out"),
        ("fit --sampler nots", "--sampler nots: is not known: did you mean 'nuts'?"),
        ("rank", "rank: say what to believe: either RUN, the folder of a fit, or --prior"),
        ("rank --prior --drug dexamethasone", "--drug dexamethasone: write NAME=nM"),
        ("rank --prior --readout taste", "--readout taste: is not one of"),
        ("rank --prior --method tarot", "--method tarot: is not one of"),
        ("scan --prior --condition moon", "--condition moon: is not one of"),
        ("report nowhere", "holds no posterior.nc"),
        ("lines", "TABLE: is missing: gp130 lines --help says what it is"),
        ("lines no.csv", "no.csv: is not there"),
        ("tables drug", "tables drug: is not known: did you mean 'drugs'?"),
        ("evaluate", "PROBLEM: is missing"),
        ("published nobody", "MODEL nobody: is not one of zeilfelder, sobotta"),
        ("design --posterior no.nc", "--posterior no.nc: is no file"),
        ("doctor --widths a", "--widths a: must be whole numbers"),
        ("benchmark --workload x", "--workload x: is not one of niche, core"),
        ("help simulat", "help simulat: is not known: did you mean 'simulate'?"),
    ],
)
def test_a_refusal_is_one_line_and_exit_code_2(asked, said):
    code, out, error = gp130(*asked.split())
    assert code == 2
    assert out == ""
    assert said in error
    assert error.count("\n") == 1


def test_names_are_known_whatever_their_case():
    params = {p.name: p for p in one("simulate").params}
    assert params["preset"].callback is not None
    context = one("simulate").make_context("simulate", ["--preset", "MM1S", "--hypothesis", "h1"])
    assert (context.params["preset"], context.params["hypothesis"]) == ("mm1s", "H1")


def test_only_a_name_that_is_really_near_is_offered():
    assert nearest("MM1S", ["mm1s", "u266"]) == "mm1s"
    assert nearest("dexamethason", ["dexamethasone"]) == "dexamethasone"
    assert nearest("xyz", ["mm1s", "u266", "hepatocyte"]) is None
    assert nearest("H9", ["H0", "H1"]) is None


def test_fields_in_backticks_become_the_options_of_the_command_at_hand():
    params = one("fit").params
    text = "`out` x: holds a run: go on with it by `resume`, or end `finish`; `preset` is of another command"
    assert spoken(text, params) == (
        "--out x: holds a run: go on with it by --resume, or end --finish; `preset` is of another command"
    )
    assert spoken("`study` x", params) == "STUDY x"


def test_names_read_from_the_text_are_those_of_the_modules():
    from inference.resistance.conditions import CONDITIONS
    from inference.resistance.rankings.methods import METHODS
    from inference.resistance.resistance_readouts import READOUTS
    from inference.samplers.sampler import SAMPLERS
    from models.catalogue import BORTEZOMIB, HYPOTHESES, PRESETS, core, niche
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
    assert names(declared_names.tables()) == {t.name for t in every(core())}
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
    for name in ("scripts/run.sh", "inference/command/commands.txt", "pyproject.toml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text())
    done = subprocess.run(
        ["sh", "scripts/run.sh", *words], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert contents.text() in (done.stderr if code else done.stdout)
    assert not (tmp_path / ".venv").exists()
