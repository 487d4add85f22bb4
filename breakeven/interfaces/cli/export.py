"""`breakeven export`: the curves and scores of a run for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json
from breakeven.interfaces.cli.show import RunId

To = Annotated[str, typer.Option("--to", metavar="tensorboard|mlflow", help=N_("The tool to write for."))]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help=N_("The folder to write into."))]


def command(
    to: To, out: Out, run: RunId = None, project: ProjectOption = HERE, as_json: AsJson = False,
    language: Language = None,
) -> None:  # fmt: skip
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    written = verbs.export(project, to, out, run)
    if as_json:
        print_json({"written": written, "out": str(out)})
    else:
        Screen.of(language).exported(written, to, out)


HELP = N_("Write the curves and scores of a run for TensorBoard or MLflow.")
