"""Drugs together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from inference.face.asks import Believed, source_of
from inference.resistance.combinations import combination_files
from inference.resistance.combinations.combination_files import Combination, PairRanking, Range
from inference.resistance.conditions import Condition
from inference.resistance.questions import QuestionError
from inference.runs.console import Teller
from inference.runs.run import Run
from models.catalogue import Preset
from models.drugs import Drug, drug_names
from models.drugs import drug as drug_named
from models.nearest_name import unknown


def combine(
    drugs: Sequence[str | Drug] | Mapping[str, Range] = (),
    believed: Believed = None,
    *,
    condition: str | Condition = "alone",
    preset: str | Preset = "mm1s",
    hypothesis: str = "H1",
    hours: float = 48.0,
    steps: int = 6,
    draws: int = 32,
    seed: int = 1,
    to: str | Path | None = None,
) -> Combination | PairRanking:  # long: half of it says what its arguments are
    """Do two drugs kill more together than apart: Bliss, highest single agent, Loewe and ZIP, with bands.

    Args:
        drugs: two of them, over a grid of doses: names, or name -> (lowest, highest nM); one named twice is
            its own control. More, or none: a screen of all their pairs (none: of the catalogue's).
        believed: as `rank` takes it; None: the prior.
        hypothesis: what estradiol does under the prior.
        steps: doses of each drug in a grid.
        draws: parameter sets behind every band.
        to: folder for pieces, from which the same call goes on, tables and figures; None: nothing is written.

    Raises:
        QuestionError, SourceError: it cannot be answered; says the field, and what to do.

    Example:
        >>> import inference as gp
        >>> found = gp.combine({"bortezomib": (1, 20), "venetoclax": None}, steps=3, draws=2)
        ... # doctest: +ELLIPSIS
        Simulating ...
        >>> found.table().index[0], dict(found.data["bliss"].sizes)
        ('Bliss', {'draw': 2, 'first': 3, 'second': 3})
    """
    limits = dict(drugs) if isinstance(drugs, Mapping) else {}
    chosen: list[tuple[Drug, Range]] = []
    for name in drugs:
        try:
            one = name if isinstance(name, Drug) else drug_named(name)
        except KeyError:
            raise QuestionError(unknown("`drug`", str(name), drug_names())) from None
        chosen.append((one, limits.get(name) if isinstance(name, str) else None))
    source, _ = source_of(believed, hypothesis)
    place = None if to is None else Path(to)
    run = Run(Path() if place is None else place / "pieces", Teller(), keeps=place is not None)
    if place is not None:
        asked = (
            f"{[(d.name, r) for d, r in chosen]} {source.name} {condition} {preset} {hours} {steps} {draws}"
        )
        run.belongs_to({"asked": f"{asked} {seed}"})
    found = combination_files.combined(
        chosen,
        source,
        run,
        condition=condition,
        preset=preset,
        draws=draws,
        seed=seed,
        steps=steps,
        hours=hours,
    )
    assert found is not None, "nobody can stop it but by an exception"
    if place is not None:
        combination_files.write(found, place)
    return found
