"""Price tables in the terminal: your own prices first, old ones marked, money in the currency asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.text import Text

from breakeven.core.words import N_, Message, say
from breakeven.interfaces.numbers import shown_in
from breakeven.interfaces.terminal.money import rate_line
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.prices.tables import STALE_AFTER_DAYS, stale

if TYPE_CHECKING:
    from breakeven.interfaces.price_verbs import PriceList

ORIGINS = {"quote": N_("your quote"), "imported": N_("imported"), "shipped": ""}


class PriceScreen:
    """A screen with tables of prices, which marks what is old; money is in the currency that is shown."""

    def __init__(self, language: str | None) -> None:
        self.screen = Screen.of(language)
        self.today = date.today()
        self.old = 0

    def usd(self, value: float | None) -> str:
        return self.screen.write.usd(value)

    def dated(self, text: str) -> Text:
        """A date; that of an old price stands out."""
        if not stale(text, self.today):
            return Text(text)
        self.old += 1
        return Text(f"{text} !", style="yellow")

    def rows(self, titles: tuple[Message, ...], rows: Iterable[tuple[str | Text, ...]]) -> None:
        """A table, unless it is empty."""
        table = self.screen.table(*titles)
        for row in rows:
            table.add_row(*(cell if isinstance(cell, Text) else Text(safe(cell)) for cell in row))
        if table.row_count:
            self.screen.console.print(table)

    def foot(self) -> None:
        """The warning of old prices, and the rate that money was shown at."""
        if self.old:
            self.screen.line(say("! {count} prices are older than {days} days: ask again before you decide by them",
                                 count=self.old, days=STALE_AFTER_DAYS), "yellow")  # fmt: skip
        rate_line(self.screen)


def show_prices(language: str | None, prices: PriceList) -> None:
    """All tables of the list that have rows."""
    screen = PriceScreen(language)
    parts: tuple[Callable[[PriceScreen, PriceList], None], ...] = (_offers, _hosted, _cards, _storage, _stated, _rates)
    with shown_in(prices.shown_in):
        for part in parts:
            part(screen, prices)
        if not any(prices[:6]):
            screen.screen.line(say("no price is known for that"))
        screen.foot()


def _from(screen: PriceScreen, row: Any) -> str:
    """The source, with a word where it is the user's own."""
    own = ORIGINS[row.origin]
    return f"{screen.screen.voice(own)}: {row.source}" if own else row.source


def _offers(screen: PriceScreen, prices: PriceList) -> None:
    titles = (say("machine"), say("cores"), say("memory"), say("GPU"), say("an hour"), say("spot"), say("reserved"),
              say("date"), say("source"))  # fmt: skip
    size = screen.screen.write.bytes
    screen.rows(titles, (
        (
            row.machine.name, str(row.machine.cores or "—"), size(row.machine.memory_bytes or None),
            f"{row.machine.gpus} × {row.machine.gpu}" if row.machine.gpus else "—", screen.usd(row.usd_per_hour),
            screen.usd(row.spot_usd_per_hour), screen.usd(row.reserved_usd_per_hour), screen.dated(row.date),
            _from(screen, row),
        ) for row in prices.offers
    ))  # fmt: skip


def _hosted(screen: PriceScreen, prices: PriceList) -> None:
    titles = (say("hosted model"), say("1M tokens in"), say("1M tokens out"), say("cached"), say("batch in"),
              say("batch out"), say("date"), say("source"))  # fmt: skip
    screen.rows(titles, (
        (
            f"{row.provider}/{row.item}",
            *map(screen.usd, (row.usd_per_1m_input, row.usd_per_1m_output, row.usd_per_1m_cached_input,
                              row.usd_per_1m_batch_input, row.usd_per_1m_batch_output)),
            screen.dated(row.date), _from(screen, row),
        ) for row in prices.hosted
    ))  # fmt: skip


def _cards(screen: PriceScreen, prices: PriceList) -> None:
    titles = (say("chip to buy"), say("GB"), say("watts"), say("price"), say("date"), say("source"))
    number = screen.screen.write.write
    screen.rows(titles, (
        (row.name, number(row.memory_gb), number(row.tdp_watts), screen.usd(row.usd), screen.dated(row.date),
         row.source) for row in prices.cards
    ))  # fmt: skip


def _storage(screen: PriceScreen, prices: PriceList) -> None:
    screen.rows((say("storage and traffic"), say("price"), say("for"), say("date"), say("source")), (
        (f"{row.provider}/{row.item}", screen.usd(row.usd), row.unit.removeprefix("usd/"), screen.dated(row.date),
         row.source) for row in prices.storage
    ))  # fmt: skip


def _stated(screen: PriceScreen, prices: PriceList) -> None:
    """Not offers: what somebody said that he paid. They are old by nature, and not marked."""
    screen.rows((say("stated by"), say("GPU"), say("a GPU-hour"), say("note"), say("date"), say("source")), (
        (row.who, row.gpu, screen.usd(row.usd_per_gpu_hour), row.note, row.date, row.source) for row in prices.stated
    ))  # fmt: skip


def _rates(screen: PriceScreen, prices: PriceList) -> None:
    screen.rows((say("currency"), say("for a dollar"), say("date"), say("source")), (
        (row.currency, screen.screen.write.number(row.per_usd), screen.dated(row.date), row.source)
        for row in prices.rates
    ))  # fmt: skip


def show_import(language: str | None, file: Path, rows: int, left_out: Iterable[Message]) -> None:
    """What was brought in, and what was left out."""
    screen = Screen.of(language)
    screen.line(say("{count} prices brought in: {file}", count=rows, file=str(file)), "bold")
    for message in left_out:
        screen.line(message, indent=2)
