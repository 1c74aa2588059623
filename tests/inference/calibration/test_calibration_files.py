"""What a calibration leaves, of fits whose ranks are known."""

import json

import numpy as np
import pytest

from inference.calibration import calibration_files, coverage
from inference.calibration.many_fits import Fits


def exact(fits: int, scale: float = 1.0) -> Fits:
    """Two quantities of a posterior `scale` times as wide as it should be."""
    rng = np.random.default_rng(1)
    truth, z = rng.standard_normal((fits, 2)), scale * rng.standard_normal((fits, 63, 2))
    return Fits(truth, z, truth.sum(1), z.sum(2), np.zeros(fits, bool))


def test_coverage_by_kind_is_the_mean_with_the_spread_between_data_sets(tmp_path) -> None:
    c = calibration_files.judged(exact(300), ("k", "noise"), 1)
    kinds = {"kinetics": ("k",), "noise": ("noise",), "both": ("k", "noise")}
    one, two, both = coverage.by_kind(c, kinds)
    assert both.share == pytest.approx((one.share + two.share) / 2)
    assert one.error == pytest.approx(np.sqrt(one.share * (1 - one.share) / 300), rel=0.15)
    # independent quantities: the error of both together is smaller by the root of 2
    assert both.error == pytest.approx(one.error / np.sqrt(2), rel=0.25)
    assert abs(both.share - coverage.BY_KIND) < 4 * both.error
    text = calibration_files.write(c, kinds, tmp_path, "# Calibration\n\n", {"fits": 300})
    assert (tmp_path / "summary.md").read_text().endswith(text)
    assert "| kinetics | 1 |" in text
    assert json.loads((tmp_path / "calibration.json").read_text())["coverage_by_kind"]["both"]["share"]
    for name in ("ranks", "histograms", "coverage"):
        assert (tmp_path / f"{name}.png").stat().st_size > 10_000


def test_a_narrow_posterior_covers_less_in_every_kind() -> None:
    c = calibration_files.judged(exact(300, 0.5), ("k", "noise"), 1)
    (kind,) = coverage.by_kind(c, {"all": ("k", "noise")})
    assert not c.ok
    assert kind.share < coverage.BY_KIND - 5 * kind.error
