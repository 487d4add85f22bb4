"""`breakeven roadmap`: milestones, what decides them, what is short, and which gates are open."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

MonthNow = Annotated[
    int | None,
    typer.Option("--month", metavar="N", min=0, max=120,
                 help=N_("The month that we are in; else told by [roadmap] start.")),
]


def command(
    project: ProjectArgument = HERE, month: MonthNow = None, as_json: AsJson = False, language: Language = None
) -> None:
    from breakeven.interfaces import road_verbs as verbs
    from breakeven.interfaces.price_verbs import money_of
    from breakeven.interfaces.roadmap_json import roadmap_json
    from breakeven.interfaces.terminal.money import shown_money
    from breakeven.interfaces.terminal.roadmap import print_roadmap
    from breakeven.interfaces.terminal.screen import Screen

    road = verbs.roadmap(project, month)
    if as_json:
        print_json(roadmap_json(road))
    else:
        screen = Screen.of(language)
        with shown_money(screen, money_of(project)):
            print_roadmap(screen, road.state, road.risks)
    raise typer.Exit(3 if road.state.unmet or any(risk.breached for risk in road.risks) else 0)


HELP = N_("The road map: critical path, gates, shortages and risks. Ends with 3 when a due gate is not met.")
