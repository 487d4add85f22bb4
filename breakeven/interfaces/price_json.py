"""Prices as JSON: money in USD, the currency that was asked for beside it with its dated rate."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from breakeven.prices.tables import stale

if TYPE_CHECKING:
    from breakeven.core.figure import Figure
    from breakeven.interfaces.price_verbs import PriceList
    from breakeven.records.price import Rate
    from breakeven.stages.compare_prices import BuyOrRent, Comparison, PricedOffer


def list_json(prices: PriceList) -> dict[str, Any]:
    """Every table under its name; each row says whether it is stale today."""
    tables = {name: getattr(prices, name) for name in ("offers", "hosted", "cards", "storage", "stated", "rates")}
    today = date.today()
    return {
        name: [row.model_dump() | {"stale": stale(row.date, today)} for row in rows] for name, rows in tables.items()
    } | {"shown_in": prices.shown_in.model_dump()}


def comparison_json(found: Comparison, rate: Rate) -> dict[str, Any]:
    """The comparison: rows the cheapest first, the marked one, buy against rent, and what was left out."""
    return {
        "terms": found.terms,
        "deadline_days": found.deadline_days,
        "rows": [_row(row, found) for row in found.rows],
        "cheapest": found.cheapest.offer.machine.name if found.cheapest else None,
        "cheapest_joined": found.cheapest_joined.offer.machine.name if found.cheapest_joined else None,
        "buy_or_rent": [_pair(pair) for pair in found.buy_or_rent],
        "left_out": [{"gpu": chip, "why": str(why)} for chip, why in found.left_out],
        "shown_in": rate.model_dump(),
    }


def _row(row: PricedOffer, found: Comparison) -> dict[str, Any]:
    from breakeven.stages.compare_prices import bought_usd

    hours, offer = row.work.gpu_hours, row.offer
    money = {f"usd_{terms}": _value(usd) for terms, usd in row.usd.items()}
    return {
        "machine": offer.machine.name, "gpu": row.work.chip, "gpus": row.work.gpus, "machines": row.machines,
        "gpu_hours": hours.value, "gpu_hours_low": hours.low, "gpu_hours_high": hours.high, "days": row.work.days,
        **money, "usd_bought": _value(bought_usd(found, row.work.chip)),
        "meets_deadline": row.meets_deadline, "cheapest": row is found.cheapest, "current": row.current,
        "single_gpus": row.single, "origin": offer.origin, "source": offer.source, "date": offer.date,
        "stale": stale(offer.date, date.today()),
    }  # fmt: skip


def _pair(pair: BuyOrRent) -> dict[str, Any]:
    return {
        "gpu": pair.gpu.chip, "usd_per_gpu": pair.gpu.paid.value,
        "usd_per_hour_bought": pair.gpu.hour.to("usd/hour"), "usd_per_hour_rented": pair.rent.to("usd/hour"),
        "utilisation": pair.gpu.utilisation.value, "same_cost_utilisation": _value(pair.same_cost_utilisation),
        "paid_back_month": _value(pair.paid_back_month), "months_of_life": pair.gpu.months,
    }  # fmt: skip


def _value(figure: Figure | None) -> float | None:
    return figure.value if figure else None
