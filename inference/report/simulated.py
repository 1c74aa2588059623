"""What a report simulates on the spot, labelled: dose responses, time courses, knock-downs, and a screen that
is ranked.

All of it goes through one plate, so one compiled program serves a whole report. Few draws are enough to show
a band; a ranking or scan that was made before, with more draws, is preferred where it is found
(`inference.report.write`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from inference.resistance import beliefs
from inference.resistance.beliefs import Beliefs
from inference.resistance.believed_from import Source, believed
from inference.resistance.knockdown import LEVELS, NODES, scales
from inference.resistance.questions import CONDITIONS, DECADES, Question, QuestionError, network_of
from inference.resistance.rankings import ranks, sensitivity
from inference.resistance.rankings.ranking import METHODS
from inference.resistance.simulated_plate import (
    READ,
    TIMES,
    Plate,
    Well,
    names_read,
    plate,
    simulate,
    viability,
)
from inference.runs import labelled_tree
from inference.runs.console import Teller
from models.catalogue import HYPOTHESES, PRESETS
from models.drugs import Drug

RTOL, ATOL = 1e-4, 1e-7  # of a step; the band over the draws is wider by orders of magnitude
RESAMPLES = 200  # of a regression on several hundred rows; the third digit of an interval is not shown
SHORT = {"alone": "alone", "il6": "with IL-6", "stroma": "on stroma", "niche": "in the niche"}
ESTRADIOL = 10.0  # nM, where a report shows it


@dataclass(frozen=True)
class Asked:
    """What a report is about; the first drug is the one whose resistance is explained in full.

    Attributes:
        drugs: (drug, nM); doses are varied a factor of thirty to either side for the curves.
        condition: surroundings of the main question.
        draws: sets of parameters behind every band; the screen takes more (`screened`).
    """

    drugs: tuple[tuple[Drug, float], ...]
    condition: str
    preset: str
    draws: int
    seed: int

    def words(self) -> str:
        """The main question in words."""
        drug, dose = self.drugs[0]
        return (
            f"{drug.name} {dose:g} nM, {PRESETS[self.preset].title} cell "
            f"{CONDITIONS[self.condition][2]}, 48 h"
        )


def surroundings(asked: Asked, with_estradiol: bool) -> dict[str, tuple[str, float]]:
    """Name -> condition and estradiol of every surrounding that is shown."""
    shown = {SHORT[c]: (c, 0.0) for c in dict.fromkeys(("alone", "il6", asked.condition, "niche"))}
    if with_estradiol:
        shown[f"{SHORT[asked.condition]} + estradiol"] = (asked.condition, ESTRADIOL)
    return shown


def made(asked: Asked, source: Source, path: Path, tell: Teller) -> xr.DataTree:
    """Everything simulated, from `path` if it holds the same already, otherwise made and kept there.

    Groups: `dose` (drug, draw, surrounding, dose), `course` (draw, dish, hour), `knock` (draw, node, level)
    with `together` (draw, share), one `rank_<input>` a drug with a ranking as `rank_run.execute` makes them
    (its groups below it).
    """
    cell = plate([d for d, _ in asked.drugs], asked.preset, source.hypothesis, source.transit)
    network = cell.what.system.network
    now = believed(source, asked.preset, network, HYPOTHESES[source.hypothesis].free)
    values, _ = beliefs.joint(now, screened(asked, now), asked.seed)
    key = hashlib.sha256(
        values.tobytes()
        + network.fingerprint.encode()
        + json.dumps(
            [[d.input, dose] for d, dose in asked.drugs]
            + [asked.condition, asked.preset, asked.draws, asked.seed, sorted(NODES)]
        ).encode()
    ).hexdigest()
    if path.exists():
        held = labelled_tree.load(path)
        if held.attrs.get("key") == key:
            tell.say(f"{path}: holds these simulations already")
            return held
    tell.say(
        f"Simulating {asked.words()}: {asked.draws} draws from {source.name} for bands and knock-downs, "
        f"{len(values)} for rankings "
        "(compiling first) ..."
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    few = values[: asked.draws]
    with tell.bar("doses and time courses, dishes", 1) as bar:
        doses, course = _doses(cell, now, few, asked, bar)
    with tell.bar("knock-downs, dishes", 1) as bar:
        knock, together = _knock_downs(cell, now, few, asked, bar)
    with tell.bar("screen for rankings, dishes", 1) as bar:
        rankings, failed = _screen(cell, now, values, asked, source, bar)
    tree = xr.DataTree.from_dict(
        {
            "/": xr.Dataset(
                attrs={
                    "key": key,
                    "question": asked.words(),
                    "source": source.name,
                    "mark": source.mark,
                    "draws": asked.draws,
                    "screened": len(values),
                    "failed": failed,
                    "seed": asked.seed,
                    "rtol": RTOL,
                    "atol": ATOL,
                    "network": network.id,
                    "network_fingerprint": network.fingerprint,
                }
            ),
            "/dose": doses,
            "/course": course,
            "/knock": knock,
            "/together": together,
            **rankings,
        }
    )
    labelled_tree.save(tree, path)
    return tree


def screened(asked: Asked, now: Beliefs) -> int:
    """Draws for the rankings: a regression on every parameter needs several times as many rows as
    parameters.
    """
    return max(4 * asked.draws, 3 * len(now.names))


def _told(bar):
    def report(done: int, total: int) -> None:
        bar.total = total
        if bar.progress is not None:
            bar.progress.update(bar.task, total=total)
        bar.to(done)

    return report


def _doses(cell: Plate, now: Beliefs, values: np.ndarray, asked: Asked, bar) -> tuple[xr.Dataset, xr.Dataset]:
    """Viability of every drug over its doses in every surrounding, and the main drug's dishes over time."""
    around = surroundings(asked, cell.estradiol)
    wells = [Well((), c, e) for c, e in around.values()]
    wells += [
        Well(((d, dose * 10.0**k),), c, e)
        for d, dose in asked.drugs
        for c, e in around.values()
        for k in DECADES
    ]
    seen, _ = simulate(cell, now, values, wells, rtol=RTOL, atol=ATOL, report=_told(bar))
    n, m = len(around), len(DECADES)
    v = viability(cell, seen, wells)[:, 0, n:].reshape(len(values), len(asked.drugs), n, m).swapaxes(0, 1)
    names = [d.name for d, _ in asked.drugs]
    dose = np.array([dose * 10.0**DECADES for _, dose in asked.drugs])
    doses = xr.Dataset(
        {
            "viability": (("drug", "draw", "surrounding", "step"), v),
            "dose": (("drug", "step"), dose, {"units": "nM"}),
        },
        coords={"drug": names, "surrounding": list(around)},
    )
    middle = m // 2
    treated = [n + i * m + middle for i in range(n)]
    dishes = [f"{name}, {how}" for how in ("drug", "no drug") for name in around]
    read = names_read(cell)
    course = np.moveaxis(seen[:, 0][:, [*treated, *range(n)]], -1, 0)
    return doses, xr.Dataset(
        {
            name: (("draw", "dish", "hour"), course[i], {"long_name": READ[name][0], "units": READ[name][1]})
            for i, name in enumerate(read)
        },
        coords={"dish": dishes, "hour": TIMES / 60},
    )


def _knock_downs(
    cell: Plate, now: Beliefs, values: np.ndarray, asked: Asked, bar
) -> tuple[xr.Dataset, xr.Dataset]:
    """Every node at `LEVELS`, as `knockdown.scan` names it, and the best three together."""
    parameters = cell.what.system.parameters
    nodes = [n for n in NODES.values() if any(p in parameters for p in n.parameters)]
    wells = [Well(asked.drugs[:1], asked.condition), Well((), asked.condition)]
    variants = [[]] + [[(n.parameters, 1 - level)] for n in nodes for level in LEVELS]
    seen, _ = simulate(
        cell, now, values, wells, scales(parameters, variants), rtol=RTOL, atol=ATOL, report=_told(bar)
    )
    cells = np.log(seen[..., -1, names_read(cell).index("N")])  # draw, variant, [drug, vehicle]
    none, single = cells[:, :1], cells[:, 1:].reshape(len(values), len(nodes), len(LEVELS), 2)
    along = ("draw", "node", "level")
    found = xr.Dataset(
        {
            "reference": ("draw", none[:, 0, 0] - none[:, 0, 1]),
            "ln_viability": (along, single[..., 0] - single[..., 1]),
            "ln_survival": (along, single[..., 0] - none[:, :, None, 0]),
            "ln_toxicity": (along, single[..., 1] - none[:, :, None, 1]),
        },
        coords={"node": [n.name for n in nodes], "level": list(LEVELS)},
    )
    best = best_nodes(found)
    chosen = [NODES[b].parameters for b in best]
    together = [[(p, 1 - share) for p in chosen] for share in LEVELS]
    seen, _ = simulate(cell, now, values, wells, scales(parameters, together), rtol=RTOL, atol=ATOL)
    both = np.log(seen[..., -1, names_read(cell).index("N")])
    return found, xr.Dataset(
        {
            "ln_viability": (("draw", "level"), both[..., 0] - both[..., 1]),
            "ln_toxicity": (("draw", "level"), both[..., 1] - none[:, :, 1]),
        },
        coords={"level": list(LEVELS)},
        attrs={"nodes": ", ".join(best)},
    )


def best_nodes(found: xr.Dataset, count: int = 3) -> list[str]:
    """The nodes whose strongest inhibition leaves the lowest viability under the drug, in the median over the
    draws.
    """
    left = found["ln_viability"].sel(level=found["level"].max()).median("draw")
    return [str(n) for n in found["node"].values[np.argsort(left.values)][:count]]


def _screen(
    cell: Plate,
    now: Beliefs,
    values: np.ndarray,
    asked: Asked,
    source: Source,
    bar,
) -> tuple[dict[str, xr.Dataset], int]:
    """Rankings by rank regression of every drug in the surroundings of the main question, all from the same
    draws.
    """
    wells = [Well((), asked.condition), *(Well(((d, dose),), asked.condition) for d, dose in asked.drugs)]
    seen, ok = simulate(cell, now, values, wells, rtol=RTOL, atol=ATOL, report=_told(bar))
    output = np.log(viability(cell, seen, wells)[:, 0, 1:])
    made: dict[str, xr.Dataset] = {}
    for i, (drug, dose) in enumerate(asked.drugs):
        question = Question(
            "lnv",
            ((drug, dose),),
            asked.condition,
            asked.preset,
            0.0,
            48.0,
            source.hypothesis,
            source.transit,
        )
        try:
            matters = {p.name for p in network_of(question).parameters}
        except QuestionError:
            continue
        made |= {
            f"/rank_{drug.input}{k}": v
            for k, v in ranked(cell, now, values, output[:, i], question, matters, source, asked.seed).items()
        }
    return made, int((~ok.all(axis=(1, 2))).sum())


def ranked(
    cell: Plate,
    now: Beliefs,
    values: np.ndarray,
    output: np.ndarray,
    question: Question,
    matters: set[str],
    source: Source,
    seed: int,
) -> dict[str, xr.Dataset]:
    """A ranking by standardised rank regression as labelled tables, in the form of `rank_run.execute`."""
    keep = [i for i, n in enumerate(now.names) if n in matters]
    names = [now.names[i] for i in keep]
    single = sensitivity.rank_regression_effects(names, values[:, keep], output, RESAMPLES, seed)
    group = [now.pathway[i] for i in keep]
    declared = {p.name: p for p in cell.what.system.network.parameters}
    table = ranks.rank(single)
    table["pathway"] = ("factor", group)
    table["meaning"] = ("factor", [declared[n].meaning for n in names])
    table["informed"] = ("factor", [now.informed[i] for i in keep])
    drugs = {d.name: dose for d, dose in question.drugs}
    attrs = labelled_tree.flat(
        {
            "question": question.words(),
            "method": "srrc",
            "readout": "lnv",
            "drugs": drugs,
            "condition": question.condition,
            "preset": question.preset,
            "estradiol": question.estradiol,
            "source": source.name,
            "mark": source.mark,
            "simulated": len(output),
            "failed": int(np.isnan(output).sum()),
            "measure": METHODS["srrc"],
            "r2": float(single.more["r2"][0]),
        }
    )
    return {
        "": xr.Dataset(attrs=attrs),
        "/parameter": table,
        "/pathway": ranks.rank(sensitivity.by_group(single, group)),
    }


def rankings_of(tree: xr.DataTree, drugs: Sequence[tuple[Drug, float]]) -> list[xr.DataTree]:
    """The rankings made on the spot, in the order of the drugs."""
    return [tree[f"rank_{d.input}"] for d, _ in drugs if f"rank_{d.input}" in tree.children]
