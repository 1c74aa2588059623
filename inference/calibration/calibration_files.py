"""The files of a calibration: summary.md, calibration.json and its figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from inference.calibration import calibration_figures, coverage
from inference.calibration.coverage import Calibration
from inference.calibration.many_fits import Fits
from inference.runs.outputs import write_figure, write_text
from inference.runs.resumable import write_json

LEAST = 8  # data sets from which ranks are judged at all (our choice)


def judged(found: Fits, names: Sequence[str], seed: int) -> Calibration:
    """The verdict on these fits: every parameter and the log-likelihood."""
    truth = np.column_stack([found.truth, found.truth_log_likelihood])
    posterior = np.concatenate([found.z, found.log_likelihood[..., None]], 2)
    ranks = coverage.ranks(truth, posterior, seed)
    return coverage.judge([*names, "log-likelihood"], ranks, found.z.shape[1], found.poor, seed)


def write(
    verdict: Calibration,
    kinds: Mapping[str, Sequence[str]],
    folder: Path,
    heading: str,
    facts: Mapping[str, Any],
) -> str:
    """The files; what summary.md says below its heading.

    Args:
        kinds: kind -> parameters of it; without any, no table by kind is made.
        heading: first lines of summary.md.
        facts: what the record holds beside the verdict.
    """
    for title, draw in {
        "ranks": calibration_figures.rank_ecdfs,
        "histograms": calibration_figures.rank_histograms,
        "coverage": calibration_figures.coverage,
    }.items():
        figure = draw(verdict)
        write_figure(figure, folder / f"{title}.png")
        plt.close(figure)
    text = coverage.in_words(verdict)
    groups = coverage.by_kind(verdict, kinds)
    if groups:
        text += "\n" + coverage.kinds_in_words(groups)
    write_text(heading + text, folder / "summary.md")
    record = {
        "ok": verdict.ok,
        "reasons": verdict.reasons,
        "p": dict(zip(verdict.names, verdict.p.tolist(), strict=True)),
        "levels": coverage.LEVELS,
        "coverage": dict(zip(verdict.names, verdict.coverage.T.tolist(), strict=True)),
        "coverage_by_kind": {g.kind: {"share": g.share, "error": g.error} for g in groups},
        "poor": verdict.poor,
        "finds": {
            "sd too small by": verdict.narrow,
            "sd too large by": verdict.wide,
            "centre off by posterior sd": verdict.shifted,
        },
        "alpha": coverage.ALPHA,
    }
    write_json(folder / "calibration.json", {**facts, **record})
    return text
