"""A user's own cell line as a preset: amounts of proteins relative to the nominal cell, and genotype."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from models.catalogue import PRESETS, Preset, niche
from models.declare import assumed
from models.nearest_name import unknown

# amount -> parameters that it multiplies: every term of the protein's synthesis, so that its level is so many
# fold whatever drives it
AMOUNTS: Mapping[str, tuple[str, ...]] = {
    "MCL1": ("b_mM", "w_mMS", "w_mME"),
    "BCLXL": ("b_X", "w_XS", "w_XN"),
    "BCL2": ("b_2", "w_2N"),
    "MYC": ("s_Y",),
    "IL6": ("g_auto",),
}
RAS_GENES = ("KRAS", "NRAS", "BRAF")
MUTANT_RAS = 7.0  # fold of the drive by RAS: the table of `ras` says 5 to 10 for strong mutants
WILD = re.compile(r"wt|wild[ -]?type|-|no|none|negative", re.IGNORECASE)
YES = re.compile(r"yes|true|present|\+|positive|1", re.IGNORECASE)
NOT_KNOWN = re.compile(r"|unknown|nan|na|n/a|\?", re.IGNORECASE)


class OwnLineError(ValueError):
    """A line that cannot be made: field, finding, remedy."""


def own_line(name: str, amounts: Mapping[str, float], genotype: Mapping[str, str]) -> Preset:
    """The preset of a line.

    Raises:
        OwnLineError: an amount or a gene that the model has no word for, or no positive number.
    """
    values = {p.name: p.value for p in niche().parameters}
    made: dict[str, float] = {}
    said = []
    if _t1114(genotype):
        made |= PRESETS["t1114"].parameters
        said.append("t(11;14)")
    for what, fold in amounts.items():
        key = next((k for k in AMOUNTS if _plain(k) == _plain(what)), None)
        if key is None:
            raise OwnLineError(unknown("`amounts`", what, AMOUNTS))
        if not (math.isfinite(fold) and fold > 0):
            raise OwnLineError(f"`amounts` {what}: {fold:g} is no fold of MM.1S: write a positive number")
        made |= {p: values[p] * fold for p in AMOUNTS[key]}
        said.append(f"{key} {fold:g} times")
    mutated = [g for g in RAS_GENES if _mutated(genotype, g)]
    if mutated:
        made["ras"] = values["ras"] * MUTANT_RAS
        said.append(f"mutated {' and '.join(mutated)}")
    why = f"as given: {', '.join(said)}" if said else "nothing is known of it: the nominal cell"
    return Preset(_plain(name) or "own", f"{name}, a line of your own", made, assumed(why))


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _mutated(genotype: Mapping[str, str], gene: str) -> bool:
    for g in genotype:
        if _plain(g) not in {_plain(k) for k in (*RAS_GENES, "t(11;14)")}:
            raise OwnLineError(unknown("`genotype`", g, (*RAS_GENES, "t(11;14)")))
    text = next((v for g, v in genotype.items() if _plain(g) == _plain(gene)), "").strip()
    return not NOT_KNOWN.fullmatch(text) and not WILD.fullmatch(text)


def _t1114(genotype: Mapping[str, str]) -> bool:
    text = next((v for g, v in genotype.items() if _plain(g) == "t1114"), "").strip()
    if NOT_KNOWN.fullmatch(text) or WILD.fullmatch(text):
        return False
    if not YES.fullmatch(text):
        raise OwnLineError(f"`genotype` t(11;14): {text!r} is neither yes nor no: write one of them")
    return True
