"""The commands put together, and the one place where errors become exit codes."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Any

import typer
from typer import rich_utils
from typer.main import get_command

from breakeven import __version__
from breakeven.core.words import N_
from breakeven.interfaces.cli import (
    check,
    estimate,
    export,
    init,
    keys,
    labels,
    models,
    monitor,
    plan,
    predict,
    prices,
    releases,
    replan,
    roadmap,
    rollout,
    run,
    serve,
    server,
    show,
)
from breakeven.interfaces.cli.faults import as_fault, print_fault, print_fault_json
from breakeven.interfaces.words import Voice, language_of

CONTEXT: dict[str, Any] = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=CONTEXT,
)
COMMANDS = (
    init,
    check,
    run,
    show,
    predict,
    export,
    serve,
    monitor,
    plan,
    replan,
    roadmap,
    models,
)
for command in COMMANDS:
    app.command(command.__name__.rpartition(".")[2], help=command.HELP)(command.command)

for group in (
    estimate,
    prices,
    releases,
    rollout,
    server,
    labels,
    keys,
):
    app.add_typer(group.app, name=group.__name__.rpartition(".")[2], help=group.HELP)


def _print_version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback(help=N_("From a data file and a budget to a released, priced model."))
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help=N_("Print the version and exit."))
    ] = False,
) -> None:
    """What stands before the command."""


def run_app(arguments: list[str]) -> int:
    """Run the command line to its end and return its exit code: 0, 1, 2, 3 or 4."""
    as_json = "--json" in arguments
    voice = Voice("en")
    try:
        voice = Voice(language_of(asked_language(arguments)))
        return _run(arguments, voice)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # who reads has gone; that is no error
        return 0
    except (Exception, KeyboardInterrupt) as error:  # the outermost wall: everything becomes three lines
        fault = as_fault(error)
        print_fault_json(fault) if as_json else print_fault(fault, voice)
        return fault.exit_code


def _run(arguments: list[str], voice: Voice) -> int:
    """The parser gives back the code of `typer.Exit`, and 130 for Ctrl-C; a command that just ends is well done."""
    result = translated(get_command(app), voice).main(arguments, "breakeven", standalone_mode=False)
    sys.stdout.flush()
    if result == 130:
        raise KeyboardInterrupt
    return result if isinstance(result, int) and not isinstance(result, bool) else 0


def asked_language(arguments: list[str]) -> str | None:
    """The language of `--language zh` or `--language=zh`, needed before the options are read."""
    for word, following in zip(arguments, [*arguments[1:], ""], strict=True):
        name, sign, value = word.partition("=")
        if name == "--language":
            return value if sign else following
    return None


def translated(command: Any, voice: Voice) -> Any:
    """The command with its help, that of its options and the titles around them in the language of the voice."""
    own_help = command.get_help_option(typer.Context(command, **CONTEXT))
    own_help.help = voice(N_("Print this help and exit."))
    command.help = voice(command.help or "")
    for parameter in command.params:
        if getattr(parameter, "help", None):
            parameter.help = voice(parameter.help)
        if getattr(parameter, "rich_help_panel", None):
            parameter.rich_help_panel = voice(parameter.rich_help_panel)
    for below in getattr(command, "commands", {}).values():
        translated(below, voice)
    rich_utils.OPTIONS_PANEL_TITLE = voice(N_("Options"))
    rich_utils.ARGUMENTS_PANEL_TITLE = voice(N_("Arguments"))
    rich_utils.COMMANDS_PANEL_TITLE = voice(N_("Commands"))
    return command
