"""What a question about resistance can name, as tables: surroundings, read-outs, ways to rank."""

from __future__ import annotations

import pandas as pd

from inference.resistance.conditions import CONDITIONS
from inference.resistance.rankings.methods import METHODS
from inference.resistance.resistance_readouts import READOUTS


def conditions() -> pd.DataFrame:
    """A row a kind of surroundings: IL-6 (ng/mL) and the inputs that it sets."""
    rows = {
        c.name: {
            "words": c.words,
            "IL-6, ng/mL": c.il6,
            "sets": ", ".join(f"{n} = {v:g}" for n, v in c.inputs.items()),
        }
        for c in CONDITIONS.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("condition")


def readouts() -> pd.DataFrame:
    """A row a read-out: what the number is, and the unit of its exponential."""
    rows = {
        r.name: {"also": ", ".join(r.aliases), "words": r.words, "unit": r.unit, "reads": ", ".join(r.read)}
        for r in READOUTS.values()
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("readout")


def methods() -> pd.DataFrame:
    """A row a way to rank: what its effects are, and how many draws it takes by default."""
    rows = {m.name: {"effect": m.words.effect, "draws": m.draws} for m in METHODS.values()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("method")
