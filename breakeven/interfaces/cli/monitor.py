"""`breakeven monitor`: is the release still good, and does it still pay?"""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Days = Annotated[int, typer.Option("--days", min=1, max=3650, help=N_("How many days of traffic to look at."))]
Number = Annotated[int | None, typer.Option("--release", help=N_("The release; the one that answers by default."))]
Forget = Annotated[str, typer.Option("--forget-user", help=N_("Remove every line of a user from the log, and end."))]
ALARM = 3


def command(
    project: ProjectArgument = HERE,
    days: Days = 7,
    release: Number = None,
    forget_user: Forget = "",
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.health import show_forgotten, show_health

    if forget_user:
        gone = live.forget_user(project, forget_user)
        print_json({"removed": gone}) if as_json else show_forgotten(language, gone)
        return
    found = live.monitor(project, days, release)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        show_health(language, found)
    raise typer.Exit(ALARM if found.alarms else 0)


HELP = N_("Is the release still good, and does it still pay? Exit code 3 tells of an alarm.")
