"""`breakeven predict`: answers for a file, by the current release."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

File = Annotated[Path, typer.Argument(help=N_("The rows to answer: CSV, JSON lines or Parquet."), show_default=False)]
Out = Annotated[Path, typer.Option("--out", "-o", help=N_("The file to write; its ending says in which form."))]


def command(
    file: File, out: Out, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None
) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    screen = Screen.of(language)
    with screen.watching(quiet=as_json) as watcher:
        rows = verbs.predict(project, file, out, watcher)
    if as_json:
        print_json({"rows": rows, "out": str(out)})
    else:
        screen.answered(rows, out)


HELP = N_("Answer every row of a file with the current release.")
