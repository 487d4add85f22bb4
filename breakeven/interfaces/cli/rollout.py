"""`breakeven rollout`: a release on trial beside the one that answers."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
Number = Annotated[int, typer.Argument(help=N_("The number of a release."), metavar="NUMBER", show_default=False)]
Percent = Annotated[float, typer.Option("--percent", min=0.01, max=100, help=N_("The share of users that meets it."))]
Shadow = Annotated[bool, typer.Option("--shadow", help=N_("Ask it too, but answer nobody with it."))]
Worse = Annotated[float, typer.Option("--worse-points", min=0, help=N_("How many points worse it may surely be."))]


@app.command("start", help=N_("Put a release on trial; a server takes it back by itself when it is worse."))
def start(number: Number, percent: Percent = 10.0, shadow: Shadow = False, worse_points: Worse = 0.0,
          project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live

    mode = "shadow" if shadow else "canary"
    _tell(live.start_rollout(project, number, mode, percent, worse_points), as_json, language)


@app.command("status", help=N_("What both did so far; the interval may be looked at any time."))
def status(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.rollout_status(project), as_json, language)


@app.command("stop", help=N_("Take it back."))
def stop(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    verdict = live.rollout_status(project)
    live.stop_rollout(project)
    _tell(verdict, as_json, language)


@app.command("finish", help=N_("Make it the release that answers."))
def finish(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    verdict = live.rollout_status(project)
    live.finish_rollout(project)
    _tell(verdict, as_json, language)


def _tell(verdict, as_json: bool, language: str | None) -> None:  # type: ignore[no-untyped-def]
    from breakeven.interfaces.terminal.rollout import show_verdict

    if as_json:
        print_json(verdict.model_dump(mode="json"))
    else:
        show_verdict(language, verdict)


HELP = N_("Try a release on a share of the users: start, status, stop, finish.")
