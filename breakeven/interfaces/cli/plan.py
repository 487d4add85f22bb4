"""`breakeven plan`: what the product needs, how long the money lasts and when it pays; no data is needed."""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json


def command(project: ProjectArgument = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.plan_json import plan_json
    from breakeven.interfaces.terminal.plan import print_plan
    from breakeven.interfaces.terminal.screen import Screen

    made = verbs.plan(project)
    if as_json:
        print_json(plan_json(made).model_dump(mode="json"))
    else:
        print_plan(Screen.of(language), made)


HELP = N_("Plan the capital: what is needed, how long it lasts, when it pays. Works without data.")
