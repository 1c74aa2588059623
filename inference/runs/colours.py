"""Colours of Okabe and Ito (readable with colour-blindness): the prior grey, the posterior blue,
data black.
"""

from __future__ import annotations

PRIOR, POSTERIOR, DATA, SECOND = "#999999", "#0072B2", "#000000", "#D55E00"
