"""Questions to beliefs: what matters, what to inhibit, what a report says; beliefs are a fit or the prior."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from inference.face.fits import FittedRun
from inference.fit.verdict import INTERVAL
from inference.hypotheses import compared_study, comparison_files
from inference.hypotheses.all_at_once import joints
from inference.hypotheses.comparison import Compared
from inference.report import simulated, write
from inference.resistance import beliefs, believed_from
from inference.resistance.believed_from import BeliefSource
from inference.resistance.conditions import Condition
from inference.resistance.knockdowns import knockdown_files
from inference.resistance.knockdowns.knockdown_scan import KnockdownScan
from inference.resistance.questions import Question, doses_named, preset_named
from inference.resistance.rankings import ranking
from inference.resistance.rankings.methods import ELASTICITY, RankingMethod
from inference.resistance.rankings.ranked import Ranking
from inference.runs.console import Teller
from inference.runs.folders import results_folder, run_folder
from inference.runs.run import Run
from inference.runs.settings import FULL, Settings
from inference.simulation.any_dish import known
from models.catalogue import HYPOTHESES, Preset, niche, with_parameters


class DeclaredPrior:
    """The declared beliefs, without any fit.

    Attributes:
        hypothesis: what estradiol does.
        preset: the kind of cell whose beliefs `table` lists.
    """

    def __init__(self, hypothesis: str, preset: str | Preset) -> None:
        """Look up what is named.

        Raises:
            SourceError, QuestionError: there is no such hypothesis or preset.
        """
        self.source = believed_from.prior_source(hypothesis)
        self.hypothesis = hypothesis
        self.preset = preset_named(preset)

    def table(self) -> pd.DataFrame:
        """A row a parameter that is not known: unit, centre, belief in words, 89 % interval, source."""
        network = with_parameters(niche(), self.preset.parameters)
        low, high = (1 - INTERVAL) / 2, (1 + INTERVAL) / 2
        known = beliefs.declared(network, HYPOTHESES[self.hypothesis].free)
        rows = []
        for name, centre, belief in zip(known.names, known.centre, known.belief, strict=True):
            p = network.parameter(name)
            ends = belief.quantile(np.array([low, high]), float(centre))
            rows.append(
                {
                    "parameter": name,
                    "meaning": p.meaning,
                    "unit": p.unit,
                    "centre": float(centre),
                    "low": float(ends[0]),
                    "high": float(ends[1]),
                    "belief": belief.words(float(centre)),
                    "status": p.source.status,
                    "source": p.source.text,
                }
            )
        return pd.DataFrame(rows).set_index("parameter")

    def __repr__(self) -> str:
        return f"The prior under {self.hypothesis}: {HYPOTHESES[self.hypothesis].sentence}"

    def _repr_html_(self) -> str:
        table = self.table()[["meaning", "unit", "centre", "low", "high", "status"]]
        return f"<p>{html.escape(repr(self))}</p>{table.to_html(float_format='{:.3g}'.format, max_rows=20)}"


Believed = FittedRun | DeclaredPrior | str | Path | None


def prior(hypothesis: str = "H1", preset: str | Preset = "mm1s") -> DeclaredPrior:
    """What is believed before any fit, to be asked like a fit, or read as a table.

    Raises:
        SourceError, QuestionError: there is no such hypothesis or preset.

    Example:
        >>> import inference as gp
        >>> gp.prior("H1")
        The prior under H1: Estradiol blocks the IKK-driven loss of IkBa, so that IkBa and NF-kB stay coupled.
        >>> gp.prior("H1").table().loc["g_auto", ["unit", "belief"]].tolist()
        ['-', 'log-normal, sd of ln 1.2']
    """
    return DeclaredPrior(hypothesis, preset)


def rank(
    question: Question,
    believed: Believed = None,
    *,
    method: str | RankingMethod = ELASTICITY,
    draws: int | None = None,
    seed: int = 1,
    to: str | Path | None = None,
) -> Ranking:
    """Which parameters most change the answer to a question, with the uncertainty of every rank.

    A fit that is not to be used is taken, and its mark stands on every table and figure.

    Args:
        believed: a run, its folder or name under results/; `prior(...)`; None: the prior under the question's
            hypothesis.
        method: elasticity, sobol, dgsm, morris or srrc.
        draws: as the method counts them; None: its own number.
        to: folder for pieces, from which the same call goes on, tables and figures; None: nothing is written.

    Raises:
        QuestionError, RankError, SourceError: it cannot be answered; says the field, and what to do.

    Example:
        >>> import inference as gp
        >>> escape = gp.Question("escape", {"ruxolitinib": 500})
        >>> found = gp.rank(escape, gp.prior("H1"), draws=16)  # doctest: +ELLIPSIS
        log share ...
        >>> "IC_rux" in found.table().index[:3]
        True
    """
    source, _ = source_of(believed, question.hypothesis)
    return ranking.rank(question, source, method=method, draws=draws, seed=seed, to=_path(to))


def scan(
    question: Question,
    believed: Believed = None,
    *,
    draws: int = 50,
    seed: int = 1,
    pair_level: float = 0.5,
    to: str | Path | None = None,
) -> KnockdownScan:
    """Which node, or pair of nodes, inhibited would make the drugs of a question kill again.

    Args:
        believed: as `rank` takes it.
        draws: parameter sets.
        pair_level: share of activity taken from both members of a pair, 0.5 or 0.9.
        to: folder for tables and figures; None: nothing is written.

    Raises:
        QuestionError, RankError, SourceError: it cannot be answered; says the field, and what to do.

    Example:
        >>> import inference as gp
        >>> question = gp.Question("viability", {"dexamethasone": 300}, condition="niche")
        >>> found = gp.scan(question, draws=2)  # doctest: +ELLIPSIS
        Knocking down ...
        >>> found.nodes().index.names
        FrozenList(['node', 'level'])
    """
    source, _ = source_of(believed, question.hypothesis)
    return knockdown_files.scan(question, source, draws=draws, seed=seed, pair_level=pair_level, to=_path(to))


class Comparison:
    """Which hypothesis the data favour, and how sure that is.

    Attributes:
        folder: where its files are.
        found: everything, once a question (estradiol; bortezomib where the study has a dish with it).
    """

    def __init__(self, folder: Path, found: Sequence[Compared]) -> None:
        """Hold what was found."""
        self.folder = folder
        self.found = tuple(found)

    @property
    def sentences(self) -> list[str]:
        """What it says about estradiol, in words."""
        return comparison_files.sentences(self.found[0])

    def table(self, question: int = 0) -> pd.DataFrame:
        """A row a hypothesis: probability, ln of the Bayes factor over the first, predictive weights."""
        held = comparison_files.content(self.found[question])
        columns = ("probability", "probability_sd", "ln_bayes_factor", "ln_bayes_factor_sd", "stacking")
        return pd.DataFrame({c: held[c] for c in columns}).rename_axis("hypothesis")

    def __repr__(self) -> str:
        return "\n".join([f"{self.folder}: hypotheses compared", *self.sentences, str(self.table())])

    def _repr_html_(self) -> str:
        said = "".join(f"<li>{html.escape(s)}</li>" for s in self.sentences)
        return f"<ul>{said}</ul>{self.table().to_html(float_format='{:.3g}'.format)}"


def compare(
    study: str | Path = "estradiol_reduced",
    settings: Settings = FULL,
    *,
    sampler: str = "walk",
    to: str | Path,
) -> Comparison:
    """Which hypothesis on estradiol the data of a study favour; an unfinished comparison goes on.

    Args:
        settings: `FULL`, or `QUICK`, whose numbers are not for use.
        sampler: walk (from values alone, some twenty unknowns), smc or nuts.
        to: folder of the comparison.

    Raises:
        StudyError: a table of the study is wrong.
        CheckpointError: the folder holds another comparison, or it was stopped.

    Example:
        >>> import inference as gp
        >>> found = gp.compare(settings=gp.QUICK, to="results/compared")  # doctest: +ELLIPSIS
        Study ...
        >>> round(float(found.table()["probability"].sum()), 6)
        1.0
    """
    path = Path(study) / "problem.yaml"
    sampler = known("sampler", sampler, compared_study.SAMPLERS)
    every = joints(str(path if path.is_file() else study))
    asked = compared_study.sized(settings, sampler)
    found = compared_study.compared(every, asked, sampler, Run(Path(to), Teller()))
    assert found is not None, "nobody can stop it but by an exception"
    return Comparison(Path(to), found)


class Page:
    """A page that was written; in a notebook, a link to it.

    Attributes:
        path: the HTML file, which needs no other.
    """

    def __init__(self, path: Path) -> None:
        """Point to a written page."""
        self.path = path

    def __repr__(self) -> str:
        return str(self.path)

    def _repr_html_(self) -> str:
        return f'<a href="{html.escape(self.path.resolve().as_uri())}">{html.escape(str(self.path))}</a>'


def report(
    believed: Believed = None,
    *,
    drugs: Mapping[str, float] | None = None,
    condition: str | Condition = "niche",
    preset: str | Preset = "mm1s",
    draws: int = 64,
    seed: int = 1,
    to: str | Path | None = None,
) -> Page:
    """One page that says what a run found, or what the prior says.

    Args:
        believed: as `rank` takes it; None: the prior under H1.
        drugs: name -> nM; the first is explained in full, and the usual ones follow. None: dexamethasone.
        draws: parameter sets behind every band.
        to: the HTML file; None: report.html in the run, or results/report-prior.html.

    Raises:
        QuestionError, SourceError: something is asked for that does not exist.

    Example:
        >>> import inference as gp
        >>> page = gp.report(gp.prior("H1"), draws=8, to="prior.html")  # doctest: +ELLIPSIS
        Simulating dexamethasone ...
        >>> page.path.stat().st_size > 100_000
        True
    """
    source, folder = source_of(believed, "H1")
    chosen = write.default_drugs(doses_named(drugs or {"dexamethasone": 300.0}))
    asked = simulated.Asked(chosen, condition, preset, draws, seed)
    results = results_folder()
    path = _path(to) or (folder / "report.html" if folder is not None else results / "report-prior.html")
    write.write(source, folder, folder.resolve().parent if folder else results, asked, path, Teller())
    return Page(path)


def source_of(believed: Believed, hypothesis: str) -> tuple[BeliefSource, Path | None]:
    """What an answer is to rest on, and the folder of a fit: a run, its name, `prior(...)`, or None for the
    prior under this hypothesis.

    Raises:
        SourceError: the fit cannot be used.
    """
    if believed is None:
        return believed_from.prior_source(hypothesis), None
    if isinstance(believed, DeclaredPrior):
        return believed.source, None
    folder = believed.folder if isinstance(believed, FittedRun) else run_folder(str(believed))
    assert folder is not None
    return believed_from.run_source(folder, force=True), folder


def _path(to: str | Path | None) -> Path | None:
    return None if to is None else Path(to)
