"""The list of commands: `commands.txt`, which the launcher of a checkout prints before anything is set up."""

from __future__ import annotations

import importlib
import re
from functools import cache
from pathlib import Path
from types import ModuleType

FOLDER = Path(__file__).resolve().parent


def text() -> str:
    """The list for people."""
    return (FOLDER / "commands.txt").read_text(encoding="utf-8")


@cache
def commands() -> dict[str, str]:
    """Command -> its line, in the order of the list."""
    listed = text().partition("\n\n")[2].partition("\n\n")[2]
    return dict(re.findall(r"^  ([\w-]+) {2,}(\S.*)$", listed, re.M))


def module(name: str) -> ModuleType:
    """The file of a command, wherever its room is."""
    (path,) = FOLDER.glob(f"*/{name.replace('-', '_')}.py")
    return importlib.import_module(f"inference.command.{path.parent.name}.{path.stem}")
