"""What every command does alike: an error is one line and exit code 2, in the words of the command line."""

from __future__ import annotations

import itertools
import logging
import math
import os
import re
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import typer
from typer.core import TyperCommand

from inference.runs.ending import RESUMABLE, interrupt_when_asked, leave_in_time
from models.nearest_name import nearest

# where matplotlib has no folder to keep its fonts it does without, and would say so in lines of a log
logging.getLogger("matplotlib").setLevel(logging.ERROR)
os.environ.setdefault("MPLBACKEND", "Agg")  # a command draws into files; a notebook keeps the backend it has
# What every complaint about the command line is; typer carries a click of its own, without a public name.
CommandError: Any = typer.BadParameter.__mro__[2]
OURS = ("models", "inference")
STOPPED = "stopped: the same command goes on from what is kept, or begins again"
MOST = 10_000_000  # of anything that is counted; more fits in no memory


class Refusal(ValueError):
    """Something asked for that does not exist or cannot be: option, finding, remedy."""


def fail(text: str) -> Refusal:
    """To be raised: one line on stderr, exit code 2."""
    return Refusal(text)


def new_app() -> typer.Typer:
    """The command of one file."""
    return typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


class Subcommand(TyperCommand):
    """A command whose errors are one line each."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the arguments; every refusal of one is a line."""
        with one_line(self.params, info_name):
            context = super().make_context(info_name, list(args), parent, **extra)
            for p in self.params:
                value = context.params.get(p.name)
                if isinstance(value, float) and not math.isfinite(value):
                    raise fail(f"{_shown(p)}: {value} must be a finite number")
                if isinstance(value, int) and value > MOST and p.name != "seed":  # which counts nothing
                    raise fail(f"{_shown(p)}: {value} must not be above {MOST}")
            return context

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words. Of an option that is given twice, which one is meant is not for us to say; an empty
        one is a variable of a script that nobody set.
        """
        given: list[Any] = self.make_parser(ctx).parse_args(list(args))[2]
        for word, after in itertools.pairwise([*args, "-"]):
            if word.startswith("--") and (word.endswith("=") or not after.strip()):
                raise fail(f"{word.rstrip('=')}: is empty: give a value or leave it out")
        single = [p for p in given if p.param_type_name == "option" and not (p.multiple or p.is_flag)]
        twice = next((p for i, p in enumerate(single) if p in single[:i]), None)
        if twice is not None:
            raise fail(f"{_shown(twice)}: is given twice: keep one")
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Do what is asked; an error of the library is a line."""
        with one_line(self.params, ctx.info_name):
            return super().invoke(ctx)


@contextmanager
def one_line(params: Sequence[Any], name: str | None) -> Iterator[None]:
    """Turn what is asked for wrongly into one line on stderr and exit code 2.

    An error class of this project that is a ValueError has a text for its user; any other one is a fault of
    the program and shows itself.

    Args:
        params: options and arguments of the command, whose fields the text may name in backticks.
        name: of the command.
    """
    try:
        yield
    except CommandError as error:
        text = _about_the_call(error, params, name)
    except KeyboardInterrupt:  # or a request to end; typer would leave without a word
        typer.echo(STOPPED, err=True)
        raise typer.Exit(RESUMABLE) from None
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise typer.Exit(1) from None
    except MemoryError:
        text = f"{name or 'gp130'}: this machine has not the memory for so much: ask for less at a time"
    except OSError as error:  # a disk that is full, a folder that only looks writable
        text = (
            str(error)
            if error.strerror is None
            else f"{error.filename or 'a file'}: {error.strerror}: name another place"
        )
    except ValueError as error:
        if type(error).__module__.partition(".")[0] not in OURS:
            raise
        text = str(error)
    else:
        return
    line = " ".join(spoken(text, params).split())  # a file may hold what a terminal would obey
    typer.echo("".join(c if c.isprintable() else "?" for c in line), err=True)
    raise typer.Exit(2)


# fields of the library that commands call otherwise, or take one by one
SAID = {"doses": "drug", "inputs": "input", "to": "out"}


def spoken(text: str, params: Sequence[Any]) -> str:
    """The text of an error with each `field` that this command has an option for as --field."""
    names = {}
    for p in params:
        options, shown = [o for o in p.opts if o.startswith("--")], _shown(p)
        names |= {p.name: shown} | {o.lstrip("-").replace("-", "_"): shown for o in options}
    return re.sub(r"`(\w+)`", lambda m: names.get(m[1]) or names.get(SAID.get(m[1], ""), m[0]), text)


def _shown(param: Any) -> str:
    """An option or argument as it is written in a call."""
    return next((o for o in param.opts if o.startswith("--")), param.metavar or param.name.upper())


def _about_the_call(error: Any, params: Sequence[Any], name: str | None) -> str:
    """What is wrong with the options: place, finding, remedy."""
    name = name or "gp130"
    help_ = "gp130 --help" if name == "gp130" else f"gp130 {name} --help"
    if (wrong := getattr(error, "option_name", None)) is not None and hasattr(error, "possibilities"):
        close = nearest(wrong, [o for p in params for o in p.opts if o.startswith("--")] + ["--help"])
        return f"{wrong}: is no option of {name}: " + (f"did you mean {close}?" if close else f"see {help_}")
    param = getattr(error, "param", None)
    message = getattr(error, "message", "") or ""
    if param is not None:
        if not message:
            return f"{_shown(param)}: is missing: {help_} says what it is"
        return f"{_shown(param)}: {message.replace('Input should be', 'must be').partition(', unable')[0]}"
    if found := re.fullmatch(r"Got unexpected extra arguments?\S* \((.*)\)", message):
        return f"{name}: takes no more words, but was given {found[1]!r}: see {help_}"
    return error.format_message()


def start(app: typer.Typer, arguments: Sequence[str] | None = None, *, name: str = "gp130") -> NoReturn:
    """The command, and the end of the process with its exit code: 2 for what is asked for wrongly, 130 if
    stopped, by Ctrl-C or by a request to end.
    """
    interrupt_when_asked()
    leave_in_time()
    try:
        code = app(arguments, standalone_mode=False, prog_name=name)
    except CommandError as error:
        typer.echo(" ".join(error.format_message().split()), err=True)
        code = 2
    except (typer.Abort, KeyboardInterrupt):
        typer.echo(STOPPED, err=True)
        code = RESUMABLE
    sys.exit(code if isinstance(code, int) else 0)
