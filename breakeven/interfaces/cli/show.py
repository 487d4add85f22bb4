"""`breakeven show`: a finished run again."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

RunId = Annotated[str | None, typer.Argument(help=N_("The run; the latest when none is named."), metavar="RUN")]
Open = Annotated[bool, typer.Option("--open", help=N_("Open the report in the browser."))]


def command(
    run: RunId = None,
    project: ProjectOption = HERE,
    open_report: Open = False,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.run_json import run_json
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.words import language_of

    found = verbs.show(project, run)
    if as_json:
        print_json(run_json(found))
    else:
        Screen.of(language).run(found)
    if open_report:
        typer.launch(str(verbs.write_report(project, found, language_of(language))))


HELP = N_("Show the ladder, the choice and the plan of a finished run.")
