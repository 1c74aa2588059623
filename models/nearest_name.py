"""The name that somebody probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

NEAR = 0.55  # of difflib's ratio: mm2 is near mm1s, a name that shares hardly a letter is not
FEW, MANY = 8, 30  # names that are listed in a refusal; where nothing else lists them


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is nearest, whatever the case; None where none is really near.

    Of names that differ in case alone it is the one with most letters as they were written.
    """
    folded: dict[str, list[str]] = {}
    for k in known:
        folded.setdefault(k.lower(), []).append(k)
    close = difflib.get_close_matches(name.lower(), folded, n=1, cutoff=NEAR)
    if not close:
        return None
    return max(folded[close[0]], key=lambda k: difflib.SequenceMatcher(None, name, k).ratio())


def unknown(place: str, name: str, known: Iterable[str], *, see: str = "") -> str:
    """What is said of an unknown name: the nearest one, or all if they are few, or where they are listed."""
    known = list(known)
    close = nearest(name, known)
    if close is not None:
        return f"{place} {name}: is not known: did you mean {close!r}?"
    if len(known) <= FEW or not see:
        shown = known if len(known) <= MANY else [*known[:MANY], "..."]
        return f"{place} {name}: is not one of {', '.join(shown)}"
    return f"{place} {name}: is not known: {see} lists what is"
