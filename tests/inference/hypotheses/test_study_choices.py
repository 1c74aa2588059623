"""Choices declared beside a study: read, checked, and put into its tables."""

import shutil

import pytest

from inference.hypotheses.study_choices import choices_of, with_other_times
from inference.study.built_in import FOLDER
from inference.study.loading import load
from inference.study.study import StudyError

STUDY = "estradiol_reduced"


def test_the_choices_of_the_default_study_have_what_its_tables_say_among_them():
    for study in (STUDY, "il6_feedback_estradiol"):
        found = {c.name: c for c in choices_of(study, load(study, lint=False).tables)}
        assert found["sd between laboratories"].declared == "half-normal(0.2)"
        scales = [o.priors["sd_laboratories"].parameters[0] for o in found["sd between laboratories"].options]
        assert (min(scales), max(scales)) == (0.1, 0.5)
        assert found["time after transfection"].declared == "24 h"
    assert choices_of("feedback_reduced", load("feedback_reduced", lint=False).tables) == ()


def test_rows_stand_once_for_each_time_and_count_under_one_option_each():
    tables = load(STUDY, lint=False).tables
    choices = choices_of(STUDY, tables)
    more, counts = with_other_times(tables, choices)
    timed = [m for m in tables.measurements if m.observable.startswith(("IL6_", "NFkB_translocation"))]
    assert len(more.measurements) == len(tables.measurements) + 2 * len(timed)
    for at in range(3):
        kept = [
            m
            for m, need in zip(more.measurements, counts, strict=True)
            if all(k == at for k in need.values())
        ]
        assert [m.value for m in kept] == [m.value for m in tables.measurements]
        assert {m.time for m in kept if m.observable == "NFkB_translocation"} == {(360.0, 1440.0, 2880.0)[at]}


@pytest.mark.parametrize(
    ("line", "finding"),
    [
        ("x\ta\tno_such\t1", "no_such"),
        ("x\ta\tsd_laboratories\thalf-normal", "is no prior"),
        ("x\ta\tIL6_promoter\tnoon", "choices.tsv:2"),
        ("x\ta\tIL6_promoter\t60", "give two options or more"),
        ("x\ta\tIL6_promoter\t60\nx\tb\tIL6_promoter\t90", "no option is what the tables have"),
        ("x\ta\tIL6_promoter\t1440\nx\tb\tNFkB_translocation\t90", "each for the same targets"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused_by_its_row(tmp_path, line, finding):
    folder = tmp_path / "study"
    shutil.copytree(FOLDER / STUDY, folder)
    (folder / "choices.tsv").write_text(f"choice\toption\ttarget\tvalue\n{line}\n")
    with pytest.raises(StudyError, match=finding):
        choices_of(folder / "problem.yaml", load(STUDY, lint=False).tables)
