"""One part of the benchmark in a process of its own, `benchmark_part NAME JSON CORES`; prints progress on
stderr, its result as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import Any


def main() -> None:
    """Pin to the cores asked for (0: all), then measure."""
    name, work, cores = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3])
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:cores]))
    from models.engine.machine import DeviceError, prepare_jax

    try:
        prepare_jax(cores=cores or None)
    except DeviceError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    if name == "problem":
        print(json.dumps(_problem(**work)))
        return
    from models.benchmark import speed

    print(json.dumps(speed.PARTS[name](**work)))


def _problem(file: str, reference: dict[str, Any] | None, asked: dict[str, Any]) -> dict[str, Any]:
    from inference.calibration.problem_checks import ProblemChecks, check
    from inference.calibration.problem_references import Reference

    wanted = ProblemChecks(**{**asked, "work": Path(asked["work"])})
    with contextlib.redirect_stdout(sys.stderr):
        return check(Path(file), None if reference is None else Reference(**reference), wanted)


if __name__ == "__main__":
    main()
