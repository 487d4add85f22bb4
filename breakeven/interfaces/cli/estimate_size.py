"""`breakeven estimate size`: how large a model and how many tokens for a budget."""

from __future__ import annotations

from typing import Annotated

import typer

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json

Flop = Annotated[float | None, typer.Option("--flop", help=N_("Compute of the training, such as 1e23."))]
Usd = Annotated[float | None, typer.Option("--usd", help=N_("Money for the training; needs --gpu."))]
Gpu = Annotated[str | None, typer.Option("--gpu", help=N_("The chip, such as H100 or A100-80GB."))]
Gpus = Annotated[int | None, typer.Option("--gpus", min=1, help=N_("How many of them."))]
UsdPerHour = Annotated[float | None, typer.Option("--usd-per-hour", min=0, help=N_("What one device costs an hour."))]
Served = Annotated[float | None, typer.Option("--served-tokens", help=N_("Tokens that the model will serve in all."))]
Unique = Annotated[float | None, typer.Option("--unique-tokens", help=N_("Different tokens that there are."))]
LawName = Annotated[str, typer.Option("--law", metavar="besiroglu|hoffmann", help=N_("The scaling law."))]


def command(
    flop: Flop = None,
    usd: Usd = None,
    gpu: Gpu = None,
    gpus: Gpus = None,
    usd_per_hour: UsdPerHour = None,
    served_tokens: Served = None,
    unique_tokens: Unique = None,
    law: LawName = "besiroglu",
    as_json: AsJson = False,
    language: Language = None,
) -> None:
    from breakeven.core.errors import UsageError
    from breakeven.core.words import say
    from breakeven.estimate.chips import chip_named
    from breakeven.estimate.scaling import law_named
    from breakeven.estimate.sizing import flop_for, size_for
    from breakeven.interfaces.terminal.sizing import show_sizing, sizing_json

    chosen = law_named(law)
    if flop is None:
        if usd is None or gpu is None:
            raise UsageError(say("the budget is not told"), "--flop",
                             say("give --flop, or --usd with the --gpu that it is spent on"))
        flop = flop_for(usd, chip_named(gpu), chosen, usd_per_hour, gpus)
    found = size_for(flop, chosen, served_tokens, unique_tokens, usd)
    print_json(sizing_json(found, chosen)) if as_json else show_sizing(found, chosen, language)


HELP = N_("How large a model and how many tokens for a budget of compute or money, and the loss.")
