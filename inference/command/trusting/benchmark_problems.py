"""`gp130 benchmark problems FOLDER`: every PEtab problem of a folder, each in a process of its own; a table,
and one JSON line a problem.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from inference.runs.outputs import write_text

Child = Callable[[str, dict[str, Any], int | None, Path], dict[str, Any]]


def measure(
    folder: Path,
    references: Path | None,
    out: Path,
    asked: dict[str, Any],
    child: Child,
) -> bool:
    """Measure each problem that OUT/problems does not hold yet; whether every value and slope is right.

    Args:
        folder: of problems; references: table of what is right, or None.
        out: folder of the results; asked: what to do with each (fields of `ProblemChecks`).
        child: runs one part in a process of its own.
    """
    from inference.calibration.problem_references import problems, read_references
    from inference.runs.resumable import write_json

    known = read_references(references) if references is not None else {}
    files, kept = problems(folder), out / "problems"
    kept.mkdir(parents=True, exist_ok=True)
    records = {}
    for i, (name, file) in enumerate(files.items(), 1):
        told = {**asked, "references": None if references is None else str(references.resolve())}
        identity = {"problem": name, "file": str(file.resolve()), **told}
        path = kept / f"{name}.json"
        found = _kept(path, identity)
        if found is None:
            typer.echo(f"[{i}/{len(files)}] {name} ...", err=True)
            begun = time.monotonic()
            reference = known.get(name)
            work = {
                "file": str(file.resolve()),
                "reference": None if reference is None else vars(reference),
                "asked": {**asked, "work": str(out.resolve() / "compiled")},
            }
            found = child("problem", work, None, out / "compiled") or {"failed": "ended without a result"}
            found = {**identity, **found, "all_s": time.monotonic() - begun}
            if "failed" not in found:  # what ended otherwise is tried again the next time
                write_json(path, found)
        records[name] = found
        write_text("".join(json.dumps(r) + "\n" for r in records.values()), out / "problems.jsonl")
    show(records)
    typer.echo(f"Written to {out}: problems.jsonl")
    return all(r.get("right", True) and r.get("slopes_right", True) for r in records.values()) and not any(
        "failed" in r or r.get("ok") is False for r in records.values()
    )


def _kept(path: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """What was found about a problem before, if the same was asked."""
    if not path.exists():
        return None
    found = json.loads(path.read_text(encoding="utf-8"))
    return found if {k: found.get(k) for k in identity} == identity else None


def show(records: dict[str, dict[str, Any]]) -> None:
    """A row a problem."""
    from rich.console import Console
    from rich.table import Table

    grid = Table(title="PEtab problems")
    for column in (
        "problem", "species", "load s", "log-likelihood", "off", "predictions off", "slope off",
        "gradient s", "optimum", "in s", "without compiling", "pyPESTO s",
    ):  # fmt: skip
        grid.add_column(column, justify="left" if column == "problem" else "right")
    for name, r in records.items():
        if "refused" in r or "failed" in r:
            grid.add_row(name, "", _short(r.get("load_s")), r.get("refused") or r.get("failed"))
            continue
        own, other = r.get("search") or {}, r.get("pypesto") or {}
        grid.add_row(
            name,
            str(r["species"]),
            _short(r["load_s"]),
            f"{r['log_likelihood']:.6f}" if r["ok"] else "not solved",
            _short(r.get("off")),
            f"{r['simulations_off']} of {r['simulations']}" if r["simulations"] else "",
            _short(r.get("slope_off")),
            _short(r.get("gradient_s")),
            ("found" if own["found"] else f"{own['best']:.3f}") if own else "",
            _short(own.get("wall_s")),
            _short(own.get("without_compiling_s")),
            other.get("absent") or _short(other.get("wall_s")),
        )
    Console(width=170).print(grid)


def _short(value: float | None) -> str:
    return "" if value is None else f"{value:.2g}" if abs(value) < 100 else f"{value:.0f}"
