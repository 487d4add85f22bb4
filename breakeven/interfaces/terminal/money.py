"""Money in the currency of a project: shown at a dated rate, which stands below what was shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from breakeven.core.words import Message, say
from breakeven.interfaces.numbers import shown_in
from breakeven.prices.rates import rate_of

if TYPE_CHECKING:
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.records.price import Rate
    from breakeven.records.quotes import Money


def rate_words(rate: Rate) -> Message:
    """The rate that money is shown at, with source and date."""
    return say("money in {currency}: {rate} for a dollar, {source}, {date}", rate=rate.per_usd,
               currency=rate.currency, source=rate.source, date=rate.date or "—")  # fmt: skip


def rate_line(screen: Screen, rate: Rate) -> None:
    """The rate, unless money is shown in dollars."""
    if rate.currency != "USD":
        screen.line(rate_words(rate), "dim")


@contextmanager
def shown_money(screen: Screen, money: Money) -> Iterator[None]:
    """While this lasts, money is written as [money] says; then the rate is named. Raises UsageError."""
    rate = rate_of(money.currency, money)
    with shown_in(rate):
        yield
    rate_line(screen, rate)
