"""A study by its name, or from the files of a PEtab problem: read, checked, under a hypothesis."""

from __future__ import annotations

import importlib.resources
import logging
import pathlib
from collections.abc import Collection, Mapping
from dataclasses import replace

from inference.study.problem_tables import StudyError, Tables, known
from inference.study.solved.steady_states import fast_enough
from inference.study.study import Study, from_tables


def builtin() -> dict[str, pathlib.Path]:
    """Studies that come with the package: name -> problem.yaml."""
    root = pathlib.Path(str(importlib.resources.files("inference"))) / "studies"
    return {p.parent.name: p for p in sorted(root.glob("*/problem.yaml"))}


def located(source: str | pathlib.Path) -> pathlib.Path:
    """The YAML file of a study by its name or path; whether it is there is not looked at."""
    path = pathlib.Path(source)
    if path.suffix not in (".yaml", ".yml"):
        path = builtin().get(str(source), path / "problem.yaml")
    return path


def load(
    source: str | pathlib.Path,
    *,
    hypothesis: str | None = None,
    free: Collection[str] = (),
    fix: Mapping[str, float] | None = None,
    lint: bool = True,
) -> Study:
    """A study by its name, or by the path of a PEtab problem (version 1 or 2): its YAML file or its folder.

    Args:
        source: name of a built-in study, or path.
        hypothesis: exactly its estradiol effect is estimated and every other one held at 0; None: as the
            table says. A table without estradiol effects is taken as it is under H0 and H1.
        free: parameters of the table to estimate although it says otherwise.
        fix: parameters of the table held at a value although it says otherwise.
        lint: whether PEtab's own checks run too.

    Raises:
        StudyError: `file:row: finding: remedy`, before anything is simulated; no such hypothesis, or one
            whose effect is not in the table.
    """
    path = located(source)
    if not path.is_file():
        names = ", ".join(builtin())
        raise StudyError(
            f"study {str(source)!r}: is not one of {names} and no file: give a name or the path of a "
            f"problem.yaml"
        )
    from inference.study.petab import petab_config, petab_v1, petab_v2

    config = petab_config.load_config(path)
    version = str(config["format_version"]).split(".")[0]
    if version not in ("1", "2"):
        raise StudyError(
            f"{path.name}: format_version {config['format_version']!r} is not supported: use 1 or 2"
        )
    tables = petab_v2.read(path, config) if version == "2" else petab_v1.read(path, config)
    names = {p.id for p in tables.parameters}
    freed, held = _effects(hypothesis, names, tables.id) if hypothesis is not None else (set(), {})
    freed, held = {*freed, *free}, {**held, **(fix or {})}
    for name in (*freed, *held):
        known(name, names, path.name, "parameter")
    rows = [replace(p, estimate=True) if p.id in freed else p for p in tables.parameters]
    rows = [replace(p, estimate=False, nominal=float(held[p.id])) if p.id in held else p for p in rows]
    try:
        study = from_tables(replace(tables, parameters=tuple(rows)))
    except RecursionError:
        raise StudyError(f"{path.name}: a formula is nested too deeply: write it in parts") from None
    study = fast_enough(study)
    for line in study.told:
        logging.getLogger("inference").warning(line)
    if lint and version == "2":
        petab_v2.lint(path)
    return study


def _effects(hypothesis: str, names: Collection[str], study: str) -> tuple[set[str], dict[str, float]]:
    """The estradiol effect that a hypothesis frees, and those that it holds at 0."""
    from models.catalogue import EFFECTS, HYPOTHESES

    if hypothesis not in HYPOTHESES:
        raise StudyError(f"`hypothesis` {hypothesis}: is not one of {', '.join(HYPOTHESES)}")
    present, effect = set(names) & set(EFFECTS), HYPOTHESES[hypothesis].free
    if effect not in present and hypothesis not in ("H0", "H1"):
        raise StudyError(
            f"`hypothesis` {hypothesis}: parameters.tsv of {study} has no {effect}: add its row or choose "
            f"another"
        )
    freed = {effect} & present if effect else set()
    return freed, dict.fromkeys(present - freed, 0.0)


def has_effects(tables: Tables) -> bool:
    """Whether a problem has an estradiol effect, so that it can stand under a hypothesis."""
    from models.catalogue import EFFECTS

    return any(p.id in EFFECTS for p in tables.parameters)
