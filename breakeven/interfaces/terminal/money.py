"""Money in the currency of a project: shown at a dated rate, which stands below what was shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

from breakeven.core.words import Message, say
from breakeven.interfaces.numbers import rate_shown, shown_in
from breakeven.prices.rates import rate_of
from breakeven.prices.tables import STALE_AFTER_DAYS, stale

if TYPE_CHECKING:
    from breakeven.interfaces.terminal.screen import Screen
    from breakeven.records.quotes import Money
    from breakeven.records.record import FigureRecord


def rate_words() -> Message | None:
    """The rate that money is shown at now, with source and date; None for dollars."""
    rate = rate_shown()
    return None if rate is None else say(
        "money in {currency}: {rate} for a dollar, {source}, {date}", rate=rate.per_usd, currency=rate.currency,
        source=rate.source, date=rate.date or "—")  # fmt: skip


def rate_line(screen: Screen) -> None:
    """The rate, unless money is shown in dollars."""
    words = rate_words()
    if words:
        screen.line(words, "dim")


@contextmanager
def shown_money(screen: Screen, money: Money) -> Iterator[None]:
    """While this lasts, money is written as [money] says; then the rate is named. Raises UsageError."""
    with shown_in(rate_of(money.currency, money)):
        yield
        rate_line(screen)


def print_stale(screen: Screen, figures: Iterable[FigureRecord]) -> None:
    """A warning of the published prices that are old today, by their names in the tables."""
    old = sorted({title.partition(":")[0] for figure in figures if figure.provenance == "published"
                  and figure.unit.startswith("usd") for title, dated in figure.sources if _is_old(dated)})  # fmt: skip
    if old:
        screen.line(say("! prices older than {days} days: {names}; ask again, and put the answer into [[quote]]",
                        days=STALE_AFTER_DAYS, names=old), "yellow")  # fmt: skip


def _is_old(dated: str) -> bool:
    try:
        return stale(dated, date.today())
    except ValueError:
        return False  # a source without a date of its own
