"""Courses of treatment in a notebook: relapse of virtual patients under regimens. Not for clinical use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from inference.course import course_files
from inference.course.asked_course import AskedCourse, CourseError, niche_of, treatments_of
from inference.course.trials import TREATMENTS
from inference.runs.console import Teller
from inference.runs.run import Run

if TYPE_CHECKING:
    import xarray as xr


def course(
    *regimens: str,
    patients: int = 504,
    models: int = 24,
    line: str = "relapsed",
    niche: bool = False,
    predict: bool = False,
    hypothesis: str = "H0",
    seed: int = 1,
    to: str | Path,
) -> xr.Dataset:
    """Relapse curves of virtual patients under regimens, weighted to what trials found. Not for clinical use.

    Args:
        regimens: VRd, Rd, Vd, VenVd, V, SV, VMP, SVMP, or words as
            `"mine=bortezomib 1.3 mg/m2 d1,4,8,11 q21d x8"`; the first three if none is given.
        patients: how many, of so many `models`: patients of one model differ as people do, models in what
            nobody knows.
        line: "newly diagnosed" or "relapsed": which weights a regimen of your own gets.
        niche: also Vd with siltuximab, without fat cells, with estradiol.
        predict: also the trials that no weight is made from; each is scored in `predicted.csv`.
        hypothesis: what estradiol does, H0 to H6.
        to: folder of the tables, the figure and the pieces from which an unfinished course goes on.

    Returns:
        Share without progression (treatment, weighting before and after, line all, low, high, month), months
        to progression and weights of every patient; `attrs["title"]` says what is prior and what data.

    Raises:
        RegimenError, CourseError: a regimen is none, or a name is taken.

    Example:
        >>> import inference as gp
        >>> found = gp.course("Vd", patients=24, models=2, to="results/course")  # doctest: +ELLIPSIS
        VRd: 24 of 24
        ...
        Vd, relapsed: median months to progression ...
        24 of 24 patients usable; ...
        >>> bool((found["without_progression"].sel(month=0) > 0.9).all())
        True
    """
    named = [_named(text) for text in regimens or ("VRd", "Rd", "Vd")]
    treatments = treatments_of(named, line) + (niche_of("Vd") if niche else ())
    asked = AskedCourse(treatments, patients, models, seed, hypothesis, predict)
    answer = course_files.made(asked, Run(Path(to), Teller()))
    assert answer is not None, "nobody can stop it but by an exception"
    for row in course_files.said(answer):
        print(row)
    return course_files.dataset(answer)


def _named(text: str) -> tuple[str, str]:
    name, sign, words = text.partition("=")
    if not sign and text in TREATMENTS:
        return text, TREATMENTS[text].words
    if not sign:
        raise CourseError(f"regimen {text}: is none of {', '.join(TREATMENTS)}: write NAME=words")
    return name.strip(), words
