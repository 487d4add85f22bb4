"""What the tables of all estimates have in common: three digits, and the interval beside each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from rich import box
from rich.table import Table

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen

if TYPE_CHECKING:
    from breakeven.estimate.interval import Estimate

Row = tuple[Message, "Estimate | None", Callable[[float], str]]
"""What it is, the estimate, and how its numbers are written; a row without an estimate is left out."""


def short(value: float) -> float:
    """Three digits that count: an estimate has no more."""
    return float(f"{value:.3g}")


def estimate_table(screen: Screen, rows: Iterable[Row], exact: Iterable[tuple[Message, str]] = ()) -> Table:
    """A table of estimates; `exact` are lines before them that have no interval."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False)
    for title in (say("what"), say("estimate"), say("80% interval")):
        table.add_column(screen.voice(title))
    for name, text in exact:
        table.add_row(screen.voice(name), text, "")
    for name, one, form in rows:
        if one:
            low, value, high = (form(short(number)) for number in (one.low, one.value, one.high))
            table.add_row(screen.voice(name), value, f"{low} – {high}")
    return table
