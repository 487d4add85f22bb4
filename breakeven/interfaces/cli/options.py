"""The options that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from breakeven.core.words import N_

ProjectArgument = Annotated[
    Path, typer.Argument(help=N_("A project folder or its breakeven.toml."), metavar="PROJECT", show_default=False)
]
ProjectOption = Annotated[
    Path, typer.Option("--project", "-p", help=N_("A project folder or its breakeven.toml."), show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help=N_("Print one JSON record and nothing else."))]
Language = Annotated[
    str | None, typer.Option("--language", metavar="en|zh", help=N_("The language to speak; else that of the system."))
]
HERE = Path(".")


def print_json(record: Any) -> None:
    """One record on standard output, in UTF-8 whatever the console speaks."""
    import json
    import sys

    text = json.dumps(record, ensure_ascii=False, allow_nan=False)
    sys.stdout.buffer.write(text.encode() + b"\n")
    sys.stdout.flush()
