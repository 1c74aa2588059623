"""Work that travels is data: what comes back from it is the same work, and anything else is refused."""

import base64
import json
from dataclasses import dataclass

import numpy as np
import pytest

from inference.study.loading import load
from inference.study.portable_work import PortableWorkError, Recipe, understood
from inference.study.study import StudyError


@dataclass(frozen=True)
class Inner:
    factor: float


@dataclass(frozen=True)
class Facts:
    powers: tuple[int, ...]
    inner: Inner


def _powers(study, facts: Facts):
    return lambda x: [facts.inner.factor * np.asarray(x) ** p + len(study.names) for p in facts.powers]


POWERS = Recipe("powers", Facts, _powers)
KNOWN = {POWERS.name: POWERS}


@pytest.fixture
def work(tiny):
    return POWERS.work(load(tiny, lint=False), Facts((1, 3), Inner(0.1)))


def test_work_that_travelled_gives_the_same_numbers(work):
    again = understood(work.said, KNOWN)
    assert again.facts == work.facts
    assert again.study.fingerprint == work.study.fingerprint
    np.testing.assert_array_equal(again(np.arange(3.0)), work(np.arange(3.0)))
    np.testing.assert_allclose(work(np.arange(3.0)), [[3, 3.1, 3.2], [3, 3.1, 3.8]])


@pytest.mark.parametrize(
    ("key", "value", "finding"),
    [
        ("recipe", "os.system", "is not understood"),
        ("recipe", ["powers"], "is not understood"),
        ("facts", [1], "are no record"),
        ("facts", {"powers": [1], "inner": {"factor": "2"}}, "field 'factor' is '2'"),
        ("facts", {"powers": [1], "inner": {"factor": 2.0, "more": 1}}, "has no field 'more'"),
        ("facts", {"powers": [1]}, "lacks the field 'inner'"),
        ("study", "no base64!", "is not understood"),
    ],
)
def test_what_is_no_work_is_refused_by_what_is_wrong(work, key, value, finding):
    with pytest.raises(PortableWorkError, match=finding):
        understood(json.dumps(json.loads(work.said) | {key: value}).encode(), KNOWN)


def test_bytes_that_are_no_record_and_a_damaged_study_are_refused(work):
    for text in (b"", b"\x80\x04", b"[1]", b"[" * 100_000):
        with pytest.raises(PortableWorkError, match="is not understood"):
            understood(text, KNOWN)
    content = json.loads(work.said)
    study = bytearray(base64.b64decode(content["study"]))
    study[len(study) // 2] ^= 1
    with pytest.raises(StudyError, match="is damaged"):
        understood(json.dumps(content | {"study": base64.b64encode(study).decode()}).encode(), KNOWN)
