"""What a worker can be asked to compute: every recipe there is, by its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inference.best_fit import portable_searches
from inference.calibration import recovery, shipped_fits, simulated_data
from inference.datasets import time_courses
from inference.hypotheses import comparison
from inference.study.portable_work import Recipe

RECIPES: Mapping[str, Recipe[Any]] = {
    r.name: r
    for r in (
        simulated_data.WALKS,
        shipped_fits.DATA_SETS,
        recovery.BATCHES,
        comparison.WALKS,
        comparison.UNDER_EACH,
        portable_searches.VALUES,
        portable_searches.WHOLES,
        portable_searches.PROFILES,
        time_courses.POINTS,
    )
}
