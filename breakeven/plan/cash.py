"""Cash month by month, and what it says: break-even, payback, runway, the lowest point, the need for capital."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from breakeven.core.figure import Figure, total
from breakeven.core.words import N_
from breakeven.plan.months import Series, is_something

HALF_A_MICRO_DOLLAR = 5e-7
"""Sums of cents are not exact in binary: a balance within this of zero is zero."""


@dataclass(frozen=True)
class Milestones:
    """What the months say together; fields as in records/plan.py."""

    break_even_month: int | None
    paid_back_month: int | None
    runway_months: int | None
    zero_cash_month: int | None
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float


def net(revenue: Sequence[Figure], *costs: Sequence[Figure]) -> Series:
    """Revenue less all costs of each month, without rounds."""
    return tuple(
        (earned - total(filter(is_something, spent), "usd", N_("all costs"))).named(N_("net"))
        for earned, *spent in zip(revenue, *costs, strict=True)
    )


def cash(start: Figure, *flows: Sequence[Figure]) -> Series:
    """Cash at the end of each month: the month before, and all that flows in (or, below zero, out)."""
    balance, series = start, []
    for month in zip(*flows, strict=True):
        balance = total((balance, *month), "usd", N_("cash"))
        series.append(balance)
    return tuple(series)


def waiting(revenue: Series, received: Series) -> Series | None:
    """What is paid in a month less what is invoiced in it; None where all is paid at once."""
    if received is revenue:
        return None
    both = zip(received, revenue, strict=True)
    return tuple((paid - earned).named(N_("paid before or after")) for paid, earned in both)


def cumulative(flows: Sequence[Figure], name: str = N_("cumulative")) -> Series:
    """The sum of a flow up to each month."""
    series: list[Figure] = []
    for earned in flows:
        series.append(total((*series[-1:], earned), "usd", name))
    return tuple(series)


def milestones(start: float, net_: Sequence[float], cash_: Sequence[float], cumulative_: Sequence[float]) -> Milestones:
    """What the plain values of the months say; `start` is the cash before month 1."""
    lowest = min(cash_)
    in_red = _first(cash_, lambda usd: usd < -HALF_A_MICRO_DOLLAR)
    return Milestones(
        break_even_month=stays_from(net_),
        paid_back_month=stays_from(cumulative_),
        runway_months=None if in_red is None else in_red - 1,
        zero_cash_month=in_red,
        lowest_cash_usd=lowest,
        lowest_cash_month=cash_.index(lowest) + 1,
        capital_need_usd=max(0.0, start - lowest),
    )


def _first(series: Sequence[float], holds: Callable[[float], bool]) -> int | None:
    """The first month (from 1) of which `holds` is true."""
    return next((month for month, value in enumerate(series, 1) if holds(value)), None)


def stays_from(series: Sequence[float]) -> int | None:
    """The first month from which on the series stays at or above zero; None if it ends below."""
    last_below = max((month for month, value in enumerate(series, 1) if value < -HALF_A_MICRO_DOLLAR), default=0)
    return last_below + 1 if last_below < len(series) else None
