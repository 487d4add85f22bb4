"""Demand month by month: the stated requests with their growth, and those of the customers that marketing wins.

    stated(m)    = requests_per_month × (1 + growth_per_month)^(m - 1)          month 1 is as stated
    customers(m) = Σ over channels and months up to m: usd_per_month × customers_per_1k_usd ÷ 1,000
    requests(m)  = stated(m) + Σ customers of a channel(m) × requests_per_customer

A customer asks from the month in which it is won; none is lost (no churn is assumed).
"""

from __future__ import annotations

from breakeven.core.figure import Figure, constant, pick, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption
from breakeven.records.money import Channel
from breakeven.records.project import Demand, Project

MONTH = constant(1.0, "month", N_("one month"))
WITHOUT_GROWTH = constant(1.0, "1", N_("no growth"))
NOTHING_LEFT = constant(0.0, "1", N_("demand cannot fall below zero"))


def stated_demand(demand: Demand) -> Figure:
    """Requests a month as the project file states them, for month 1."""
    return assumption(demand, "requests_per_month", "request/month", N_("requests a month"), "demand")


def monthly_requests(project: Project, months: int) -> tuple[Figure, ...]:
    """Requests of each month, in request/month."""
    stated = _grown(project.demand, months)
    won = [_won(channel, number, months) for number, channel in enumerate(project.marketing, 1)]
    return tuple(
        total((stated[month], *(asked for channel in won if (asked := channel[month]) is not None)),
              "request/month", N_("requests"))
        for month in range(months)
    )


def _grown(demand: Demand, months: int) -> list[Figure]:
    """The stated demand of each month, compounded."""
    growth = assumption(demand, "growth_per_month", "1", N_("growth a month"), "demand")
    factor = pick(max, (WITHOUT_GROWTH + growth, NOTHING_LEFT), N_("growth factor"))
    series = [stated_demand(demand)]
    while len(series) < months:
        series.append(series[-1] * factor)
    return series


def _won(channel: Channel, number: int, months: int) -> list[Figure | None]:
    """Requests a month of the customers won by a channel so far; None before there are any."""
    table = f"marketing[{number}]"
    if not channel.customers_per_1k_usd.value or not channel.requests_per_customer.value:
        return [None] * months
    rate = assumption(channel, "customers_per_1k_usd", "customer/1k usd", N_("customers for 1,000 usd"), table)
    asks = assumption(channel, "requests_per_customer", "request/customer/month", N_("requests of a customer"), table)
    each_month = (channel_spending(channel, number) * rate * MONTH).counted_in("customer")
    customers: Figure | None = None
    series: list[Figure | None] = []
    for month in range(1, months + 1):
        if runs_in(channel.from_month, channel.to_month, month):
            customers = each_month if customers is None else customers + each_month
        series.append(None if customers is None else (customers * asks).counted_in("request/month"))
    return series


def channel_spending(channel: Channel, number: int) -> Figure:
    """What a channel costs, in usd/month."""
    return assumption(channel, "usd_per_month", "usd/month", N_("marketing a month"), f"marketing[{number}]")


def runs_in(from_month: int, to_month: int | None, month: int) -> bool:
    """Whether a role or a channel is paid in that month; both ends count."""
    return from_month <= month and (to_month is None or month <= to_month)
