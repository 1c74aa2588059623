"""A study read with exactly one estradiol effect free."""

from __future__ import annotations

from inference.fit.run_folder import RunError
from inference.study.study import Study, load
from models.catalogue import EFFECTS, HYPOTHESES


def under_hypothesis(source: str, hypothesis: str) -> Study:
    """A study with exactly the estradiol effect of the hypothesis estimated and every other one held at 0.

    A study without estradiol effects in its parameter table is taken as it is under H0 and H1 (the default).

    Raises:
        RunError: no such hypothesis, or the study's table does not have its effect.
        StudyError: the study cannot be used.
    """
    if hypothesis not in HYPOTHESES:
        raise RunError(f"--hypothesis {hypothesis}: is not one of {', '.join(HYPOTHESES)}")
    plain = load(source)
    present = {p.id for p in plain.tables.parameters} & set(EFFECTS)
    effect = HYPOTHESES[hypothesis].free
    if effect not in present and hypothesis not in ("H0", "H1"):
        raise RunError(
            f"--hypothesis {hypothesis}: parameters.tsv of {plain.id} has no {effect}: add its row or "
            f"choose another"
        )
    free = {effect} & present if effect else set()
    return load(source, free=free, fix=dict.fromkeys(present - free, 0.0), lint=False) if present else plain
