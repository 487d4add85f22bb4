"""Cash month by month, and what it says: break-even, payback, runway, the lowest point, the need for capital."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from breakeven.core.figure import Figure, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption
from breakeven.records.project import Capital

HALF_A_MICRO_DOLLAR = 5e-7
"""Sums of cents are not exact in binary: a balance within this of zero is zero."""


@dataclass(frozen=True)
class Milestones:
    """What the months say together; fields as in records/plan.py."""

    break_even_month: int | None
    paid_back_month: int | None
    runway_months: int | None
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float


def start_cash(capital: Capital) -> Figure:
    return assumption(capital, "cash_usd", "usd", N_("cash at the start"), "capital")


def rounds(capital: Capital, months: int) -> tuple[Figure, ...]:
    """The money that comes in by funding rounds, in usd of each month."""
    raised = [
        (round_.month, assumption(round_, "usd", "usd", N_("funding round"), f"capital.round[{number}]"))
        for number, round_ in enumerate(capital.round, 1)
    ]
    return tuple(
        total((usd for month_, usd in raised if month_ == month), "usd", N_("rounds"))
        for month in range(1, months + 1)
    )


def net(revenue: Sequence[Figure], *costs: Sequence[Figure]) -> tuple[Figure, ...]:
    """Revenue less all costs of each month, without rounds."""
    return tuple(
        (earned - total(spent, "usd", N_("all costs"))).named(N_("net"))
        for earned, *spent in zip(revenue, *costs, strict=True)
    )


def cash(start: Figure, net_: Sequence[Figure], rounds_: Sequence[Figure]) -> tuple[Figure, ...]:
    """Cash at the end of each month: the month before + net + rounds."""
    balance, series = start, []
    for earned, raised in zip(net_, rounds_, strict=True):
        balance = total((balance, earned, raised), "usd", N_("cash"))
        series.append(balance)
    return tuple(series)


def cumulative(net_: Sequence[Figure]) -> tuple[Figure, ...]:
    """The sum of net up to each month."""
    series: list[Figure] = []
    for earned in net_:
        series.append(total((*series[-1:], earned), "usd", N_("cumulative")))
    return tuple(series)


def milestones(start: float, net_: Sequence[float], cash_: Sequence[float], cumulative_: Sequence[float]) -> Milestones:
    """What the plain values of the months say; `start` is the cash before month 1."""
    lowest = min(cash_)
    in_red = _first(cash_, lambda usd: usd < -HALF_A_MICRO_DOLLAR)
    return Milestones(
        break_even_month=_stays_from(net_),
        paid_back_month=_stays_from(cumulative_),
        runway_months=None if in_red is None else in_red - 1,
        lowest_cash_usd=lowest,
        lowest_cash_month=cash_.index(lowest) + 1,
        capital_need_usd=max(0.0, start - lowest),
    )


def _first(series: Sequence[float], holds: Callable[[float], bool]) -> int | None:
    """The first month (from 1) of which `holds` is true."""
    return next((month for month, value in enumerate(series, 1) if holds(value)), None)


def _stays_from(series: Sequence[float]) -> int | None:
    """The first month from which on the series stays at or above zero; None if it ends below."""
    last_below = max((month for month, value in enumerate(series, 1) if value < -HALF_A_MICRO_DOLLAR), default=0)
    return last_below + 1 if last_below < len(series) else None
