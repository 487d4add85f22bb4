"""`breakeven show`: a finished run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

RunId = Annotated[str | None, typer.Argument(help=N_("The run; the latest when none is named."), metavar="RUN")]
WhyName = Annotated[
    str | None,
    typer.Option("--why", metavar="NAME",
                 help=N_("Why a number of the plan is what it is: break_even_month, capital_need, serving@3 …")),
]
Depth = Annotated[int | None, typer.Option("--depth", metavar="N", min=0, help=N_("With --why: so many levels deep."))]
Open = Annotated[bool, typer.Option("--open", help=N_("Open the report in the browser."))]


def command(
    run: RunId = None,
    project: ProjectOption = HERE,
    open_report: Open = False,
    why: WhyName = None,
    depth: Depth = None,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.run_json import run_json
    from breakeven.interfaces.terminal.money import shown_money
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.words import language_of

    if why is not None:
        return show_why(project, why, run, depth, as_json, language)
    found = verbs.show(project, run)
    if as_json:
        print_json(run_json(found))
    else:
        screen = Screen.of(language)
        with shown_money(screen, found.project.money):
            screen.run(found)
    if open_report:
        typer.launch(str(verbs.write_report(project, found, language_of(language))))


def show_why(project: Path, asked: str, run: str | None, depth: int | None, as_json: bool,
             language: str | None) -> None:
    """The tree of a number of the plan."""
    from breakeven.interfaces import road_verbs as verbs
    from breakeven.interfaces.price_verbs import money_of
    from breakeven.interfaces.terminal.money import shown_money
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.interfaces.terminal.why import print_why, why_json

    found = verbs.why(project, asked, run, depth)
    if as_json:
        print_json(why_json(found))
    else:
        screen = Screen.of(language)
        with shown_money(screen, money_of(project)):
            print_why(screen, found)


HELP = N_("Show the ladder, the choice and the plan of a finished run.")
