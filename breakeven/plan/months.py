"""Months of a plan: one month as a figure, which months something runs in, and series of one figure a month."""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Figure, constant, total
from breakeven.core.words import N_

MONTH = constant(1.0, "month", N_("one month"))
NO_USD = constant(0.0, "usd")
Series = tuple[Figure, ...]


def runs_in(from_month: int, to_month: int | None, month: int) -> bool:
    """Whether what has these first and last months is there in that month; both ends count."""
    return from_month <= month and (to_month is None or month <= to_month)


def paid(usd: Figure, months: int, from_month: int = 1, to_month: int | None = None) -> Series:
    """The same sum in each month from the first to the last; nothing in the others."""
    return tuple(usd if runs_in(from_month, to_month, month) else NO_USD for month in range(1, months + 1))


def added(series: Sequence[Series], months: int, name: str, unit: str = "usd") -> Series:
    """The sum of several series, month by month; what is nothing is left out."""
    return tuple(_sum([one[month] for one in series], unit, name) for month in range(months))


def _sum(figures: Sequence[Figure], unit: str, name: str) -> Figure:
    """The sum; what was computed alone keeps its own formula."""
    there = [figure for figure in figures if is_something(figure)]
    return there[0].named(name) if len(there) == 1 and there[0].parts else total(there, unit, name)


def is_something(figure: Figure) -> bool:
    """Whether a figure says anything: a constant zero stands for what is not there."""
    return bool(figure.parts or figure.sources or figure.value)
