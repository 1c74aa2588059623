"""Code that nothing uses, found by vulture; what is used from outside is listed with who uses it.

A function that only tests call is a second home of something: it is used, or it goes. Rows of a table of the
biology are read by `models.declare.Pathway` whatever their names, so they need no entry here. An entry that
nothing needs any more is an error too.
"""

import ast
import pathlib
import sys

from vulture import Vulture

ROOT = pathlib.Path(__file__).resolve().parents[1]
FOLDERS = ("models", "inference", "scripts")
CONFIDENCE = 60  # per cent; vulture's own word for "unless it is used in a way that cannot be seen"
# Whatever these decorate is called by what decorates it: commands by typer, derivatives by JAX.
DECORATORS = ["@*.command", "@*.callback", "@*.defjvp", "@*.def_abstract_eval", "@*.register"]

USED_ELSEWHERE = {
    "nargs": "SymPy asks a function class for its number of arguments",
    "eval": "SymPy calls it when a function is applied",
    "fdiff": "SymPy calls it for a derivative",
    "_latex": "SymPy's printer of formulas",
    "_sympy_": "SymPy calls it to take our rows into expressions",
    "_print_power": "SymPy's printer of powers",
    "_print_Symbol": "SymPy's printer of symbols",
    "term_structure": "diffrax asks a solver for it",
    "interpolation_cls": "diffrax asks a solver for it",
    "error_order": "diffrax asks a solver for it",
    "solver_state": "diffrax hands it to every solver",
    "feasible_like": "NumPyro calls it on a constraint",
    "tree_flatten": "JAX calls it on a constraint of NumPyro",
    "__init_subclass__": "Python calls it",
    "__class__": "Python asks it how a module answers",
    "format_help": "Click asks the list of commands for it",
    "_repr_html_": "Jupyter shows an object by it",
    "multiple_results": "JAX asks a primitive for it",
    "Rosenbrock": "diffrax programs of others use it: models/engine/solver/README.md",
    "RODAS4": "a second tableau, by which tests tell faults of the step from faults of coefficients",
    "from_sbml": "programs of others read a network by it; studies read the parts of a file",
    "likelihood_of": "what a caller may profile in place of the posterior",
    "largest_by_chance": "the limit of nested R-hat, which is tested with the samplers it is meant for",
    "failure": "the sentence of a behaviour that is missed, which its test prints",
    "prior_ok": "a field of a record, which is written field by field",
    "scale_belief": "a fact of an assay that the tables of read-outs state",
    "timeCourseSelections": "set on libRoadRunner",
    "relative_tolerance": "set on libRoadRunner",
    "absolute_tolerance": "set on libRoadRunner",
    "maximum_num_steps": "set on libRoadRunner",
}


def rows_of_tables() -> set[tuple[pathlib.Path, int]]:
    """(file, line) of each assignment in the body of a class of models/pathways and models/published."""
    return {
        (path, row.lineno)
        for folder in ("pathways", "published")
        for path in (ROOT / "models" / folder).rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef)
        for row in node.body
        if isinstance(row, ast.Assign)
    }


def main() -> int:
    reader = Vulture(ignore_decorators=DECORATORS)
    # Settings of Sphinx are read by their names.
    reader.scavenge([ROOT / folder for folder in FOLDERS], exclude=["*/scripts/site/conf.py"])
    rows, needed, dead = rows_of_tables(), set(), []
    for item in reader.get_unused_code(min_confidence=CONFIDENCE):
        if item.name in USED_ELSEWHERE:
            needed.add(item.name)
        elif (item.filename, item.first_lineno) not in rows:
            place = item.filename.relative_to(ROOT)
            dead.append(f"{place}:{item.first_lineno}: {item.typ} '{item.name}': nothing uses it: remove it")
    dead += [f".ci/dead_code.py: '{n}' is no exception any more" for n in USED_ELSEWHERE if n not in needed]
    print("\n".join(dead) or "No dead code.")
    return bool(dead)


if __name__ == "__main__":
    sys.exit(main())
