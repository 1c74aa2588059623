"""What can be asked for, as tables."""

from __future__ import annotations

import pandas as pd

from inference.resistance.conditions import CONDITIONS
from inference.resistance.resistance_readouts import READOUTS
from inference.study.loading import builtin
from models.catalogue import HYPOTHESES, PRESETS, niche
from models.drugs import DRUGS


def drugs() -> pd.DataFrame:
    """Every drug: where it acts and how, its potency and the range in use (nM), its other names, the source.

    Example:
        >>> import inference as gp
        >>> gp.drugs().loc["venetoclax", ["target", "also called"]].tolist()
        ['BCL-2', 'ABT-199']
    """
    network = niche()
    rows = [
        {
            "name": d.name,
            "target": d.target,
            "mechanism": d.mechanism,
            "potency": network.parameter(d.potency).value,
            "usual from": d.usual[0],
            "usual to": d.usual[1],
            "also called": ", ".join(d.aliases),
            "input": d.input,
            "status": d.source.status,
            "source": d.source.text,
        }
        for d in DRUGS.values()
    ]
    return pd.DataFrame(rows).set_index("name").rename(columns={"potency": "potency (nM)"})


def presets() -> pd.DataFrame:
    """Kinds of cell, what each sets, and who says so.

    Example:
        >>> import inference as gp
        >>> list(gp.presets().index)
        ['mm1s', 'u266', 'ina6', 't1114', 'hepatocyte', 'osteoblast']
    """
    rows = [
        {
            "name": p.name,
            "cell": p.title,
            "sets": ", ".join(f"{k} = {v:g}" for k, v in p.parameters.items()),
            "status": p.source.status,
            "source": p.source.text,
        }
        for p in PRESETS.values()
    ]
    return pd.DataFrame(rows).set_index("name")


def hypotheses() -> pd.DataFrame:
    """What estradiol may do: the effect each frees, and who says so.

    Example:
        >>> import inference as gp
        >>> gp.hypotheses().loc["H1", "frees"]
        'e_deg'
    """
    rows = [
        {"name": h.name, "sentence": h.sentence, "frees": h.free or "", "source": h.source.text}
        for h in HYPOTHESES.values()
    ]
    return pd.DataFrame(rows).set_index("name")


def conditions() -> pd.DataFrame:
    """Surroundings of the cell during a treatment.

    Example:
        >>> import inference as gp
        >>> list(gp.conditions().index)
        ['alone', 'il6', 'stroma', 'niche']
    """
    network = niche()
    return pd.DataFrame(
        [{"name": c.name, "cell": c.words, "sets": c.full(network)} for c in CONDITIONS.values()]
    ).set_index("name")


def readouts() -> pd.DataFrame:
    """What a question about resistance can read.

    Example:
        >>> import inference as gp
        >>> gp.readouts().loc["lnv", "also called"]
        'viability'
    """
    rows = [
        {"name": r.name, "what": r.words, "unit of exp": r.unit, "also called": ", ".join(r.aliases)}
        for r in READOUTS.values()
    ]
    return pd.DataFrame(rows).set_index("name")


def studies() -> pd.DataFrame:
    """Studies that come with the package, each a folder that any PEtab tool reads.

    Example:
        >>> import inference as gp
        >>> "il6_feedback_estradiol" in gp.studies().index
        True
    """
    rows = [{"name": name, "folder": str(path.parent)} for name, path in builtin().items()]
    return pd.DataFrame(rows).set_index("name")
