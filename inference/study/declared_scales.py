"""The scale on which a belief is declared and on which what data add to it is measured: log, logit or linear.

A scale told from draws ("all below 1: a share") changes with the unit; the declared one does not: ln and the
logit between two bounds only shift where the unit changes, and a linear scale only stretches.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from inference.study.priors import LogInterval, Prior

LINEAR, LOG, LOGIT = "linear", "log", "logit"


def scale_of(prior: Prior) -> str:
    """The scale of a declared prior as a file keeps it: "log", "linear", or "logit LOWER UPPER".

    Example:
        >>> scale_of(Prior("log-normal", (0.0, 1.0), 0.01, 100.0))
        'log'
        >>> scale_of(Prior("beta", (1.0, 2.0)))
        'logit 0 1'
    """
    support = prior.distribution().support
    low, high = (
        float(getattr(support, end, default))
        for end, default in (("lower_bound", -np.inf), ("upper_bound", np.inf))
    )
    if isinstance(support, LogInterval) or (low >= 0.0 and np.isinf(high)):
        return LOG
    if np.isfinite(low) and np.isfinite(high):
        return f"{LOGIT} {low:.17g} {high:.17g}"
    return LINEAR


def on_declared_scale(scale: str, values: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Values on a scale as `scale_of` names it.

    Example:
        >>> on_declared_scale("logit 0 4", np.array([2.0]))
        array([0.])
    """
    kind, *ends = scale.split()
    if kind == LOG:
        return np.log(np.maximum(values, np.finfo(float).tiny))
    if kind == LOGIT:
        low, high = map(float, ends)
        share = np.clip((values - low) / (high - low), 1e-15, 1 - 1e-15)
        return np.log(share) - np.log1p(-share)
    return np.asarray(values)


def likely_scale(prior: Float[np.ndarray, " draw"]) -> str:
    """The scale for a file that does not say which was declared: log where every draw of the prior is
    positive.

    It does not change with the unit either.
    """
    return LOG if np.all(prior > 0) else LINEAR
