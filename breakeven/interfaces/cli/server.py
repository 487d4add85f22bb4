"""`breakeven server`: the server of a project that runs; asked over its admin socket."""

from __future__ import annotations

from collections.abc import Mapping

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command("status", help=N_("Where it listens, since when, with which release and processes."))
def status(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.server_status(project), as_json, language)


@app.command("drain", help=N_("Let it finish what is under way, and end."))
def drain(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.drain_server(project), as_json, language)


def _tell(found: Mapping[str, object] | None, as_json: bool, language: str | None) -> None:
    from breakeven.interfaces.terminal.server import show_server

    if as_json:
        print_json({"runs": found is not None, **(found or {})})
    else:
        show_server(language, found)


HELP = N_("The server of this project, if one runs: status, drain.")
