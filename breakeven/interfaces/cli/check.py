"""`breakeven check`: the project file and the data, all findings at once."""

from __future__ import annotations

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json


def command(project: ProjectArgument = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.run_json import audit_json
    from breakeven.interfaces.terminal.screen import Screen

    audit = verbs.check(project)
    prices = verbs.training_prices(project, audit)
    if as_json:
        print_json(audit_json(audit, prices))
    else:
        screen = Screen.of(language)
        screen.audit(audit)
        screen.engines(prices)
    raise typer.Exit(2 if audit.blocked else 0)


HELP = N_("Look at the project file and the data: all findings, with rows and hints.")
