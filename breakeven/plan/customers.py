"""Customers month by month, in pools that differ in how they come and how much they ask.

    won(m)       = usd × customers for 1,000 usd ÷ 1,000          of a channel; conversion ÷ usd_per_lead likewise
                   ÷ (1 + usd ÷ saturates_at_usd)                 the more is spent, the less a dollar brings
    brand(m)     = organic + word of mouth × all customers(m - 1)
    customers(m) = customers(m - 1) × (1 - churn) + won(m)        customers(0) = those at the start, of the brand

A customer asks and pays from the month in which it is won.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from breakeven.core.figure import Figure, constant, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.months import MONTH, runs_in
from breakeven.records.money import Channel, Customers
from breakeven.records.project import Project
from breakeven.records.record import Record

ALL = constant(1.0, "1", N_("all"))
THERE, STAYED = N_("customers of one origin"), N_("customers who stayed")
Kept = Figure | None


@dataclass(frozen=True)
class Pool:
    """Customers of one origin: how many there are (customer) and how many were won, each month; None before any.

    `asks` is what one of them asks for, request/customer/month; None: nothing.
    """

    name: str
    customers: tuple[Kept, ...]
    won: tuple[Kept, ...]
    asks: Figure | None


def pools(project: Project, months: int) -> tuple[Pool, ...]:
    """The pools of all channels that win customers, and that of the brand."""
    stays = staying(project.customers)
    channels = [
        _pool(project, channel, number, stays, months)
        for number, channel in enumerate(project.marketing, 1)
        if wins(channel)
    ]
    brand = _brand(project.customers, channels, stays, months)
    return (*channels, *([brand] if brand else []))


def wins(channel: Channel) -> bool:
    """Whether a channel brings customers at all; one that does not is fixed spending."""
    return channel.usd_per_lead is not None or counts(channel, "customers_per_1k_usd")


def staying(customers: Customers) -> Figure | None:
    """The part of the customers that is still there a month later; None: all."""
    if not counts(customers, "churn_per_month"):
        return None
    return ALL - (churn(customers) * MONTH).counted_in("1")


def churn(customers: Customers) -> Figure:
    """The part of the customers that leaves in a month, in 1/month."""
    return assumption(customers, "churn_per_month", "1/month", N_("customers who leave in a month"), "customers")


def channel_spending(channel: Channel, number: int) -> Figure:
    """What a channel costs, in usd/month."""
    return assumption(channel, "usd_per_month", "usd/month", N_("marketing a month"), f"marketing[{number}]")


def won_a_month(channel: Channel, number: int, extra: Figure | None = None) -> Figure:
    """Customers that a channel wins in a month, by what is spent on it and `extra` (usd)."""
    table = f"marketing[{number}]"
    spent = channel_spending(channel, number) * MONTH
    spent = spent if extra is None else spent + extra
    won = spent * _rate(channel, table)
    if channel.saturates_at_usd is not None:
        full = assumption(channel, "saturates_at_usd", "usd", N_("spending at which a dollar brings half"), table)
        won = won / (ALL + (spent / full).counted_in("1"))
    return won.counted_in("customer").named(N_("customers won"))


def _rate(channel: Channel, table: str) -> Figure:
    """Customers for a dollar, as stated or by the funnel."""
    if channel.usd_per_lead is None:
        return assumption(channel, "customers_per_1k_usd", "customer/1k usd", N_("customers for 1,000 usd"), table)
    lead = assumption(channel, "usd_per_lead", "usd/customer", N_("price of a lead"), table)
    return assumption(channel, "conversion", "1", N_("leads that become customers"), table) / lead


def _pool(project: Project, channel: Channel, number: int, stays: Figure | None, months: int) -> Pool:
    each_month = won_a_month(channel, number)
    won = tuple(
        each_month if runs_in(channel.from_month, channel.to_month, month) else None for month in range(1, months + 1)
    )
    asks = asks_of(channel, f"marketing[{number}]", project.customers)
    return Pool(channel.channel, _kept(None, won, stays), won, asks)


def asks_of(owner: Record, table: str, customers: Customers) -> Figure | None:
    """Requests of a customer, request/customer/month: those of its own pool, else those of all customers."""
    for record, place in ((owner, table), (customers, "customers")):
        if counts(record, "requests_per_customer"):
            return assumption(record, "requests_per_customer", "request/customer/month", N_("requests of a customer"),
                              place)
    return None


def _brand(customers: Customers, channels: Sequence[Pool], stays: Figure | None, months: int) -> Pool | None:
    """Those at the start, those who come by themselves, and those whom others bring."""
    if not any(counts(customers, key) for key in ("at_start", "organic_per_month", "word_of_mouth_per_month")):
        return None
    start = assumption(customers, "at_start", "customer", N_("customers at the start"), "customers")
    count: Figure = start
    series: list[Figure] = []
    won: list[Kept] = []
    for month in range(months):
        before = [pool.customers[month - 1] for pool in channels] if month else []
        new = _unasked(customers, (count, *(one for one in before if one is not None)))
        left = count if stays is None else (count * stays).named(STAYED)
        count = left if new is None else (left + new).named(THERE)
        series.append(count)
        won.append(new)
    return Pool(N_("brand"), tuple(series), tuple(won), asks_of(customers, "customers", customers))


def _unasked(customers: Customers, there: Sequence[Figure]) -> Kept:
    """Who comes in a month without being won by a channel, in customers."""
    found = []
    if counts(customers, "organic_per_month"):
        organic = assumption(customers, "organic_per_month", "customer/month", N_("customers who come by themselves"),
                             "customers")
        found.append(organic * MONTH)
    if counts(customers, "word_of_mouth_per_month"):
        brought = assumption(customers, "word_of_mouth_per_month", "1/month", N_("customers that a customer brings"),
                             "customers")
        found.append(total(there, "customer", N_("customers")) * brought * MONTH)
    return total(found, "customer", N_("customers won")) if found else None


def _kept(start: Kept, won: Sequence[Kept], stays: Figure | None) -> tuple[Kept, ...]:
    """Customers of each month from those won: who stays, and who is new."""
    count, series = start, []
    for new in won:
        left = count if count is None or stays is None else (count * stays).named(STAYED)
        count = new if left is None else left if new is None else (left + new).named(THERE)
        series.append(count)
    return tuple(series)


def all_customers(pools_: Sequence[Pool], months: int) -> tuple[Figure, ...]:
    """Customers of all pools, each month."""
    return tuple(
        total((one for pool in pools_ if (one := pool.customers[month]) is not None), "customer", N_("customers"))
        for month in range(months)
    )


def newly_won(pools_: Sequence[Pool], months: int) -> tuple[Figure, ...]:
    """Customers won by all pools, each month."""
    return tuple(
        total((one for pool in pools_ if (one := pool.won[month]) is not None), "customer", N_("customers won"))
        for month in range(months)
    )
