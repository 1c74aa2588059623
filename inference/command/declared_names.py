"""The names that can be asked for, read from the text of the modules that declare them.

To run those modules takes seconds (SymPy, JAX), to read them takes milliseconds: a wrong name is told at
once, and no name is typed twice.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGES = Path(__file__).resolve().parents[2]
STUDIES = PACKAGES / "inference" / "studies"


@dataclass(frozen=True)
class Declared:
    """One declaration: its name, further names, and the texts given with it, in order."""

    name: str
    also: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


@cache
def _tree(file: str) -> ast.Module:
    return ast.parse((PACKAGES / file).read_text(encoding="utf-8"))


@cache
def registry(file: str, variable: str) -> tuple[Declared, ...]:
    """What a dictionary of a module holds by name.

    It is written out, or made of declarations and of names bound to such: {d.name: d for d in (...)}.

    Raises:
        KeyError: the module has no such dictionary any more.
    """
    bound = _bound(file)
    value = bound[variable]
    if isinstance(value, ast.Dict):
        pairs = zip(value.keys, value.values, strict=True)
        return tuple(
            _read(v)
            if isinstance(v, ast.Call) and v.args
            else Declared(str(ast.literal_eval(k)), (), _texts(v))
            for k, v in pairs
            if k is not None
        )
    if isinstance(value, ast.DictComp) and isinstance(value.generators[0].iter, ast.Tuple):
        elements = (bound[e.id] if isinstance(e, ast.Name) else e for e in value.generators[0].iter.elts)
        return tuple(_read(e) for e in elements if isinstance(e, ast.Call))
    raise KeyError(f"{file}: {variable} is no dictionary of declarations")


def _bound(file: str) -> dict[str, ast.expr]:
    return {t.id: value for t, value in _assigned(_tree(file))}


def _assigned(tree: ast.Module) -> Iterator[tuple[ast.Name, ast.expr]]:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        value = getattr(node, "value", None)
        for target in targets:
            if isinstance(target, ast.Name) and isinstance(value, ast.expr):
                yield target, value


@cache
def calls(file: str, constructor: str) -> tuple[Declared, ...]:
    """Every call of `constructor` in a file."""
    found = (n for n in ast.walk(_tree(file)) if isinstance(n, ast.Call))
    mine = (c for c in found if isinstance(c.func, ast.Name) and c.func.id == constructor)
    return tuple(_read(c) for c in sorted(mine, key=lambda c: (c.lineno, c.col_offset)))


def _texts(node: ast.expr) -> tuple[str, ...]:
    parts = node.elts if isinstance(node, ast.Tuple) else [node]
    return tuple(p.value for p in parts if isinstance(p, ast.Constant) and isinstance(p.value, str))


def _read(call: ast.Call) -> Declared:
    texts: list[str] = []
    also: tuple[str, ...] | None = None
    for node in [*call.args, *(k.value for k in call.keywords)]:
        try:
            value = ast.literal_eval(node)
        except ValueError:
            continue
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, tuple) and all(isinstance(v, str) for v in value):
            also = value if also is None else also  # the first tuple is that of further names
    return Declared(texts[0], also or (), tuple(texts[1:]))


def numbers(file: str, variable: str) -> tuple[float, ...]:
    """A tuple of numbers that a module gives a name."""
    return tuple(ast.literal_eval(_bound(file)[variable]))


def pair_levels() -> tuple[float, ...]:
    """Shares of activity that may be taken from both members of a pair."""
    return numbers("inference/resistance/knockdowns/knockdown_nodes.py", "LEVELS")


def presets() -> tuple[Declared, ...]:
    """Kinds of cell; the first text is the title."""
    return registry("models/catalogue.py", "PRESETS")


def hypotheses() -> tuple[Declared, ...]:
    """Readings of estradiol."""
    return registry("models/catalogue.py", "HYPOTHESES")


def variants() -> tuple[Declared, ...]:
    """Readings of bortezomib; the first text is the sentence."""
    return registry("models/catalogue.py", "BORTEZOMIB")


def drugs() -> tuple[Declared, ...]:
    """Drugs and their aliases; the texts are input, target, mechanism."""
    return (*registry("models/drugs.py", "DRUGS"), *calls("models/treatment/added.py", "Drug"))


def parts() -> tuple[Declared, ...]:
    """Parts that the niche has only where they are asked for; the first text is the sentence."""
    return registry("models/catalogue.py", "PARTS")


def conditions() -> tuple[Declared, ...]:
    """Surroundings of the cell during a treatment."""
    return registry("inference/resistance/conditions.py", "CONDITIONS")


def readouts() -> tuple[Declared, ...]:
    """What a question about resistance reads."""
    return registry("inference/resistance/resistance_readouts.py", "READOUTS")


def methods() -> tuple[Declared, ...]:
    """Ways to rank parameters."""
    return registry("inference/resistance/rankings/methods.py", "METHODS")


def samplers() -> tuple[Declared, ...]:
    """Ways to draw from a posterior."""
    return registry("inference/samplers/choices.py", "SAMPLERS")


def tables() -> tuple[Declared, ...]:
    """Tables of the model."""
    files = ("models/documents/parameter_tables.py", "models/documents/cell_table.py")
    return tuple(t for file in files for t in calls(file, "Table"))


def studies() -> tuple[str, ...]:
    """Built-in studies."""
    return tuple(sorted(p.parent.name for p in STUDIES.glob("*/problem.yaml")))


def rows(constructor: str) -> Iterator[Declared]:
    """The rows of one kind in all tables of pathways: `Parameter`, `Input`, `Species`."""
    for path in sorted((PACKAGES / "models" / "pathways").rglob("*.py")):
        yield from calls(str(path.relative_to(PACKAGES)), constructor)


def drug_called(name: str) -> Declared | None:
    """The drug of that name, alias or input, whatever the case."""
    folded = name.strip().lower()
    return next((d for d in drugs() if folded in {n.lower() for n in every_name(d)}), None)


def every_name(drug: Declared) -> tuple[str, ...]:
    """Name, input and aliases of a drug."""
    return (drug.name, drug.texts[0], *drug.also)
