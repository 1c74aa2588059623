"""The hypotheses of one study compared, into a folder: what the command and a notebook do alike."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from inference.hypotheses import comparison, comparison_files, every_choice, every_choice_files
from inference.hypotheses.all_at_once import Joint
from inference.hypotheses.comparison import Compared
from inference.hypotheses.every_choice import Combinations
from inference.runs import provenance, resumable
from inference.runs.console import duration
from inference.runs.outputs import write_figure, write_table, write_text
from inference.runs.run import Run
from inference.runs.settings import Settings

SAMPLERS = {"walk": comparison.by_walks, "nuts": comparison.by_nuts, "smc": comparison.by_smc}
WALK = {"chains": 4, "draws": 128, "warmup": 160}  # tempered walks need fewer chains, and no gradients
QUICK_WALK = {"chains": 2, "draws": 32, "warmup": 8}
NO_BORTEZOMIB = (
    "\nBortezomib: in no dish, so its two published readings (A: IkBa saved; B: IKK activated) cannot be "
    "compared.\n"
)


def sized(settings: Settings, sampler: str) -> Settings:
    """The same run, as long as this sampler needs to be."""
    if sampler != "walk":
        return settings
    return replace(settings, **(QUICK_WALK if settings.quick else WALK))


def compared(
    every: Sequence[Joint],
    settings: Settings,
    sampler: str,
    run: Run,
) -> list[Compared] | None:
    """Compare, and write choices.md, choices.csv, choices.png, then summary.md, comparison.json and
    comparison.png for each question; None if stopped.

    Args:
        every: the study once a question: hypotheses on estradiol, and readings of bortezomib if it has any.
        sampler: a name of `SAMPLERS`.
        run: in whose folder the first question lies; the others lie below it.
    """
    begun, mark = time.monotonic(), " (quick run: not for use)" if settings.quick else ""
    resumable.require_writable(run.folder, 200 * 2**20)
    results = []
    for i, both in enumerate(every):
        own, lanes = run.within(both.question.word) if i else run, sum(len(d.which) for d in both.parts)
        here = own.folder
        exposed = sum(int(d.exposed.sum()) for d in both.parts)
        run.say(
            f"Study {both.study.id}: {len(both.hypotheses)} hypotheses, {len(both.study.unknowns)} "
            f"parameters, {lanes} dishes ({exposed} with {both.question.word}, once a hypothesis)"
        )
        run.say(f"Computing on {provenance.device_line()}; results go to {here}")
        try:
            stopped, combined = _every_choice(both, settings, own, mark)
            found = None if stopped else comparison.compare(both, settings, SAMPLERS[sampler], own, combined)
        except resumable.StopAskedError:
            found = None
        if found is None:
            return None
        text = comparison_files.markdown(found, mark)
        if not any(b.question.word == "bortezomib" for b in every):
            text += NO_BORTEZOMIB
        write_text(text, here / "summary.md")
        resumable.write_json(
            here / "comparison.json",
            comparison_files.content(found)
            | {
                "quick": settings.quick,
                "sampler": sampler,
                "wall_time_s": round(time.monotonic() - begun, 1),
                **provenance.provenance(settings),
            },
        )
        write_figure(comparison_files.figure(found, mark), here / "comparison.png")
        run.say(text)
        run.say(
            f"Written to {here} after {duration(time.monotonic() - begun)}: summary.md, comparison.json, "
            "comparison.png; choices.md, choices.csv, choices.png"
        )
        results.append(found)
    return results


def _every_choice(both: Joint, settings: Settings, run: Run, mark: str) -> tuple[bool, Combinations | None]:
    """(stopped, what every combination of choices says), written and told before the long run begins."""
    if not both.rows.any():
        return False, None
    found = every_choice.combinations(both, settings, run.within("choices"))
    if found is None:
        return True, None
    text = every_choice_files.markdown(found)
    write_text(f"# {both.question.title}: {both.study.id}{mark}\n\n{text}", run.folder / "choices.md")
    write_table(found.table, run.folder / "choices.csv", index=False)
    write_figure(every_choice_files.figure(found, mark), run.folder / "choices.png")
    run.say(text)
    return False, found
