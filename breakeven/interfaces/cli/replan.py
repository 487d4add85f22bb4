"""`breakeven replan`: what the latest run has changed in the plan."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Days = Annotated[
    int | None, typer.Option("--days", min=0, max=3650, help=N_("Days of the traffic log that count; 0: none."))
]


def command(
    project: ProjectArgument = HERE, days: Days = None, as_json: AsJson = False, language: Language = None
) -> None:
    from breakeven.interfaces import road_verbs
    from breakeven.interfaces.price_verbs import money_of
    from breakeven.interfaces.terminal.money import shown_money
    from breakeven.interfaces.terminal.replan import print_revision
    from breakeven.interfaces.terminal.screen import Screen

    found = road_verbs.replan(project, days)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        screen = Screen.of(language)
        with shown_money(screen, money_of(project)):
            print_revision(screen, found)


HELP = N_("What the latest run and the traffic have changed in the plan: assumed → measured, and its effect.")
