"""`breakeven releases`: which release answers; promote, roll back, remove."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
Number = Annotated[int, typer.Argument(help=N_("The number of a release."), metavar="NUMBER", show_default=False)]


@app.command("list", help=N_("All releases; an arrow marks the one that answers."))
def list_(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_releases

    releases, current = live.releases(project)
    if as_json:
        print_json({"current": current, "releases": [release.model_dump(mode="json") for release in releases]})
    else:
        show_releases(language, releases, current)


@app.command("show", help=N_("One release: its card of facts, once its files are verified."))
def show(number: Number, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_card

    release = live.verified_release(project, number)
    if as_json:
        print_json(release.model_dump(mode="json"))
    else:
        show_card(language, release)


@app.command("promote", help=N_("Let a release answer, once it gives its golden answers again."))
def promote(number: Number, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.promote(project, number).number, as_json, language)


@app.command("rollback", help=N_("Let the release answer that did so before the present one."))
def rollback(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.rollback(project).number, as_json, language)


@app.command("remove", help=N_("Take away a release that does not answer."))
def remove(number: Number, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_removed

    live.remove_release(project, number)
    if as_json:
        print_json({"removed": number})
    else:
        show_removed(language, number)


def _tell(number: int, as_json: bool, language: str | None) -> None:
    from breakeven.interfaces.terminal.releases import show_current

    if as_json:
        print_json({"current": number})
    else:
        show_current(language, number)


HELP = N_("The releases: list, show, promote, rollback, remove.")
