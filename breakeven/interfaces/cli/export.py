"""`breakeven export`: a run for tools that show it, or a release for places that serve it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json
from breakeven.interfaces.cli.show import RunId

RUNS, RELEASES = ("tensorboard", "mlflow"), ("docker", "compose", "kubernetes", "ray-serve")
To = Annotated[str, typer.Option("--to", metavar="|".join(RUNS + RELEASES), help=N_("The tool to write for."))]
Out = Annotated[Path, typer.Option("--out", metavar="DIR", help=N_("The folder to write into."))]
Number = Annotated[
    int | None, typer.Option("--release", help=N_("For a place that serves: the release; else the one that answers."))
]


def command(
    to: To, out: Out, run: RunId = None, project: ProjectOption = HERE, release: Number = None,
    as_json: AsJson = False, language: Language = None,
) -> None:  # fmt: skip
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    if to in RELEASES:
        number = verbs.export_release(project, to, out, release)
        if as_json:
            print_json({"release": number, "out": str(out)})
        else:
            Screen.of(language).exported_release(number, to, out)
        return
    written = verbs.export(project, to, out, run)
    if as_json:
        print_json({"written": written, "out": str(out)})
    else:
        Screen.of(language).exported(written, to, out)


HELP = N_("Write a run for TensorBoard or MLflow, or a release for Docker, compose, Kubernetes or Ray Serve.")
