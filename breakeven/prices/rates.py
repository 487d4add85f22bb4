"""Money in other currencies: dollars inside, shown at a dated rate that is named beside.

    amount in a currency = usd × per_usd
"""

from __future__ import annotations

from functools import cache

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure, assumed, published
from breakeven.core.words import N_, say
from breakeven.prices.tables import rows_of
from breakeven.records.price import Rate
from breakeven.records.quotes import Money

DOLLAR = Rate(currency="USD", per_usd=1.0, source="", date="")


@cache
def rates() -> tuple[Rate, ...]:
    """The rates of the tables: how many units of each currency one dollar was, with source and date."""
    return tuple(Rate.model_validate(row) for row in rows_of("rates.csv"))


def rate_of(currency: str, money: Money | None = None) -> Rate:
    """What a dollar is in `currency`: as the user set it in [money], else by the tables. Raises UsageError.

    A rate of the user is assumed.
    """
    code = currency.strip().upper()
    if money and money.rate and money.currency.upper() == code:
        return Rate(currency=code, per_usd=money.rate, source="breakeven.toml money.rate", date=money.date or "",
                    assumed=True)  # fmt: skip
    for rate in (DOLLAR, *rates()):
        if rate.currency == code:
            return rate
    known = sorted(rate.currency for rate in (DOLLAR, *rates()))
    raise UsageError(
        say("there is no exchange rate for {currency}", currency=currency), "money.currency",
        say("known: {names}; or set the rate yourself: [money] currency = \"{currency}\", rate = …", names=known,
            currency=code),
    )  # fmt: skip


def rate_figure(rate: Rate) -> Figure:
    """The rate as a plain number, units of the currency for a dollar; published, or assumed when the user set it."""
    name = N_("exchange rate, units of the currency for a dollar")
    if rate.assumed:
        return assumed(rate.per_usd, "1", name, rate.source)
    return published(rate.per_usd, "1", name, f"{rate.currency}: {rate.source}", rate.date)


def in_dollars(amount: float, currency: str, money: Money | None = None) -> float:
    """An amount of another currency in USD. Raises UsageError for a currency without a rate."""
    return amount / rate_of(currency, money).per_usd
