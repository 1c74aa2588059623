"""What a report simulates on the spot, labelled: dose responses, time courses, knock-downs, and a screen that
is ranked.

All of it goes through one plate, so one compiled program serves a whole report. Few draws are enough to show
a band; a ranking or scan that was made before, with more draws, is preferred where it is found
(`inference.report.write`).
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import xarray as xr

from inference.resistance import beliefs
from inference.resistance.beliefs import Beliefs
from inference.resistance.believed_from import BeliefSource, believed
from inference.resistance.conditions import ALONE, CONDITIONS, WITH_IL6, Condition
from inference.resistance.knockdowns.knockdown import scales
from inference.resistance.knockdowns.knockdown_nodes import LEVELS, NODES
from inference.resistance.questions import (
    HOURS,
    DosesAsked,
    Question,
    QuestionError,
    condition_named,
    doses_named,
    network_of,
    preset_named,
)
from inference.resistance.rankings import ranks, sensitivity
from inference.resistance.rankings.methods import RANK_REGRESSION
from inference.resistance.rankings.ranking_request import words_of
from inference.resistance.rankings.ranking_run import labelled
from inference.resistance.resistance_readouts import DECADES, VIABILITY, Doses
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
from inference.runs.console import Bar, Teller
from models.catalogue import HYPOTHESES, Preset
from models.network import Network

RTOL, ATOL = 1e-4, 1e-7  # of a step; the band over the draws is wider by orders of magnitude
RESAMPLES = 200  # of a regression on several hundred rows; the third digit of an interval is not shown
ESTRADIOL = 10.0  # nM, where a report shows it
LAYOUT = 2  # of the file; another one is made anew
TREATED = ("drug", "no drug")


@dataclass(frozen=True, init=False)
class Asked:
    """What a report is about; the first drug is the one whose resistance is explained in full.

    Attributes:
        drugs: (drug, nM); doses are varied a factor of thirty to either side for the curves.
        condition: surroundings of the main question.
        preset: the kind of cell.
        draws: sets of parameters behind every band; the screen takes more (`screened`).
    """

    drugs: Doses
    condition: Condition
    preset: Preset
    draws: int
    seed: int

    def __init__(
        self, drugs: DosesAsked, condition: str | Condition, preset: str | Preset, draws: int, seed: int
    ) -> None:
        """Look up what is named.

        Raises:
            QuestionError: something of that name does not exist, or a dose is none.
        """
        found = (doses_named(drugs), condition_named(condition), preset_named(preset), draws, seed)
        for name, value in zip(self.__dataclass_fields__, found, strict=True):
            object.__setattr__(self, name, value)

    @property
    def main(self) -> tuple[str, str]:
        """The first drug: its name, and with its dose."""
        drug, dose = self.drugs[0]
        return drug.name, f"{drug.name} {dose:g} nM"

    def words(self) -> str:
        """The main question in words."""
        return f"{self.main[1]}, {self.preset.title} cell {self.condition.words}, {HOURS:g} h"

    def question(self, source: BeliefSource, drug: int = 0) -> Question:
        """What is asked of one drug."""
        asked = Question(VIABILITY, self.drugs[drug : drug + 1], self.condition, self.preset)
        return source.asked_of(asked)

    def key(self, network: Network, values: np.ndarray) -> str:
        """What the simulations depend on."""
        asked = [[d.input, dose] for d, dose in self.drugs]
        here = [self.condition.name, self.condition.il6, dict(self.condition.inputs), self.preset.name]
        content = [LAYOUT, asked, here, self.draws, self.seed, sorted(NODES)]
        return hashlib.sha256(
            values.tobytes() + network.fingerprint.encode() + json.dumps(content).encode()
        ).hexdigest()


def surroundings(asked: Asked, with_estradiol: bool) -> dict[str, tuple[Condition, float]]:
    """Name -> condition and estradiol of every surrounding that is shown."""
    shown = dict.fromkeys((ALONE, WITH_IL6, asked.condition, CONDITIONS["niche"]))
    found = {c.short: (c, 0.0) for c in shown}
    if with_estradiol:
        found[f"{asked.condition.short} + estradiol"] = (asked.condition, ESTRADIOL)
    return found


def made(asked: Asked, source: BeliefSource, path: Path, tell: Teller) -> xr.DataTree:
    """Everything simulated, from `path` if it holds the same already, otherwise made and kept there.

    Groups: `dose` (drug, draw, surrounding, dose), `course` (draw, surrounding, treated, hour), `knock`
    (draw, node, level) with `together` (draw, share), and below `rankings` one a drug, named by its input, as
    `ranking_run.execute` makes them.
    """
    drugs = [d for d, _ in asked.drugs]
    cell = plate(drugs, asked.preset, source.hypothesis, source.transit, conditions=(asked.condition,))
    network = cell.what.system.network
    now = believed(source, asked.preset, network, HYPOTHESES[source.hypothesis].free)
    values, _ = beliefs.joint(now, screened(asked, now), asked.seed)
    key = asked.key(network, values)
    if path.exists():
        held = labelled_tree.load(path)
        if held.attrs.get("key") == key:
            tell.say(f"{path}: holds these simulations already")
            return held
    tell.say(
        f"Simulating {asked.words()}: {asked.draws} draws from {source.name} for bands and knock-downs, "
        f"{len(values)} for rankings (compiling first) ..."
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    few = values[: asked.draws]
    with tell.bar("doses and time courses, dishes", 1) as bar:
        doses, course = _doses(cell, now, few, asked, bar)
    with tell.bar("knock-downs, dishes", 1) as bar:
        knock, together = _knock_downs(cell, now, few, asked, bar)
    with tell.bar("screen for rankings, dishes", 1) as bar:
        rankings, failed = _screen(cell, now, values, asked, source, bar)
    attrs = {
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
    groups = {"/dose": doses, "/course": course, "/knock": knock, "/together": together, **rankings}
    tree = xr.DataTree.from_dict({"/": xr.Dataset(attrs=attrs), **groups})
    labelled_tree.save(tree, path)
    return tree


def screened(asked: Asked, now: Beliefs) -> int:
    """Draws for the rankings: a regression on every parameter needs several times as many rows as
    parameters.
    """
    return max(4 * asked.draws, 3 * len(now.names))


def _doses(
    cell: Plate, now: Beliefs, values: np.ndarray, asked: Asked, bar: Bar
) -> tuple[xr.Dataset, xr.Dataset]:
    """Viability of every drug over its doses in every surrounding, and the main drug's dishes over time."""
    around = surroundings(asked, cell.estradiol)
    wells = [Well((), c, e) for c, e in around.values()]
    wells += [
        Well(((d, dose * 10.0**k),), c, e)
        for d, dose in asked.drugs
        for c, e in around.values()
        for k in DECADES
    ]
    seen, _ = simulate(cell, now, values, wells, rtol=RTOL, atol=ATOL, report=bar.of)
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
    # (read, draw, surrounding, treated, hour)
    course = np.moveaxis(np.stack([seen[:, 0][:, treated], seen[:, 0][:, :n]], axis=2), -1, 0)
    along = ("draw", "surrounding", "treated", "hour")
    return doses, xr.Dataset(
        {
            name: (along, course[i], {"long_name": READ[name][0], "units": READ[name][1]})
            for i, name in enumerate(names_read(cell))
        },
        coords={"surrounding": list(around), "treated": list(TREATED), "hour": TIMES / 60},
    )


def _knock_downs(
    cell: Plate, now: Beliefs, values: np.ndarray, asked: Asked, bar: Bar
) -> tuple[xr.Dataset, xr.Dataset]:
    """Every node at `LEVELS`, as `knockdown.scan` names it, and the best three together."""
    parameters = cell.what.system.parameters
    nodes = [n for n in NODES.values() if any(p in parameters for p in n.parameters)]
    wells = [Well(asked.drugs[:1], asked.condition), Well((), asked.condition)]
    variants = [[]] + [[(n.parameters, 1 - level)] for n in nodes for level in LEVELS]
    seen, _ = simulate(
        cell, now, values, wells, scales(parameters, variants), rtol=RTOL, atol=ATOL, report=bar.of
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
    cell: Plate, now: Beliefs, values: np.ndarray, asked: Asked, source: BeliefSource, bar: Bar
) -> tuple[dict[str, xr.Dataset], int]:
    """Rankings by rank regression of every drug in the surroundings of the main question, all from the same
    draws.
    """
    wells = [Well((), asked.condition), *(Well(((d, dose),), asked.condition) for d, dose in asked.drugs)]
    seen, ok = simulate(cell, now, values, wells, rtol=RTOL, atol=ATOL, report=bar.of)
    output = np.log(viability(cell, seen, wells)[:, 0, 1:])
    made: dict[str, xr.Dataset] = {}
    for i, (drug, _) in enumerate(asked.drugs):
        question = asked.question(source, i)
        try:
            network_of(question)
        except QuestionError:
            continue
        found = ranked(cell, now, values, output[:, i], question, source, asked.seed)
        made |= {f"/rankings/{drug.input}{group}": table for group, table in found.items()}
    return made, int((~ok.all(axis=(1, 2))).sum())


def ranked(
    cell: Plate,
    now: Beliefs,
    values: np.ndarray,
    output: np.ndarray,
    question: Question,
    source: BeliefSource,
    seed: int,
) -> dict[str, xr.Dataset]:
    """A ranking by standardised rank regression as labelled tables, in the form of `ranking_run.execute`."""
    matters = {p.name for p in network_of(question).parameters}
    keep = [i for i, n in enumerate(now.names) if n in matters]
    names = [now.names[i] for i in keep]
    single = RANK_REGRESSION.coefficients(names, values[:, keep], output, RESAMPLES, seed)
    meaning = {p.name: p.meaning for p in cell.what.system.network.parameters}
    attrs = labelled_tree.flat(
        {
            **words_of(question, RANK_REGRESSION),
            "question": question.words(),
            "method": RANK_REGRESSION.name,
            "readout": question.readout.name,
            "drugs": {d.name: dose for d, dose in question.drugs},
            "condition": question.condition.name,
            "preset": question.preset.name,
            "estradiol": question.estradiol,
            "source": source.name,
            "mark": source.mark,
            "simulated": len(output),
            "failed": int(np.isnan(output).sum()),
            "measure": RANK_REGRESSION.words.effect,
            "r2": float(single.more["r2"][0]),
        }
    )
    return {
        "": xr.Dataset(attrs=attrs),
        "/parameter": labelled(single, now, meaning, {d.potency for d, _ in question.drugs}),
        "/pathway": ranks.rank(sensitivity.by_group(single, [now.pathway[i] for i in keep])),
    }


def rankings_of(tree: xr.DataTree, drugs: Doses) -> list[xr.DataTree]:
    """The rankings made on the spot, in the order of the drugs."""
    held = tree.children["rankings"].children if "rankings" in tree.children else {}
    return [held[d.input] for d, _ in drugs if d.input in held]
