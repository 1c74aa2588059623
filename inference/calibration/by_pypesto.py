"""The same search by pyPESTO (fides) on AMICI, where both are installed; they are no dependencies."""

from __future__ import annotations

import time
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

CLOSE = 0.1  # as for our own searches


def installed() -> bool:
    """Whether pyPESTO and AMICI are here."""
    return find_spec("pypesto") is not None and find_spec("amici") is not None


def search(file: Path, starts: int, seed: int, work: Path) -> dict[str, Any]:
    """Starts and seconds until pyPESTO is within `CLOSE` of its own objective at the nominal point, or lower;
    its starts come one after the other.

    Args:
        file: YAML file of the problem.
        starts: at most.
        work: folder for the model that AMICI compiles.
    """
    if not installed():
        return {"absent": "pyPESTO and AMICI are not installed"}
    import numpy as np

    begun = time.monotonic()
    np.random.seed(seed)  # noqa: NPY002  pyPESTO draws its starts from NumPy's own generator
    optimize = import_module("pypesto.optimize")
    importer = import_module("pypesto.petab").PetabImporter.from_yaml(
        str(file), output_folder=str(work / f"amici_{file.parent.name}")
    )
    problem = importer.create_problem()
    target = float(
        problem.objective(problem.get_reduced_vector(np.asarray(importer.petab_problem.x_nominal_scaled)))
    )
    compiled, best, done = time.monotonic() - begun, np.inf, 0
    optimizer = optimize.FidesOptimizer(verbose=40)
    while done < starts and not best <= target + CLOSE:
        result = optimize.minimize(problem, optimizer=optimizer, n_starts=1, progress_bar=False)
        best, done = min(best, float(result.optimize_result.fval[0])), done + 1
    return {
        "starts": done,
        "best_known": target,
        "best": best,
        "found": bool(best <= target + CLOSE),
        "wall_s": time.monotonic() - begun,
        "without_compiling_s": time.monotonic() - begun - compiled,
    }
