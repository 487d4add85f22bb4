"""The command line: one file a command, each thin; `main` is the entry point.

Whatever happens, a person sees an answer or the three lines of an error, never a traceback, and a program that
asked with `--json` gets one record on standard output. Heavy imports stay inside the commands: `--help` is quick.
"""

from __future__ import annotations

import gc
import sys

FEW_COLLECTIONS = (100_000, 50, 50)
"""Imports and plans make many small objects that stay: to look for rubbish among them takes a fifth of a plan."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code."""
    gc.set_threshold(*FEW_COLLECTIONS)
    from breakeven.interfaces.cli.app import run_app

    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that lacks a letter must not end the run
    sys.exit(run_app(sys.argv[1:] if arguments is None else arguments))
