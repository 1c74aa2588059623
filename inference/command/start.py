"""What every command of `scripts/` does alike: an error is one line and exit code 2; where a run is found."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn

import typer

os.environ.setdefault("MPLBACKEND", "Agg")  # a command draws into files; a notebook keeps the backend it has
ROOT = Path(__file__).resolve().parents[2]
CommandError = typer.BadParameter.__mro__[
    2
]  # what every complaint about the command line is; typer carries its own click


def fail(text: str) -> typer.Exit:
    """One line on stderr, exit code 2."""
    typer.echo(text, err=True)
    return typer.Exit(2)


def start(app: typer.Typer, *errors: type[Exception]) -> NoReturn:
    """The command, and the end of the process with its exit code: 2 for what is asked for wrongly, 130 if
    stopped.

    Args:
        errors: those of the command whose text is a line for its user.
    """
    try:
        code = app(standalone_mode=False)
    except CommandError as error:
        code = fail(" ".join(error.format_message().split())).exit_code
    except errors as error:
        code = fail(str(error)).exit_code
    except OSError as error:  # a disk that is full, a folder that only looks writable
        code = fail(f"{error.filename or 'a file'}: {error.strerror or error}: name another place").exit_code
    except typer.Abort:
        typer.echo("stopped", err=True)
        code = 130
    sys.exit(code or 0)
