"""The verbs of prices: the list of them, one job priced on every machine, and lists of others brought in."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say

if TYPE_CHECKING:
    from breakeven.interfaces.verbs import AnyPath
    from breakeven.records.machine import HostedModel, Offer
    from breakeven.records.price import Card, Rate, StatedPrice, StoragePrice
    from breakeven.records.quotes import Money
    from breakeven.stages.compare_prices import Comparison


class PriceList(NamedTuple):
    """What machines, hosted models, cards, storage and traffic cost, what others stated, and exchange rates."""

    offers: tuple[Offer, ...]
    hosted: tuple[HostedModel, ...]
    cards: tuple[Card, ...]
    storage: tuple[StoragePrice, ...]
    stated: tuple[StatedPrice, ...]
    rates: tuple[Rate, ...]
    shown_in: Rate
    """What money is shown in."""


def price_list(path: AnyPath = ".", quotes: AnyPath | None = None, currency: str | None = None) -> PriceList:
    """What machines and hosted models cost, each with source and date; quotes and imported lists first.

    `path` may hold a project or not. Raises ProjectError, DataError, UsageError for an unknown currency.
    """
    from breakeven.prices import tables
    from breakeven.prices.layers import own_prices
    from breakeven.prices.own import prices_at
    from breakeven.prices.rates import rate_of, rates

    own, money, _ = prices_at(Path(path), Path(quotes) if quotes else None)
    with own_prices(own):
        return PriceList(tables.offers(), tables.hosted(), tables.cards(), tables.storage_prices(),
                         tables.stated_prices(), rates(), rate_of(currency or money.currency, money))  # fmt: skip


KINDS = {"machines": "offers", "hosted": "hosted", "cards": "cards", "storage": "storage", "stated": "stated",
         "rates": "rates"}  # fmt: skip


def only(prices: PriceList, gpu: str | None = None, provider: str | None = None, kind: str | None = None) -> PriceList:
    """Of a list what has the chip, is of the seller and of the kind. Raises UsageError for an unknown kind."""
    if kind and kind not in KINDS:
        raise UsageError(say("there is no kind of prices {name}", name=kind), "--kind",
                         say("known: {names}", names=tuple(KINDS)))  # fmt: skip
    from breakeven.prices.chip_names import same_chip

    if gpu:
        prices = prices._replace(
            offers=tuple(offer for offer in prices.offers if same_chip(offer.machine.gpu, gpu)),
            cards=tuple(card for card in prices.cards if same_chip(card.name, gpu)),
            stated=tuple(price for price in prices.stated if same_chip(price.gpu, gpu)),
            hosted=(), storage=(), rates=(),
        )  # fmt: skip
    if provider:
        seller = provider.lower()
        sold: dict[str, Any] = {key: tuple(row for row in getattr(prices, key) if row.provider.lower() == seller)
                                for key in ("offers", "hosted", "storage")}  # fmt: skip
        prices = prices._replace(cards=(), stated=(), rates=(), **sold)
    others: dict[str, Any] = {key: () for name, key in KINDS.items() if kind and name != kind}
    return prices._replace(**others)


def money_of(path: AnyPath = ".") -> Money:
    """What the project at a path says of the currency that money is shown in; dollars without a project."""
    from breakeven.prices.own import project_at
    from breakeven.records.quotes import Money

    project = project_at(Path(path))
    return project.money if project else Money()


def shown_rate(path: AnyPath = ".", currency: str | None = None) -> Rate:
    """What money is shown in at a path: the currency asked for, else that of [money], else dollars."""
    from breakeven.prices.rates import rate_of

    money = money_of(path)
    return rate_of(currency or money.currency, money)


def compare_prices(
    path: AnyPath = ".",
    gpu_hours: Iterable[str] = (),
    params: str | None = None,
    tokens: float | None = None,
    on: Iterable[str] = (),
    gpus: int | None = None,
    deadline_days: float | None = None,
    terms: str = "on_demand",
    quotes: AnyPath | None = None,
    owned: dict[str, float] | None = None,
    model: str | None = None,
) -> Comparison:
    """One job on every machine: GPU-hours as `H100=1000`, or a training of `params`, or of a published `model`, on
    `tokens` (on the chips `on`).

    `owned` goes before the [owned] of the project. Raises UsageError, ProjectError, DataError.
    """
    from breakeven.prices.layers import own_prices
    from breakeven.prices.own import prices_at
    from breakeven.stages.compare_prices import compare, works_of_hours
    from breakeven.stages.compare_trainings import works_of_training

    own, _, kept = prices_at(Path(path), Path(quotes) if quotes else None)
    terms_of_buying = type(kept).model_validate(kept.model_dump(exclude_unset=True) | (owned or {}))
    with own_prices(own):
        if params or model:
            works, left_out = works_of_training(params, tokens, on, gpus, deadline_days, model)
        else:
            works, left_out = works_of_hours(gpu_hours, gpus, deadline_days), ()
        return compare(works, terms_of_buying, terms, deadline_days, left_out)


def import_prices(
    kind: str, file: AnyPath, path: AnyPath = ".", out: AnyPath | None = None, date: str = "", cloud: str = "",
    region: str = "",
) -> tuple[Path, int, tuple[Message, ...]]:
    """Bring in a local copy of a price list (`litellm` or `skypilot`): the file made, its rows, what was left out.

    Raises DataError, UsageError, StorageError.
    """
    from breakeven.prices.imported import folder_of, keep, left_out
    from breakeven.prices.litellm import read_litellm
    from breakeven.prices.skypilot import read_skypilot

    source, place = Path(file), Path(path)
    found = read_litellm(source, date) if kind == "litellm" else read_skypilot(source, cloud, region, date)
    name = "litellm" if kind == "litellm" else f"skypilot-{cloud or source.resolve().parent.name}"
    target = Path(out) if out else folder_of(place if place.is_dir() else place.parent) / f"{name}.csv"
    keep(found, target)
    return target, len(found.rows), left_out(found)
