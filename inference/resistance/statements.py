"""A measured fact about resistance, and how sure we may be of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One comparison in words, with the numbers it rests on."""

    quantity: str
    measured: str
    predicted: str
    verdict: str  # right, wrong, cannot say
    why: str
