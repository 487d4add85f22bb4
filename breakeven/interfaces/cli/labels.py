"""`breakeven labels`: the rows to label next, out as a file and back in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectOption, print_json

app = typer.Typer(no_args_is_help=True, add_completion=False)
Out = Annotated[Path, typer.Option("--out", help=N_("The file to write: .csv, .jsonl or .parquet."))]
Count = Annotated[int, typer.Option("--count", min=1, help=N_("How many rows."))]
Share = Annotated[
    float, typer.Option("--random", min=0, max=1, help=N_("The share that is drawn by chance, for honest estimates."))
]
Seed = Annotated[int, typer.Option("--seed", help=N_("The seed of the draw."))]
File = Annotated[Path, typer.Argument(metavar="FILE", help=N_("A file with the columns id and truth."),
                                      show_default=False)]  # fmt: skip


@app.command("next", help=N_("Write the logged rows whose labels would help most into a file."))
def next_(out: Out, count: Count = 50, random: Share = 0.5, seed: Seed = 0, project: ProjectOption = HERE,
          as_json: AsJson = False, language: Language = None) -> None:  # fmt: skip
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.labels import show_queue

    found = live.labels_next(project, out, count, random, seed)
    print_json(found.model_dump(mode="json")) if as_json else show_queue(language, found, out)


@app.command("add", help=N_("Take the labels of a file as feedback; rows without one are left."))
def add(file: File, project: ProjectOption = HERE, as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.labels import show_added

    count = live.labels_add(project, file)
    print_json({"added": count}) if as_json else show_added(language, count)


HELP = N_("The rows to label next, out as a file and back in: next, add.")
