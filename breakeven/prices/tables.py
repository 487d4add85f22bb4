"""The price tables that ship with the package: what machines and hosted models cost, each with source and date.

`data/offers.csv` holds machines, `data/hosted.csv` models behind an API, `cards.csv` chips to buy, `storage.csv`
storage and traffic, `stated.csv` what others said they paid. An empty cell is not known; a price is never 0. A date is
as exact as its source: a day, a month or a year. Above the tables lie the user's own prices (prices/layers.py).
"""

from __future__ import annotations

import calendar
import csv
import difflib
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.prices.layers import layers
from breakeven.records.machine import HostedModel, Machine, Offer, Origin
from breakeven.records.price import Card, StatedPrice, StoragePrice

GIB = 1 << 30
STALE_AFTER_DAYS = 180
"""Prices of machines and models move within months; older figures are shown with a warning."""


@dataclass(frozen=True)
class Nearest:
    """An offer that stands for a machine, and why that one."""

    offer: Offer
    why: Message


def rows_of(name: str) -> list[dict[str, str]]:
    """The rows of a table of `data/`, as text."""
    text = files("breakeven.prices").joinpath("data", name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _number(text: str) -> float | None:
    return float(text) if text else None


def offers() -> tuple[Offer, ...]:
    """All machines: the user's own quotes, imported lists, the tables; of one name the first counts.

    Cores and memory are 0 where the source does not state them.
    """
    above = layers().offers
    names = {offer.machine.name for offer in above}
    return above + tuple(offer for offer in _shipped_offers() if offer.machine.name not in names)


@cache
def _shipped_offers() -> tuple[Offer, ...]:
    return tuple(offer_of(row) for row in rows_of("offers.csv"))


def shipped_offer(text: str) -> Offer | None:
    """The offer of the tables written as `provider/item` or `item`."""
    wanted = text.strip().lower()
    return next((offer for offer in _shipped_offers() if wanted in _spellings(offer)), None)


def _spellings(offer: Offer) -> tuple[str, str]:
    return offer.machine.name.lower(), offer.item.lower()


def offer_of(row: dict[str, str], origin: Origin = "shipped") -> Offer:
    """The machine of a row with the columns of `data/offers.csv`."""
    machine = Machine(
        name=f"{row['provider']}/{row['item']}",
        cores=int(row["cores"] or 0),
        memory_bytes=int(float(row["memory_gib"] or 0) * GIB),
        gpu=row["gpu"],
        gpus=int(row["gpus"] or 0),
        processor=row["processor"],
    )
    return Offer(
        provider=row["provider"],
        item=row["item"],
        machine=machine,
        usd_per_hour=float(row["usd_per_hour"]),
        spot_usd_per_hour=_number(row["spot_usd_per_hour"]),
        reserved_usd_per_hour=_number(row["reserved_usd_per_hour"]),
        reserved_months=int(row["reserved_months"]) if row["reserved_months"] else None,
        marketplace=row["marketplace"] == "yes",
        origin=origin,
        region=row["region"],
        source=row["source"],
        date=row["date"],
    )


def hosted() -> tuple[HostedModel, ...]:
    """All hosted models: the user's own quotes, imported lists, the tables; of one name the first counts."""
    above = layers().hosted
    names = {(model.provider, model.item) for model in above}
    return above + tuple(model for model in _shipped_hosted() if (model.provider, model.item) not in names)


@cache
def _shipped_hosted() -> tuple[HostedModel, ...]:
    return tuple(hosted_of(row) for row in rows_of("hosted.csv"))


def hosted_of(row: dict[str, str], origin: Origin = "shipped") -> HostedModel:
    """The hosted model of a row with the columns of `data/hosted.csv`."""
    return HostedModel(
        provider=row["provider"],
        item=row["item"],
        usd_per_1m_input=float(row["usd_per_1m_input"]),
        usd_per_1m_output=float(row["usd_per_1m_output"]),
        usd_per_1m_cached_input=_number(row["usd_per_1m_cached_input"]),
        usd_per_1m_batch_input=_number(row["usd_per_1m_batch_input"]),
        usd_per_1m_batch_output=_number(row["usd_per_1m_batch_output"]),
        own_name=row.get("own_name") == "yes",
        origin=origin,
        source=row["source"],
        date=row["date"],
    )


@cache
def cards() -> tuple[Card, ...]:
    """Chips that can be bought, with their prices where they are known and the watts they draw."""
    return tuple(Card.model_validate({key: cell or None for key, cell in row.items()}) for row in rows_of("cards.csv"))


@cache
def stated_prices() -> tuple[StatedPrice, ...]:
    """What papers and teams said that they paid for a GPU-hour; these are no offers."""
    return tuple(StatedPrice.model_validate(row) for row in rows_of("stated.csv"))


@cache
def storage_prices() -> tuple[StoragePrice, ...]:
    """What keeping a GB and sending it out cost."""
    return tuple(StoragePrice.model_validate(row) for row in rows_of("storage.csv"))


def offer_named(text: str) -> Offer:
    """The offer written as `provider/item`, or as `item` alone. Raises UsageError with the nearest names."""
    wanted = text.strip().lower()
    for offer in offers():
        if wanted in _spellings(offer):
            return offer
    known = {name.lower(): offer.machine.name for offer in offers() for name in (offer.machine.name, offer.item)}
    close = tuple(dict.fromkeys(known[name] for name in difflib.get_close_matches(wanted, known, n=3)))
    what = say("there is no machine {name} in the price tables", name=text)
    if close:
        raise UsageError(what, "compute", say("did you mean {names}?", names=close))
    raise UsageError(what, "compute", say('"breakeven prices" lists the machines; "here" is this one'))


def hosted_named(model: str) -> HostedModel | None:
    """The hosted model written as `item`, `provider/item` or the last part of `item`.

    None when no model, or more than one, is meant: a price is never guessed.
    """
    for origin in ("quote", "imported", "shipped"):
        pool = [listed for listed in hosted() if listed.origin == origin]
        meant = _meant(model.strip().lower(), pool)
        if meant:
            return meant[0] if len(meant) == 1 else _usual(meant)
    return None


def _usual(meant: list[HostedModel]) -> HostedModel | None:
    """Of several sellers of one name that whose price the tables hold, or else the maker's own offer; else none."""
    known = {(model.provider, model.item) for model in _shipped_hosted()}
    usual = [model for model in meant if (model.provider, model.item) in known] if meant[0].origin != "shipped" else []
    usual = usual or [model for model in meant if model.own_name]
    return usual[0] if len(usual) == 1 else None


def _meant(wanted: str, pool: list[HostedModel]) -> list[HostedModel]:
    """Those whose name, or else whose last part of the name, is `wanted`."""
    full = [model for model in pool if wanted in (model.item.lower(), f"{model.provider}/{model.item}".lower())]
    return full or [model for model in pool if model.item.rpartition("/")[2].lower() == wanted]


def nearest_offer(machine: Machine) -> Nearest:
    """The cheapest on-demand offer with at least the cores, memory and GPUs of `machine`; else the largest."""
    pool = [offer for offer in offers() if _same_kind(offer.machine, machine)]
    enough = [offer for offer in pool if _covers(offer.machine, machine)]
    if enough:
        offer = min(enough, key=lambda offer: offer.usd_per_hour)
        why = say("priced as {offer}, the cheapest offer of the price tables with at least {cores} cores and "
                  "{memory_bytes} of memory", **_told(offer, machine))
        return Nearest(offer, why)
    largest = max(pool or offers(), key=lambda offer: (offer.machine.gpus, offer.machine.cores, offer.usd_per_hour))
    why = say("priced as {offer}, the largest offer of the price tables: none has {cores} cores and {memory_bytes} "
              "of memory", **_told(largest, machine))
    return Nearest(largest, why)


def _told(offer: Offer, machine: Machine) -> dict[str, str | int]:
    return {"offer": offer.machine.name, "cores": machine.cores, "memory_bytes": machine.memory_bytes}


def _same_kind(offered: Machine, wanted: Machine) -> bool:
    """A machine without GPU is not priced by one with GPUs; a GPU only by the same GPU."""
    return offered.gpu == wanted.gpu if wanted.gpus else not offered.gpus


def _covers(offered: Machine, wanted: Machine) -> bool:
    return (
        offered.gpus >= wanted.gpus
        and offered.cores >= wanted.cores
        and offered.memory_bytes >= wanted.memory_bytes * MEMORY_TOLERANCE
    )


MEMORY_TOLERANCE = 0.95
"""A machine sold with 4 GiB shows its owner some percent less; the same slack is given when it is looked for."""


def stale(dated: str, today: date) -> bool:
    """Whether a price of that date (`2026-09-24`, `2026-09`, `2026`) is older than STALE_AFTER_DAYS.

    A month or a year counts as its last day. Raises ValueError if the text is not an ISO date.
    """
    return (today - last_day(dated)).days > STALE_AFTER_DAYS


def last_day(dated: str) -> date:
    """The last day of a date that may be a day, a month or a year. Raises ValueError if it is none of them."""
    parts = [int(part) for part in dated.split("-")]
    if len(parts) == 3:
        return date.fromisoformat(dated)
    month = parts[1] if len(parts) == 2 else 12
    return date(parts[0], month, calendar.monthrange(parts[0], month)[1])
