"""`breakeven releases`: which release answers; promote, roll back, sign, remove, and who did what."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
Number = Annotated[int, typer.Argument(help=N_("The number of a release."), metavar="NUMBER", show_default=False)]
KeyFile = Annotated[Path | None, typer.Option("--key", help=N_("The private key; else that of the project."))]


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

    release, signer = live.shown_release(project, number)
    if as_json:
        print_json(release.model_dump(mode="json") | {"signer": signer.model_dump()})
    else:
        show_card(language, release, signer)


@app.command("card", help=N_("The model card: what it is for, data, scores, limits, cost, energy, licences."))
def card(number: Number, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    page = live.model_card(project, number, language)
    if as_json:
        print_json({"release": number, "markdown": page})
    else:
        typer.echo(page, nl=False)


@app.command("promote", help=N_("Let a release answer, once it gives its golden answers again."))
def promote(number: Number, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.promote(project, number).number, as_json, language)


@app.command("rollback", help=N_("Let the release answer that did so before the present one."))
def rollback(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live

    _tell(live.rollback(project).number, as_json, language)


@app.command("sign", help=N_("Sign a release, so that those who trust the key let it answer."))
def sign(number: Number, key: KeyFile = None, project: ProjectOption = HERE, as_json: AsJson = False,
         language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_signed

    signer = live.sign_release(project, number, key)
    if as_json:
        print_json({"release": number, "signer": signer.model_dump()})
    else:
        show_signed(language, number, signer)


@app.command("history", help=N_("Who did what and when; tells when a line was changed or taken out."))
def history(project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.releases import show_history

    lines, broken = live.release_history(project)
    if as_json:
        print_json({"history": lines, "first_broken_line": broken})
    else:
        show_history(language, lines, broken)
    raise typer.Exit(2 if broken else 0)


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


HELP = N_("The releases: list, show, card, promote, rollback, sign, history, remove.")
