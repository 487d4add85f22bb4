"""`breakeven estimate`: what training or serving a model takes, by physics, without a project."""

from __future__ import annotations

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli import estimate_serve, estimate_size, estimate_train

HELP = N_("What training or serving a model takes in time, memory and money: estimates without a project.")

app = typer.Typer(no_args_is_help=True, context_settings={"help_option_names": ["-h", "--help"]})
for command in (estimate_train, estimate_serve, estimate_size):
    app.command(command.__name__.rpartition("_")[2], help=command.HELP)(command.command)


@app.callback(help=HELP)
def group() -> None:
    """What stands before `train`, `serve` and `size`."""
