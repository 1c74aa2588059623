"""A prepared file is read as a stranger's: nothing in it is run, whatever it holds ends as one line, in
bounded space.
"""

import copy
import gzip
import json
import random
import tracemalloc
import zlib
from pathlib import Path

import pytest
import sympy as sp
import yaml

from inference.fit import run_folder
from inference.runs.console import Teller
from inference.runs.folders import file_name
from inference.runs.settings import QUICK
from inference.study import prepared_study
from inference.study.formula_trees import decode_formula
from inference.study.loading import load
from inference.study.plain_json import CodecError, decode
from inference.study.study import StudyError
from models.whole_file import sealed


@pytest.fixture(scope="module")
def whole(tiny, tmp_path_factory) -> bytes:
    path = tmp_path_factory.mktemp("prepared") / "tiny.json.gz"
    prepared_study.write(load(tiny), QUICK, path, hypothesis="H0")
    return path.read_bytes()


@pytest.fixture
def content(whole) -> dict:
    return json.loads(zlib.decompress(whole, wbits=31))


def packed(content: object) -> bytes:
    return sealed(gzip.compress(json.dumps(content).encode(), mtime=0))


def refused(path: Path, content: bytes, match: str = "a.json.gz") -> str:
    """Write the file and read it: one line that names it."""
    path.write_bytes(content)
    with pytest.raises(StudyError, match=match) as caught:
        prepared_study.read(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(str(path))
    return line


def said(path: Path) -> str:
    """The error of reading a file, "" if there is none."""
    try:
        prepared_study.read(path)
    except StudyError as e:
        return str(e)
    return ""


def network_of(content: dict) -> dict:
    return content["tables"]["model"]["network"]


def test_the_unchanged_content_opens(content, whole, tmp_path):
    path = tmp_path / "same.json.gz"
    path.write_bytes(packed(content))
    assert path.read_bytes() == whole
    assert prepared_study.read(path)[1] == QUICK


PLACES = (  # where a formula stands
    lambda c: (network_of(c)["reactions"][0], "rate"),
    lambda c: (c["tables"]["observables"][0], "formula"),
    lambda c: (c["tables"]["observables"][0], "noise"),
)


def test_a_formula_of_python_is_refused_and_not_run(content, tmp_path):
    touched = tmp_path / "touched"
    call = f"__import__('pathlib').Path({str(touched)!r}).touch()"
    for place in PLACES:
        for written in (
            call,
            {"formula": call},
            {"formula": [call, "X"]},
            {"formula": ["+", call, "X"]},
            {"formula": ["exp", ["float", 0, call, 0, 53]]},
            {"formula": ["float", call, "1", 0, 53]},
            {"formula": ["float", 0, "1", 0, call]},
            {"formula": ["ratio", call, "1"]},
            {"formula": ["constant", call]},
            {"formula": ["__import__", "os"]},
            {"number": call},
            {"array": [call], "shape": [1], "dtype": "|O"},
            {"is": "eval", "source": call},
            {"map": [[call, call]]},
        ):
            changed = copy.deepcopy(content)
            inside, key = place(changed)
            inside[key] = written
            refused(tmp_path / "a.json.gz", packed(changed))
    assert not touched.exists()


def test_the_copy_that_a_run_keeps_is_read_the_same_way(content, tmp_path):
    touched = tmp_path / "touched"
    network_of(content)["reactions"][0]["rate"] = f"open({str(touched)!r}, 'w')"
    (tmp_path / run_folder.KEPT).write_bytes(packed(content))
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "drawn.npz").write_bytes(b"")
    with pytest.raises(StudyError, match="rate"):
        run_folder.prepared_in(tmp_path)
    assert not touched.exists()


@pytest.mark.parametrize(
    "name",
    ["__import__('os')", "a b", "x\ny", "x'", 'x"', "</script>", "[/x]", "", "x" * 10_000, "é", "t"],
)
def test_a_name_that_is_none_is_refused(content, tmp_path, name):
    network_of(content)["parameters"][0]["name"] = name
    refused(tmp_path / "a.json.gz", packed(content))


def test_dunder_names_are_names(content, tmp_path):
    text = json.dumps(content).replace('"d_X"', '"__class__"')
    again = json.loads(text)
    path = tmp_path / "a.json.gz"
    # the network is another one by its names, which the fingerprint in the file says
    line = refused(path, packed(again), "network")
    assert "not the one that was written" in line
    network = decode(again["tables"]).model.network
    again["network_fingerprint"] = network.fingerprint
    path.write_bytes(packed(again))
    study, _, _ = prepared_study.read(path)
    assert "__class__" in study.names


def test_what_unpacks_to_much_is_refused_before_it_is_unpacked(tmp_path):
    squeeze = zlib.compressobj(9, wbits=31)
    block = bytes(2**24)
    bomb = b"".join(squeeze.compress(block) for _ in range(64)) + squeeze.flush()  # 1 GiB of zeros
    tracemalloc.start()
    refused(tmp_path / "bomb.json.gz", sealed(bomb), "unpacks to more than 32 MiB")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * prepared_study.LARGEST


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" + b"[]," * 1_000_000 + b"[]]",
        b"9" * 1_000_000,
        b'{"format": NaN}',
        b"\xff\xfe",
        b"[]",
        b"null",
    ],
)
def test_text_without_end_is_refused(tmp_path, text):
    refused(tmp_path / "a.json.gz", sealed(gzip.compress(text)))


def nested(depth: int) -> list:
    tree: list = ["exp", "X"]
    for _ in range(depth):
        tree = ["exp", tree]
    return tree


TOWER = ["^", ["ratio", "10", "1"], ["^", ["ratio", "10", "1"], ["ratio", "10", "1"]]]


@pytest.mark.parametrize(
    "tree",
    [
        TOWER,
        ["^", ["ratio", "2", "1"], ["ratio", "1" + "0" * 10, "1"]],
        ["^", ["^", ["ratio", "2", "1"], ["ratio", "9999", "1"]], ["ratio", "9999", "1"]],
        ["power", ["ratio", "2", "1"], ["ratio", "1" + "0" * 10, "1"]],
        ["^", "X", ["ratio", "1" + "0" * 10, "1"]],
        ["exp", ["exp", ["exp", ["float", 0, "1", 10, 53]]]],
        ["ratio", "9" * 5000, "1"],
        ["ratio", "1", "0"],
        ["float", 0, "1", 10**9, 53],
        ["float", 0, "1", 0, 10**9],
        ["Max", *["X"] * 1000],
        ["exp"],
        ["exp", "X", "X"],
        ["^", "X"],
        ["+"],
        [],
        None,
        1.0,
        {"a": 1},
        [["exp"], "X"],
        nested(500),
    ],
)
def test_a_formula_beyond_the_bounds_is_refused(tree):
    with pytest.raises(CodecError):
        decode_formula(tree)


def test_ordinary_powers_are_within_the_bounds():
    half = ["float", 0, "4503599627370497", -53, 53]  # just above a half, with every digit
    assert decode_formula(["^", ["ratio", "2", "1"], half]).is_number
    assert decode_formula(["^", "X", ["ratio", "20", "1"]]) == sp.Symbol("X") ** 20
    assert decode_formula(["^", ["ratio", "10", "1"], ["ratio", "-9", "1"]]).is_number
    assert decode_formula(["exp", ["ratio", "-700", "1"]]).is_number


WRONG = ("text", 1, 1.5, True, None, [], ["x"], {"map": []}, {"formula": "X"}, {"is": "Source"}, {"x": 1})


def leaves(value: object, path: tuple = ()):
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield (*path, key)
        yield from leaves(inner, (*path, key))


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_values_of_other_types_end_as_one_line_or_a_study(content, tmp_path, seed):
    rng, path = random.Random(seed), tmp_path / "a.json.gz"
    everywhere = list(leaves(content))
    refusals = 0
    for _ in range(60 if seed == 0 else 600):
        changed = copy.deepcopy(content)
        *way, last = rng.choice(everywhere)
        inner = changed
        for key in way:
            inner = inner[key]
        inner[last] = copy.deepcopy(rng.choice(WRONG))
        path.write_bytes(packed(changed))
        line = said(path)
        refusals += bool(line)
        assert not line or (str(path) in line and "\n" not in line)
    assert refusals > 30


def test_every_flipped_bit_and_every_cut_is_told(whole, tmp_path):
    rng, path = random.Random(0), tmp_path / "a.json.gz"
    for _ in range(100):
        changed = bytearray(whole)
        changed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        refused(path, bytes(changed), "damaged")
    for length in (0, 1, 10, len(whole) // 2, len(whole) - 80, len(whole) - 30, len(whole) - 1):
        refused(path, whole[:length], "damaged")


def test_files_of_the_version_before_tell_damage_by_the_sum_of_gzip(content, tmp_path):
    before = gzip.compress(json.dumps(content | {"format": "gp130 prepared study, 1"}).encode(), mtime=0)
    for at in range(12, len(before) - 8, 97):
        changed = bytearray(before)
        changed[at] ^= 4
        refused(tmp_path / "a.json.gz", bytes(changed))


def test_a_file_of_a_later_version_is_refused_by_its_version(content, tmp_path):
    refused(tmp_path / "a.json.gz", packed(content | {"format": "gp130 prepared study, 9"}), "study, 9")
    content["tables"]["news"] = 1
    refused(tmp_path / "a.json.gz", packed(content), "another version")


HOSTILE = (
    "../../x",
    "[/x]",
    "</script><script>alert(1)</script>",
    "a\x1b[31mb",
    "__class__",
    "'\"",
)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_folder_with_hostile_names_is_a_study_like_any_other(tiny, tmp_path, capsys, name):
    for file in tiny.parent.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    config = yaml.safe_load((tmp_path / "problem.yaml").read_text())
    (tmp_path / "problem.yaml").write_text(yaml.safe_dump(config | {"id": name}))
    table = (tmp_path / "observables.tsv").read_text().splitlines()
    columns = table[0].split("\t")
    row = dict(zip(columns, table[1].split("\t"), strict=False)) | {"observableName": name.replace('"', "")}
    kept = [*columns, *(["observableName"] if "observableName" not in columns else [])]
    (tmp_path / "observables.tsv").write_text(
        "\t".join(kept) + "\n" + "\t".join(row.get(c, "") for c in kept) + "\n"
    )
    study = load(tmp_path / "problem.yaml", lint=False)
    assert study.id == name
    path = tmp_path / "prepared.json.gz"
    prepared_study.write(study, QUICK, path, hypothesis="H0")
    again, _, _ = prepared_study.read(path)
    assert (again.id, again.fingerprint) == (name, study.fingerprint)
    folder = tmp_path / file_name(f"{again.id}-H0")
    assert folder.parent == tmp_path
    Teller().say(f"Study {again.id}: results go to {folder}")
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[/x]" in said or name != "[/x]"
