"""`breakeven init`: a complete project with its data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, print_json

Folder = Annotated[Path, typer.Argument(help=N_("The folder to make it in."), metavar="DIR", show_default=False)]
Template = Annotated[
    str,
    typer.Option("--template", "-t", help=N_(
        "Which project: support-en, support-zh, credit; plans alone: plan-only, api-first, pretrain-7b.")),
]


def command(
    folder: Folder = HERE, template: Template = "support-en", as_json: AsJson = False, language: Language = None
) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    files = verbs.init(folder, template)
    if as_json:
        print_json({"template": template, "folder": str(folder), "files": [str(file) for file in files]})
    else:
        Screen.of(language).made(folder, files)


HELP = N_("Make a complete project, with its data, that runs at once.")
