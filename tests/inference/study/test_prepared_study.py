"""A prepared study is the same study, and runs where nothing but JAX, NumPyro and diffrax is."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy as sp

from inference.likelihood.likelihood import log_likelihood
from inference.runs.settings import QUICK
from inference.study import prepared_study
from inference.study.loading import load
from inference.study.plain_json import CodecError, decode, decode_formula, encode, encode_formula
from inference.study.study import StudyError
from models.catalogue import niche
from models.ratelaws import choose, hill, inhibited_by, power

ROOT = Path(__file__).resolve().parents[3]
x, y, h = sp.symbols("x y h")


@pytest.mark.parametrize(
    "formula",
    [
        x + y * 2 - sp.Rational(1, 3),
        sp.Float(0.1) * x,
        sp.Float("0.1", 17) * x,
        sp.Float(-2.5e-300) * x,
        hill(x, y, h),
        inhibited_by(x, 3.5, 2),
        power(x, h).diff(h),
        choose(x - 1, x, y**2),
        sp.exp(-x * sp.Max(y, 0)),
        sp.log(x) / sp.log(10),
        sp.sqrt(x),
        sp.pi * x,
        sp.Min(x, y, h),
        -x,
        x**-2,
        sp.E**x,
        sp.oo,
        sp.Integer(0),
    ],
)
def test_a_formula_comes_back_as_the_same_expression(formula):
    again = decode_formula(json.loads(json.dumps(encode_formula(formula))))
    assert again == formula
    assert sp.srepr(again) == sp.srepr(formula)


def test_a_formula_off_the_list_is_refused():
    with pytest.raises(CodecError, match="besselj"):
        encode_formula(sp.besselj(0, x))
    with pytest.raises(CodecError, match="system"):
        decode_formula(["system", "x"])
    with pytest.raises(CodecError, match="Popen"):
        decode({"is": "Popen", "args": "ls"})
    with pytest.raises(CodecError, match="assumptions"):
        encode_formula(sp.Symbol("x", positive=True))


def test_numbers_and_arrays_come_back_exactly():
    for value in (0.1, float("inf"), -0.0, 5e-324, 3, True, None, "text"):
        again = decode(json.loads(json.dumps(encode(value))))
        assert repr(again) == repr(value)
    array = np.array([[1.0, np.inf], [0.1, -2.0]])
    np.testing.assert_array_equal(decode(json.loads(json.dumps(encode(array)))), array)


def test_the_whole_network_comes_back_with_its_fingerprint():
    network = niche()
    again = decode(json.loads(json.dumps(encode(network))))
    assert again.fingerprint == network.fingerprint
    assert again.species == network.species
    assert again.parameters == network.parameters


@pytest.fixture(scope="module")
def study():
    return load("feedback_reduced", lint=False)


@pytest.fixture(scope="module")
def file(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("prepared") / "study.json.gz"
    prepared_study.write(study, QUICK, path, hypothesis="H1")
    return path


def test_a_prepared_study_has_the_same_likelihood_bit_for_bit(study, file):
    again, settings, more = prepared_study.read(file)
    assert (settings, more) == (QUICK, {"hypothesis": "H1"})
    assert again.fingerprint == study.fingerprint
    assert again.unknowns == study.unknowns
    theta = jnp.asarray(study.nominal)
    ours, theirs = (
        jax.jit(lambda t, s=s: log_likelihood(s, t, rtol=1e-6, atol=1e-8))(theta) for s in (study, again)
    )
    np.testing.assert_array_equal(ours[0], theirs[0])
    assert bool(ours[1])
    assert bool(theirs[1])


BARE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[2].split(","):
            raise ImportError(f"{name} is not on this machine")

sys.meta_path.insert(0, Absent())
from pathlib import Path
from inference.fit import fit_study, run_folder
from inference.study.prepared_study import read
import jax, jax.numpy as jnp
study, settings, _ = read(Path(sys.argv[1]))
from inference.likelihood.likelihood import log_likelihood
from inference.likelihood.reduced_parts import split
part = min(split(study), key=lambda p: len(p.study.system.species))
terms, ok = jax.jit(lambda t: log_likelihood(part.study, t, rtol=1e-6, atol=1e-8))(jnp.asarray(study.nominal))
print(*part.rows, sep=",")
print(bool(ok), float(terms.sum()).hex())
"""
ABSENT = "petab,libsbml,arviz,arviz_base,arviz_stats,arviz_plots,pandas,xarray,matplotlib,plotly,blackjax,"
ABSENT += "optax,SALib,h5netcdf,roadrunner"


def test_a_prepared_study_needs_neither_petab_nor_libsbml_nor_arviz(study, file):
    ran = subprocess.run(
        [sys.executable, "-c", BARE, str(file), ABSENT],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"JAX_ENABLE_X64": "1"},
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows, ok, total = ran.stdout.split()[-3:]
    terms, _ = jax.jit(lambda t: log_likelihood(study, t, rtol=1e-6, atol=1e-8))(jnp.asarray(study.nominal))
    terms = terms[np.array(rows.split(","), int)]
    assert ok == "True"
    assert float.fromhex(total) == pytest.approx(
        float(terms.sum()), abs=1e-3
    )  # a part steps by itself: tolerance 1e-6


@pytest.mark.parametrize("content", [b"plain", b"", gzip.compress(b'{"format": "something"}', mtime=0)])
def test_a_file_that_is_no_prepared_study_says_so(tmp_path, content):
    path = tmp_path / "a.json.gz"
    path.write_bytes(content)
    with pytest.raises(StudyError, match=r"a\.json\.gz: .*prepare it again"):
        prepared_study.read(path)


def test_a_problem_file_is_not_taken_for_a_prepared_study(tmp_path):
    (tmp_path / "problem.yaml").write_text("format_version: 2.0.0")
    assert not prepared_study.recognised(tmp_path / "problem.yaml")
    assert not prepared_study.recognised(tmp_path)
    assert not prepared_study.recognised(tmp_path / "absent")


def test_a_file_of_the_version_before_opens_as_it_did(study, file, tmp_path):
    content = json.loads(gzip.decompress(file.read_bytes().partition(b"\ngp130 sha256")[0]))
    path = tmp_path / "before.json.gz"
    path.write_bytes(
        gzip.compress(json.dumps(content | {"format": "gp130 prepared study, 1"}).encode(), mtime=0)
    )
    again, settings, _ = prepared_study.read(path)
    assert (again.fingerprint, settings) == (study.fingerprint, QUICK)


def test_preparing_twice_gives_the_same_file(study, file, tmp_path):
    prepared_study.write(study, QUICK, tmp_path / "b", hypothesis="H1")
    assert (tmp_path / "b").read_bytes() == file.read_bytes()
