"""The field's words for a regimen are read as they are meant, or refused at the right place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.course.patient_drugs import prescribable
from models.course.regimen import Phase, Prescription, Regimen
from models.course.regimen_words import RegimenError, read_regimen, said

DRUGS = sorted({d.name for d in prescribable().values()})


@st.composite
def prescriptions(draw, length):
    drug = prescribable()[draw(st.sampled_from(DRUGS))]
    days = draw(st.sets(st.integers(1, length), min_size=1, max_size=8))
    most = min(drug.largest, 1000.0)
    amount = draw(st.integers(1, int(most * 10))) / 10
    return Prescription(
        drug.name,
        amount,
        "mg",
        draw(st.sampled_from(drug.routes)),
        tuple(sorted(days)),
        draw(st.integers(1, 3)),
    )


@st.composite
def regimens(draw):
    count = draw(st.integers(1, 3))
    phases = []
    for k in range(count):
        length = draw(st.integers(1, 42))
        cycles = draw(st.integers(1, 12)) if k < count - 1 else draw(st.none() | st.integers(1, 12))
        items = draw(st.lists(prescriptions(length), min_size=1, max_size=4))
        phases.append(Phase(length, cycles, tuple(items)))
    return Regimen("", tuple(phases))


@given(regimens())
def test_what_is_said_of_a_regimen_is_read_as_that_regimen(regimen):
    assert read_regimen(said(regimen)).phases == regimen.phases


@given(regimens(), st.floats(1, 400))
def test_doses_come_in_order_within_the_days_and_as_many_as_the_words_say(regimen, days):
    doses = regimen.doses(days)
    hours = [d.hour for d in doses]
    assert hours == sorted(hours)
    assert all(0 <= h < 24 * days for h in hours)
    if all(f.cycles is not None for f in regimen.phases):
        whole = sum(f.length * f.cycles for f in regimen.phases)
        expected = sum(f.cycles * len(p.days) * p.a_day for f in regimen.phases for p in f.prescriptions)
        assert len(regimen.doses(whole + 1)) == expected


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_in_one_line_with_its_place(text):
    try:
        read_regimen(text)
    except RegimenError as e:
        refusal = str(e)
    else:
        refusal = "line, column"
    assert "line" in refusal
    assert "column" in refusal
    assert "\n" not in refusal


def test_the_first_cycles_of_vd_are_on_the_days_that_the_trials_name():
    vd = read_regimen("velcade 1.3 mg/m2 d1,4,8,11 q21d x8 + Dexamethasone 20 mg d1-2,4-5,8-9,11-12 q3w x8")
    btz = [1 + d.hour / 24 for d in vd.doses(42) if d.drug == "bortezomib"]
    assert btz == [1, 4, 8, 11, 22, 25, 29, 32]
    assert sum(d.drug == "dexamethasone" for d in vd.doses(1000)) == 64
    assert {d.route for d in vd.doses(42)} == {"sc", "po"}


def test_a_shorter_cycle_fills_a_longer_one_and_then_follows_what_has_ended():
    both = read_regimen(
        "bortezomib 1.3 mg/m2 d1 q7d x4; siltuximab 11 mg/kg q28d x1 then lenalidomide 10 mg daily"
    )
    assert both.phases[0].prescriptions[0].days == (1, 8, 15, 22)
    first = min(d.hour for d in both.doses(60) if d.drug == "lenalidomide")
    assert first == 28 * 24
    assert len(read_regimen("ruxolitinib 15 mg bid").doses(10)) == 20


@pytest.mark.parametrize(
    "words, place, remedy",
    [
        ("bortezomid 1.3 mg/m2 d1 q21d", "column 1:", "did you mean 'bortezomib'?"),
        ("bortezomib 1.3 mgg/m2 d1 q21d", "column 16:", "did you mean 'mg/m2'?"),
        ("bortezomib d1 q21d", "column 12:", "an amount must follow bortezomib"),
        ("bortezomib 130 mg/m2 d1 q21d", "column 12:", "not between 0 and 5 mg"),
        ("bortezomib 1.3 mg/m2 po d1 q21d", "column 22:", "known sc or iv"),
        ("bortezomib 1.3 mg/m2 d1,22 q21d", "column 22:", "after the cycle of 21 days"),
        ("bortezomib 1.3 mg/m2 d4,1 q21d", "column 22:", "in order"),
        ("bortezomib 1.3 mg/m2 d1,4", "column 22:", "as in q21d"),
        ("bortezomib 1.3 mg/m2 d1 q21d d2", "column 30:", "name it once"),
        ("bortezomib 1.3 mg/m2 q21d x0", "column 27:", "give 1 to 1000"),
        ("venetoclax 800 mg dayly", "column 19:", "did you mean 'daily'?"),
        ("venetoclax 800 mg", "column 1:", "has no days"),
        ("venetoclax 800 mg daily then dexamethasone 20 mg d1 q7d", "column 30:", "has no end"),
        ("dexamethasone 20 mg d1 q21d; lenalidomide 25 mg d1 q28d", "column 24:", "do not fit"),
        ("dexamethasone 20 mg d1 q21d x8; bortezomib 1 mg d1 q21d x6", "column 57:", "after `then`"),
        ("dexamethasone 20 mg d1 q21d x8;\nbortezomib 1 mgs d1 q21d", "line 2, column 14:", "'mg'"),
        ("", "column 1:", "no drug is named"),
    ],
)
def test_what_is_no_regimen_is_refused_at_its_place_with_a_remedy(words, place, remedy):
    with pytest.raises(RegimenError) as refused:
        read_regimen(words)
    assert place in str(refused.value)
    assert remedy in str(refused.value)
