"""Virtual patients under a regimen: cells simulated in blocks that are kept, burden by the reduction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from inference.course.virtual_patients import Patients
from inference.runs.folders import file_name
from inference.runs.run import Run
from models.course.burden import (
    DENSE,
    SPARSE,
    BoneTurnover,
    Clocks,
    Course,
    DailyRates,
    burden,
    day_of_each,
    days_of,
    grow_to_double,
    simulated_part,
)
from models.course.clones import CLONES
from models.course.exposure import edges, exposure
from models.course.patient_cell import LANES, Surroundings, fates, patient_system
from models.course.regimen import Regimen
from models.course.regimen_words import read_regimen
from models.course.response import MONTH, ClinicOutcome, outcome
from models.engine.blocks import Block

BLOCK = LANES // (2 * len(CLONES))  # patients whose lanes fill one call
HORIZON = 120  # months
DYING_AT_REST = 0.1  # a day; a tumour of which more dies untreated is no myeloma that grows in a marrow


@dataclass(frozen=True)
class Treatment:
    """A regimen with a name, and what is done to the niche beside it: factors and values of its inputs."""

    name: str
    words: str
    title: str = ""
    fat: float = 1.0
    estradiol: float | None = None

    @property
    def regimen(self) -> Regimen:
        return read_regimen(self.words)

    @property
    def folder(self) -> str:
        """Where its pieces lie: by its name, and by all that determines them."""
        all_of_it = repr((self.regimen.phases, self.fat, self.estradiol)).encode()
        return f"{file_name(self.name)}-{hashlib.sha256(all_of_it).hexdigest()[:10]}"


@dataclass(frozen=True)
class Followed:
    """Patients under one treatment; `usable`: solved, alive untreated, and growing."""

    treatment: Treatment
    course: Course
    outcome: ClinicOutcome
    usable: np.ndarray


def lanes_of_patients(patients: Patients, rows: np.ndarray, treatment: Treatment):
    """Parameters and surroundings of (density, patient, clone), each flattened into lanes."""
    names = patient_system().parameters
    position = {n: i for i, n in enumerate(names)}
    count, kinds = len(rows), len(CLONES)
    parameters = np.repeat(patients.parameters[rows][:, None], kinds, 1)
    stroma, fat = (np.repeat(x[rows][:, None], kinds, 1) for x in (patients.stroma, patients.fat))
    fat = fat * treatment.fat
    for k, clone in enumerate(CLONES):
        for name, times in clone.times.items():
            parameters[:, k, position[name]] *= times
        for name, value in clone.put.items():
            parameters[:, k, position[name]] = value
        stroma[:, k] *= clone.around.get("BMSC", 1.0)
        fat[:, k] *= clone.around.get("BMA", 1.0)
    estradiol = (
        patients.estradiol[rows] if treatment.estradiol is None else np.full(count, treatment.estradiol)
    )
    lane = lambda x: np.tile(x.reshape(count * kinds, -1), (2, 1))  # noqa: E731
    inputs = {"BMSC": lane(stroma)[:, 0], "BMA": lane(fat)[:, 0], "contact": np.ones(2 * count * kinds)}
    inputs["E2"] = np.tile(np.repeat(estradiol, kinds), 2)
    density = np.repeat([SPARSE, DENSE], count * kinds)
    return lane(parameters), Surroundings(inputs, density)


def rates_of(patients: Patients, treatment: Treatment, run: Run) -> tuple[DailyRates, np.ndarray] | None:
    """Daily growth and death of every clone of every patient in the simulated cycles, and which were solved.

    Blocks are kept in the run's folder, so that an interrupted call goes on; None if it was stopped.
    """
    regimen = simulated_part(treatment.regimen)
    days = days_of(regimen)
    doses = regimen.doses(days)
    at = edges(doses, days)
    position = {n: i for i, n in enumerate(patient_system().parameters)}

    def one(block: Block) -> dict[str, np.ndarray]:
        rows = np.asarray(block.rows)
        own = patients.parameters[rows]
        levels = exposure(
            doses, taken(patients, rows), at, own[:, position["IC_btz"]], own[:, position["h_btz"]]
        )
        spread = {n: np.tile(np.repeat(x, len(CLONES), 0), (2, 1)) for n, x in levels.items()}
        found = fates(*_first(lanes_of_patients(patients, rows, treatment), spread, at))
        shape = (2, len(rows), len(CLONES), -1)
        with_rest = lambda x, rest: np.moveaxis(  # noqa: E731
            np.concatenate([x, rest[:, None]], 1).reshape(shape), 1, 0
        )
        return {
            "grown": with_rest(np.diff(found.grown, axis=1), found.rest[:, 0]),
            "killed": with_rest(np.diff(found.killed, axis=1), found.rest[:, 1]),
            "osteoclasts": with_rest(found.osteoclasts[:, 1:], found.rest[:, 2]),
            "ok": found.ok.reshape(2, len(rows), -1).all((0, 2)),
        }

    with run.bar(treatment.name, len(patients)) as bar:
        found = run.within(treatment.folder).kept_blocks(
            one, len(patients), min(BLOCK, len(patients)), lambda done, _: bar.to(done)
        )
    if found is None:
        return None
    back = {k: np.moveaxis(found[k], 1, 0) for k in ("grown", "killed", "osteoclasts")}
    return DailyRates(**back), found["ok"].astype(bool)


def _first(lanes, levels, at):
    parameters, around = lanes
    return parameters, levels, at, around


def taken(patients: Patients, rows: np.ndarray):
    """How the drugs behave in some of the patients."""
    b = patients.bodies
    return replace(
        b, surface=b.surface[rows], weight=b.weight[rows], factors={k: v[rows] for k, v in b.factors.items()}
    )


def clocks_of(patients: Patients, rates: DailyRates) -> Clocks:
    """How fast each tumour grows and dies: its doubling untreated is the drawn one."""
    position = {n: i for i, n in enumerate(patient_system().parameters)}
    most = patients.parameters[:, position["Nmax"]]
    most = np.maximum(most, 1.5 * DENSE)
    return grow_to_double(rates, patients.shares, patients.dying, patients.doubling, most)


def follow(
    patients: Patients, treatment: Treatment, run: Run, clocks: Clocks | None = None
) -> tuple[Followed, Clocks] | None:
    """Every patient under one treatment for ten years, by the reduction; None if it was stopped.

    Args:
        clocks: of the untreated tumour, if another treatment has told them; an addition to the niche does
            not change how fast a patient's cells divide by themselves.
    """
    found = rates_of(patients, treatment, run)
    if found is None:
        return None
    rates, ok = found
    clocks = clocks or clocks_of(patients, rates)
    position = {n: i for i, n in enumerate(patient_system().parameters)}
    own = patients.parameters
    bone = BoneTurnover(100 / (365.25 * patients.bone_years), own[:, position["a_OB"]])
    at_rest = patients.dying * rates.killed[1, :, 0, -1]
    usable = ok & np.isfinite(clocks.grow) & (clocks.grow > 0) & (at_rest < DYING_AT_REST)
    like = day_of_each(treatment.regimen, round(HORIZON * MONTH))
    with np.errstate(all="ignore"):  # patients who are not usable
        course = burden(rates, like, patients.shares, clocks, bone)
        result = outcome(course.burden, patients.protein)
    return Followed(treatment, course, result, usable), clocks
