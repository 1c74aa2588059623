"""Where runs lie."""

from __future__ import annotations

import re
from pathlib import Path


def results_folder() -> Path:
    """`results/` of the checkout this package lies in, or of the current folder where it is installed
    elsewhere.
    """
    checkout = Path(__file__).resolve().parents[2]
    return (checkout if (checkout / "pyproject.toml").exists() else Path.cwd()) / "results"


def file_name(text: str) -> str:
    """A text, such as the id of somebody else's study, as the name of a file or folder in the place it is
    put: no separator, nothing hidden, nothing that a terminal would obey, and not without end.
    """
    return re.sub(r"[^\w.+-]", "_", text)[:120].lstrip(".") or "_"


def run_folder(name: str | None) -> Path | None:
    """The folder of a fitted run, named by its path or by its name under results/."""
    return None if name is None else Path(name) if Path(name).exists() else results_folder() / name
