"""`breakeven prices`: what machines and hosted models cost."""

from __future__ import annotations

from breakeven.core.words import N_
from breakeven.interfaces.cli.options import AsJson, Language, print_json


def command(as_json: AsJson = False, language: Language = None) -> None:
    from breakeven.interfaces import verbs
    from breakeven.interfaces.terminal.screen import Screen

    prices = verbs.price_list()
    if as_json:
        print_json({
            "offers": [offer.model_dump() for offer in prices.offers],
            "hosted": [model.model_dump() for model in prices.hosted],
        })
    else:
        Screen.of(language).prices(prices)


HELP = N_("What machines and hosted models cost, each with source and date.")
