"""`breakeven serve`: the current release over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import HERE, AsJson, Language, ProjectArgument, print_json

Host = Annotated[
    str, typer.Option("--host", help=N_("The address to listen on; others than this machine need --keys."))
]
Port = Annotated[int, typer.Option("--port", min=0, max=65535, help=N_("The port; 0 takes a free one."))]
Socket = Annotated[Path | None, typer.Option("--socket", help=N_("Listen on a Unix socket instead."))]
KeyFile = Annotated[Path | None, typer.Option("--keys", help=N_("The file of keys; each request must carry one."))]
Processes = Annotated[int | None, typer.Option(
    "--processes", min=1, max=256,
    help=N_("How many processes answer; by default one a core where answers are cheap, else one with all cores."),
)]  # fmt: skip
LogInputs = Annotated[
    float, typer.Option("--log-inputs", min=0, max=1, help=N_("The share of requests whose inputs are kept, masked."))
]
Engine = Annotated[str, typer.Option(
    "--engine", help=N_("What writes texts: auto, here, vllm, or a command with {folder} and {socket}."),
)]  # fmt: skip
Print = Annotated[bool, typer.Option("--print-limits", help=N_("Print what is taken at most, and exit."))]


def command(
    project: ProjectArgument = HERE,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    socket: Socket = None,
    keys: KeyFile = None,
    processes: Processes = None,
    log_inputs: LogInputs = 0.0,
    engine: Engine = "auto",
    print_limits: Print = False,
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.interfaces import live
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.serving.limits import Limits
    from breakeven.serving.server import Options, Place

    screen, limits = Screen.of(language), Limits()
    if print_limits:
        print_json(limits.model_dump()) if as_json else screen.limits(limits)
        return
    options = Options(Place(host, port, socket), limits, keys, processes, log_inputs, engine)
    live.serve(project, options, lambda bound: screen.serving(str(bound)))


HELP = N_("Answer over HTTP with the current release.")
