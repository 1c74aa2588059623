"""A drug or hormone as everything that is known of it in one place."""

from __future__ import annotations

from dataclasses import dataclass

from models.declare import Source


@dataclass(frozen=True)
class Drug:
    """A drug or hormone: the input that carries its concentration (nM), where it acts and how.

    `potency` names the parameter of half effect, `decay` the one of its loss from the medium (none: stable).
    `usual` is the range of concentrations in use, in nM. `shown_at` is the dose (nM) at which reports and
    the explorer show it (None: they do not); `drawn_at` the nodes of the picture that it acts on, which it
    inhibits unless `drawn_inhibits` is False. `protection` says what is published on how the niche protects
    from it.
    """

    name: str
    aliases: tuple[str, ...]
    input: str
    target: str
    mechanism: str
    potency: str
    usual: tuple[float, float]
    source: Source
    decay: str | None = None
    shown_at: float | None = None
    drawn_at: tuple[str, ...] = ()
    drawn_inhibits: bool = True
    protection: str = ""
