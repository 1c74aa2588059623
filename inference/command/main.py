"""The command `gp130`: a list of commands, each in a file of its own, imported when it is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from inference.command import contents
from inference.command.start import one_line, start
from inference.command.topics import help_command
from models.nearest_name import nearest


class Commands(TyperGroup):
    """The commands by their names; a wrong one is told with the list."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names, in the order of the list."""
        return [*contents.commands(), "help"]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """One command; its file is imported here and no sooner."""
        if cmd_name == "help":
            return help_command(self)
        return one(cmd_name) if cmd_name in contents.commands() else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The command of the first word; without one of that name, the list and the nearest name."""
        name = args[0]
        if self.get_command(ctx, name) is None and not ctx.resilient_parsing:
            close = nearest(name, self.list_commands(ctx))
            typer.echo(contents.text(), err=True)
            typer.echo(
                f"gp130 {name}: is no command: "
                + (f"did you mean {close!r}?" if close else "use one of the above"),
                err=True,
            )
            raise typer.Exit(2)
        return super().resolve_command(ctx, args)

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Read the options before the command."""
        with one_line(self.params, None):
            return super().make_context(info_name, args, parent, **extra)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list, then the few options that belong to no command."""
        formatter.write(contents.text())
        self.format_own_options(ctx, formatter)

    def format_own_options(self, ctx: Any, formatter: Any) -> None:
        """Options before the command."""
        records = [r for p in self.get_params(ctx) if (r := p.get_help_record(ctx)) is not None]
        with formatter.section("Options"):
            formatter.write_dl(records)


def one(name: str) -> Any:
    """A command as typer runs it."""
    command = typer.main.get_command(contents.module(name).app)
    command.name = name
    return command


app = typer.Typer(cls=Commands, invoke_without_command=True, pretty_exceptions_enable=False)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"gp130 {version('gp130')}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print it and end")
    ] = False,
) -> None:
    """Without a command: the list."""
    if ctx.invoked_subcommand is None:
        typer.echo(contents.text(), nl=False)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """What `gp130` and `python -m inference.command` run."""
    start(app, None if arguments is None else list(arguments))
