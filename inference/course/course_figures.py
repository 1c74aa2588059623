"""Relapse curves and tumour burden of treatments, with what they rest on at the top."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from inference.course.asked_course import Answered
from inference.course.patient_weights import effective_size, weighted_quantile
from inference.course.relapse import HIGH, LOW, MONTHS, without_progression
from inference.course.trials import USED
from inference.runs.colours import POSTERIOR, PRIOR, SECOND
from inference.runs.figure_labels import label
from models.course.response import MONTH

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (POSTERIOR, SECOND, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito
NOT_CLINICAL = "Not for clinical use."
PRIOR_IS = "Prior: the cell, its niche, clones and clocks (mostly assumed)."
DATA_ARE = "Data: drug levels; depth of response and one median of VRd, Rd, Vd (weights)."
HEAD = f"{NOT_CLINICAL} {PRIOR_IS} {DATA_ARE}"
FEWEST = 1e-8  # of the burden at diagnosis that is drawn


def curves(answer: Answered) -> Figure:
    """Above: share without progression; below: tumour burden; one column a treatment."""
    shown = answer.asked.treatments
    fig, axes = plt.subplots(
        2, len(shown), figsize=(3.6 * len(shown) + 0.6, 6.6), layout="constrained", squeeze=False, sharex=True
    )
    for k, (treatment, line) in enumerate(shown):
        _relapse(axes[0, k], answer, treatment.name, line, COLOURS[k % len(COLOURS)])
        _burden(axes[1, k], answer, treatment.name, line, COLOURS[k % len(COLOURS)])
        axes[0, k].set_title(f"{label(treatment.name)}, {line}", fontsize=10)
        axes[1, k].set_xlabel("months from the first dose")
    axes[0, 0].set_ylabel("share without progression\n(band: 89 % of models)")
    axes[1, 0].set_ylabel("tumour cells over diagnosis\n(band: 89 % of patients)")
    axes[0, 0].legend(fontsize=7, frameon=False, loc="upper right")
    sizes = ", ".join(f"{line} {effective_size(w):.0f}" for line, w in answer.weights.items())
    fig.suptitle(
        f"{NOT_CLINICAL}\n{PRIOR_IS}\n{DATA_ARE}\n{answer.asked.patients} virtual patients of "
        f"{answer.asked.models} models; effective after weighting: {sizes}",
        fontsize=8.5,
    )
    return fig


def _relapse(ax: Axes, answer: Answered, name: str, line: str, colour: str) -> None:
    months = answer.followed[name].outcome.progressed
    plain, model = answer.plain(), answer.patients.model
    months = np.where(plain > 0, months, 1.0)
    before = without_progression(months, plain, model)
    after = without_progression(months, answer.weights[line], model)
    ax.plot(MONTHS, before.all, color=PRIOR, linestyle="--", label="before weighting")
    ax.fill_between(
        MONTHS, after.low, after.high, color=colour, alpha=0.2, linewidth=0, label="89 % of models"
    )
    ax.plot(MONTHS, after.all, color=colour, label="weighted")
    for u in USED:
        if u.treatment == name:
            ax.plot([u.median], [0.5], "k|", markersize=14, label=f"published median {u.median_of}")
    ax.set_ylim(0, 1)
    ax.set_xlim(0, MONTHS[-1])


def _burden(ax: Axes, answer: Answered, name: str, line: str, colour: str) -> None:
    burden = answer.followed[name].course.burden
    days = np.round(MONTHS * MONTH).astype(int)
    for w, one, fill in ((answer.plain(), PRIOR, None), (answer.weights[line], colour, 0.2)):
        some = w > 0
        rows = np.maximum(burden[days][:, some], FEWEST)
        q = [[weighted_quantile(row, w[some], at) for row in rows] for at in (LOW, 0.5, HIGH)]
        ax.plot(MONTHS, q[1], color=one, linestyle="-" if fill else "--")
        if fill:
            ax.fill_between(MONTHS, q[0], q[2], color=one, alpha=fill, linewidth=0)
    ax.axhline(1e-5, color="k", linewidth=0.5, linestyle=":")
    ax.set_yscale("log")
    ax.set_ylim(FEWEST, 3)
