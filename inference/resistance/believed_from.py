"""Where beliefs come from: the declared priors, or a fitted run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

import xarray as xr

from inference.resistance import beliefs
from inference.resistance.beliefs import Beliefs
from inference.resistance.questions import Question, preset_named
from inference.runs import labelled_tree
from inference.runs.folders import run_folder
from inference.runs.run_record import mark_of
from models.catalogue import EFFECTS, HYPOTHESES, Preset
from models.drugs import Drug, drug_names
from models.drugs import drug as drug_named
from models.network import Network


class SourceError(ValueError):
    """Beliefs that cannot be used: place, finding, remedy."""


def parse_drug(text: str) -> tuple[Drug, float]:
    """NAME=nM as a drug and its dose."""
    match = re.fullmatch(r"(.+)=([^=]+)", text)
    if not match:
        raise SourceError(f"`drug` {text}: write NAME=nM, for example dexamethasone=300")
    try:
        return drug_named(match[1]), float(match[2])
    except KeyError:
        raise SourceError(f"`drug` {match[1]}: is not one of {', '.join(drug_names())}") from None
    except ValueError:
        raise SourceError(f"`drug` {text}: {match[2]!r} is not a number of nM") from None


@dataclass(frozen=True)
class BeliefSource:
    """What an analysis believes: the priors alone (`run` None), or a fitted run.

    `mark` is put on every table and figure; `transit` says whether the fit had the transit compartment of
    SOCS3 mRNA. `transfer`: see `beliefs.carried`.
    """

    name: str
    hypothesis: str
    transit: bool = False
    run: xr.DataTree | None = None
    mark: str = ""
    transfer: float = 0.0

    def asked_of(self, question: Question) -> Question:
        """The question under the hypothesis that these beliefs bring, with the compartments of the fit."""
        return replace(question, hypothesis=self.hypothesis, transit=self.transit)


def prior_source(hypothesis: str) -> BeliefSource:
    """The declared priors."""
    if hypothesis not in HYPOTHESES:
        raise SourceError(f"`hypothesis` {hypothesis}: is not one of {', '.join(HYPOTHESES)}")
    return BeliefSource("the prior", hypothesis)


def run_source(folder: Path, force: bool, transfer: float = 0.0) -> BeliefSource:
    """A fitted run; one whose verdict is not ok only by force, and then marked; `transfer`: see
    `beliefs.carried`.
    """
    if not (folder / "posterior.nc").exists():
        raise SourceError(
            f"{folder}: holds no posterior.nc: wait until the fit is finished, or believe the `prior`"
        )
    mark = mark_of(folder, "fit", force, SourceError)
    run = labelled_tree.load_run(folder / "posterior.nc")
    fitted = set(run["posterior"].data_vars)
    free = [e for e in EFFECTS if e in fitted]
    hypothesis = next((h.name for h in HYPOTHESES.values() if free and h.free == free[0]), "H0")
    name = f"the posterior of {folder.name}"
    if transfer:
        name += f", carried to another kind of cell with an sd of ln of {transfer:g}"
    return BeliefSource(name, hypothesis, "k_T" in fitted, run, mark, transfer)


def asked(
    command: str, run: str | None, prior: bool, hypothesis: str, *, force: bool, transfer: float = 0.0
) -> tuple[Path | None, BeliefSource]:
    """What a command was told to believe: the folder of a fit and its posterior, or the declared priors.

    Raises:
        SourceError: both or neither was named, or the fit cannot be used.
    """
    if prior == (run is not None):
        raise SourceError(f"{command}: say what to believe: either `run`, the folder of a fit, or `prior`")
    folder = run_folder(run)
    return folder, prior_source(hypothesis) if folder is None else run_source(folder, force, transfer)


def believed(source: BeliefSource, preset: str | Preset, network: Network, effect: str | None) -> Beliefs:
    """The priors of a network, or what a run says of them but for what the preset sets itself."""
    before = beliefs.declared(network, effect)
    if source.run is None:
        return before
    return beliefs.carried(before, source.run, preset_named(preset).parameters, source.transfer)
