"""What an hour of one chip costs: the cheapest current offer that has exactly this chip.

Current are the offers whose price is at most STALE_AFTER_DAYS older than the newest one of this chip: the tables
decide, not the clock, so that a plan is the same on every day. A quote that the user was given for the chip goes
before all offers; marketplaces come last: their price is the middle of what strangers asked on one day. Of a machine
with several chips the hour is divided among them.
"""

from __future__ import annotations

from datetime import timedelta

from breakeven.core.figure import Figure, constant, published
from breakeven.core.words import N_
from breakeven.prices.chip_names import same_chip
from breakeven.prices.tables import STALE_AFTER_DAYS, last_day, offers
from breakeven.records.machine import Offer

NAMES = {
    "on_demand": N_("price of a GPU an hour, on demand"),
    "spot": N_("price of a GPU an hour, spot"),
    "reserved": N_("price of a GPU an hour, reserved"),
}


def gpu_hour_price(chip: str, spot: bool = False, reserved: bool = False) -> Figure | None:
    """The published price of an hour of one chip, in usd/hour; None when no offer has this chip at such a price.

    On demand by default. A spot machine may be taken away at any time; a reserved one is paid for months.
    """
    terms = "spot" if spot else "reserved" if reserved else "on_demand"
    offer = cheapest_offer(chip, terms)
    return chip_hour(offer, terms) if offer else None


def cheapest_offer(chip: str, terms: str = "on_demand") -> Offer | None:
    """The offer that `gpu_hour_price` stands for; `terms` is `on_demand`, `spot` or `reserved`."""
    current = current_offers(chip, terms)
    return min(current, key=lambda offer: ((offer.priced(terms) or 0.0) / offer.machine.gpus, offer.machine.name),
               default=None)  # fmt: skip


def offers_with(chip: str) -> tuple[Offer, ...]:
    """All offers with exactly this chip, old ones and those of marketplaces too."""
    return tuple(offer for offer in offers() if offer.machine.gpus and same_chip(offer.machine.gpu, chip))


def current_offers(chip: str, terms: str = "on_demand") -> tuple[Offer, ...]:
    """Those that count: the quotes if there are any; else the sellers, or the marketplaces, of the newest prices."""
    found = [offer for offer in offers_with(chip) if offer.priced(terms) is not None]
    quotes = [offer for offer in found if offer.origin == "quote"]
    sellers = quotes or [offer for offer in found if not offer.marketplace] or found
    newest = max((last_day(offer.date) for offer in sellers), default=None)
    return tuple(offer for offer in sellers
                 if newest and newest - last_day(offer.date) <= timedelta(days=STALE_AFTER_DAYS))  # fmt: skip


def chip_hour(offer: Offer, terms: str = "on_demand") -> Figure:
    """The price of one chip of an offer, in usd/hour: machine ÷ chips. Raises ValueError where that is not known."""
    usd = offer.priced(terms)
    if usd is None or not offer.machine.gpus:
        raise ValueError(f"{offer.machine.name} has no price of a GPU {terms}")
    title = f"{offer.machine.name}: {offer.source}"
    if offer.machine.gpus == 1:
        return published(usd, "usd/hour", NAMES[terms], title, offer.date)
    machine = published(usd, "usd/hour", N_("price of the machine an hour"), title, offer.date)
    return (machine / constant(offer.machine.gpus, "1", N_("GPUs of the machine"))).named(NAMES[terms])
