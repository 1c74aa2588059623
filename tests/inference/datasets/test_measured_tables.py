"""Published tables as studies: every value arrives, and the folder is a valid problem."""

import csv

import pytest

from inference.datasets import measured_study, measured_tables
from inference.study.loading import load


@pytest.mark.parametrize("build", measured_tables.STUDIES, ids=lambda f: f.__name__)
def test_a_published_time_course_becomes_a_valid_study(build, data, tmp_path) -> None:
    made = build(data)
    study = load(measured_study.write(made, tmp_path))  # PEtab's own checks run too
    assert len(study.measurements) == len(made.rows)
    assert set(study.experiments) == set(made.dishes)
    assert list(study.measurements.value) == pytest.approx([r.value for r in made.rows], rel=1e-7)


def test_the_knockdown_lowers_only_the_message_of_its_target(data) -> None:
    control, knockdown = (measured_tables.ando(data).dishes[n][0] for n in ("control", "knockdown"))
    assert {k for k in control if control[k] != knockdown[k]} == {"c1a", "c0a"}


def test_no_value_of_the_tables_is_lost_or_doubled(data) -> None:
    with (data / "ando2021_mcf7_tnf_nuclear_RelA.csv").open() as f:
        assert len(measured_tables.ando(data).rows) == sum(1 for _ in csv.DictReader(f)) == 100
    assert len(measured_tables.l929(data).rows) == 20  # 22 of IkBa, less the two that define the unit
    assert len(measured_tables.guo(data).rows) == 3 * 25
