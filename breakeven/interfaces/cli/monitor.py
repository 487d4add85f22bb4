"""`breakeven monitor`: is the release still good, and does it still pay?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Days = Annotated[int, typer.Option("--days", min=1, max=3650, help=N_("How many days of traffic to look at."))]
Number = Annotated[int | None, typer.Option("--release", help=N_("The release; the one that answers by default."))]
Forget = Annotated[str, typer.Option("--forget-user", help=N_("Remove every line of a user from the log, and end."))]
Webhook = Annotated[
    str, typer.Option("--webhook-env", metavar="NAME",
                      help=N_("The environment variable with the address of a webhook that is told of alarms."))
]  # fmt: skip
Watch = Annotated[
    str, typer.Option("--watch", metavar="STREAM",
                      help=N_("Follow a stream: a growing file, - for standard input, or redis://host/0?stream=NAME."))
]  # fmt: skip
Labels = Annotated[
    list[str], typer.Option("--label", help=N_("Watch: follow the share of this label; several are allowed."),
                            show_default=False)
]  # fmt: skip
About = Annotated[
    list[str], typer.Option("--about", metavar="WORD", show_default=False,
                            help=N_("Watch: only items that speak of this word; several are followed side by side."))
]  # fmt: skip
Points = Annotated[
    float, typer.Option("--shift", min=1, max=50, help=N_("Watch: the shift to look for, in points of a hundred."))
]
Quiet = Annotated[
    float, typer.Option("--false-alarm-every", min=100, max=1e9,
                        help=N_("Watch: one false alarm in so many items at most."))
]  # fmt: skip
Window = Annotated[float, typer.Option("--window", min=0.1, help=N_("Watch: the seconds of a window."))]
Out = Annotated[Path | None, typer.Option("--out", help=N_("Watch: write windows and alarms as JSON lines."))]
Fresh = Annotated[bool, typer.Option("--fresh", help=N_("Watch: begin anew, not where it was."))]
ALARM = 3


def command(
    project: ProjectArgument = HERE,
    days: Days = 7,
    release: Number = None,
    forget_user: Forget = "",
    webhook_env: Webhook = "",
    watch: Watch = "",
    label: Labels = [],  # noqa: B006
    about: About = [],  # noqa: B006
    shift: Points = 10.0,
    false_alarm_every: Quiet = 10_000.0,
    window: Window = 60.0,
    out: Out = None,
    fresh: Fresh = False,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    if watch:
        from breakeven.interfaces.cli.watching import watch as follow
        from breakeven.monitoring.watch import Watching

        settings = Watching(tuple(label), tuple(about), shift / 100, false_alarm_every, window, out, fresh)
        raise typer.Exit(ALARM if follow(project, watch, settings, webhook_env, language, as_json) else 0)
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.health import show_forgotten

    if forget_user:
        gone = live.forget_user(project, forget_user)
        print_json({"removed": gone}) if as_json else show_forgotten(language, gone)
        return
    raise typer.Exit(ALARM if _look(project, days, release, webhook_env, as_json, language) else 0)


def _look(project: Path, days: int, release: int | None, webhook_env: str, as_json: bool, language: str | None) -> bool:
    """Show the health of a release and tell of its alarms; True where there are any."""
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.health import show_health, show_told
    from breakeven.interfaces.terminal.screen import Screen

    screen = Screen.of(language)
    found = live.monitor(project, days, release)
    alarms = [alarm.message() for alarm in found.alarms]
    told = live.tell_alarms(project, found.release, alarms, webhook_env, screen.voice)
    if as_json:
        print_json(found.model_dump(mode="json") | {"webhook": told.model_dump(mode="json")})
    else:
        show_health(language, found)
        show_told(screen, told)
    return bool(alarms)


HELP = N_("Is the release still good, and does it still pay? Exit code 3 tells of an alarm.")
