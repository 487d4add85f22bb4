"""What is earned, month by month: invoiced by any of the ways to sell, and received when it is paid.

    invoiced(m) = Σ ways: billed(m) × price × (1 - discount), from from_month to to_month
    received(m) = invoiced(m - k) × (1 - f) + invoiced(m - k - 1) × f          k + f = payment_days ÷ 30
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from breakeven.core.figure import Figure, constant, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.customers import ALL, Pool, all_customers, newly_won
from breakeven.plan.freemium import Freemium
from breakeven.plan.months import MONTH, NO_USD, Series, added, runs_in
from breakeven.records.money import Revenue
from breakeven.records.project import Project

DAYS_A_MONTH = 30.0


@dataclass(frozen=True)
class Sold:
    """What is billed, each month: requests (request), customers and those just won (customer), freemium users."""

    requests: Series
    customers: Series
    won: Series
    freemium: dict[int, Freemium]

    @classmethod
    def of(cls, requests: Series, pools: Sequence[Pool], freemium: dict[int, Freemium]) -> Sold:
        months = len(requests)
        return cls(requests, all_customers(pools, months), newly_won(pools, months), freemium)


@dataclass(frozen=True)
class Earned:
    """A way to earn: its name, what is invoiced and what is received each month, and the part that comes back."""

    name: str
    invoiced: Series
    received: Series
    recurring: Series


def earnings(project: Project, sold: Sold) -> tuple[Earned, ...]:
    """Every way to earn of the project, that of `demand.price_per_1k_requests` first."""
    ways = [_earned(table, f"revenue[{number}]", number, project, sold)
            for number, table in enumerate(project.revenue, 1)]
    if counts(project.demand, "price_per_1k_requests") or not ways:
        price = assumption(
            project.demand, "price_per_1k_requests", "usd/1k request", N_("price per 1,000 requests"), "demand"
        )
        each = tuple((asked * price).counted_in("usd").named(N_("requests sold")) for asked in sold.requests)
        ways.insert(0, Earned(N_("requests sold"), each, each, each))
    return tuple(ways)


def invoiced(ways: Sequence[Earned], months: int) -> Series:
    """What all ways bill, each month."""
    return added([way.invoiced for way in ways], months, N_("revenue"))


def received(ways: Sequence[Earned], billed: Series) -> Series:
    """What customers pay, each month; `billed` itself where all is paid at once."""
    months = len(billed)
    if all(way.received is way.invoiced for way in ways):
        return billed
    return added([way.received for way in ways], months, N_("paid by customers"))


def recurring(ways: Sequence[Earned], months: int) -> Series:
    """The part of the revenue that comes again next month: without licences sold once and projects."""
    return added([way.recurring for way in ways], months, N_("recurring revenue"))


def _earned(table: Revenue, key: str, number: int, project: Project, sold: Sold) -> Earned:
    bill = BILLS[table.kind]
    months = len(sold.requests)
    again = tuple(
        _discounted(bill(table, key, number, project, sold, month), table, key)
        if runs_in(table.from_month, table.to_month, month + 1) else NO_USD
        for month in range(months)
    )
    once = tuple(
        _discounted(_once(table, key, sold, month), table, key)
        if runs_in(table.from_month, table.to_month, month + 1) else NO_USD
        for month in range(months)
    ) if table.kind in ("licence", "project") else ()
    billed = added([again, once], months, table.name or table.kind) if once else again
    return Earned(table.name or table.kind, billed, _paid_later(billed, table.payment_days), again)


def _discounted(usd: Figure | None, table: Revenue, key: str) -> Figure:
    """The price less its discount, in usd."""
    if usd is None:
        return NO_USD
    if counts(table, "discount"):
        usd = usd * (ALL - assumption(table, "discount", "1", N_("discount"), key))
    return usd.counted_in("usd").named(table.name or table.kind)


def _paid_later(billed: Series, days: float) -> Series:
    """The same money when it comes: after whole months, and a part of it a month later."""
    if not days:
        return billed
    whole, later = math.floor(days / DAYS_A_MONTH), days / DAYS_A_MONTH % 1.0
    sooner = constant(1.0 - later, "1", N_("part that is paid in the earlier month"))
    rest = constant(later, "1", N_("part that is paid a month later"))
    series = []
    for month in range(len(billed)):
        parts = [billed[month - whole] * sooner] if month >= whole else []
        if later and month > whole:
            parts.append(billed[month - whole - 1] * rest)
        series.append(total(parts, "usd", N_("paid by customers")))
    return tuple(series)


# --- what is billed, by kind; in units that come to usd


def _per_request(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure:
    price = assumption(table, "usd_per_1k_requests", "usd/1k request", N_("price per 1,000 requests"), key)
    return sold.requests[month] * price


def _per_token(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure:
    out = assumption(table, "output_tokens_per_request", "token/request", N_("output tokens of a request"), key)
    price = assumption(table, "usd_per_1m_output_tokens", "usd/1m token", N_("price of a million output tokens"), key)
    each = out * price
    if table.usd_per_1m_input_tokens is not None and table.input_tokens_per_request is not None:
        in_ = assumption(table, "input_tokens_per_request", "token/request", N_("input tokens of a request"), key)
        price = assumption(table, "usd_per_1m_input_tokens", "usd/1m token", N_("price of a million input tokens"), key)
        each = each + in_ * price
    return sold.requests[month] * each


def _per_seat(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure:
    seats = assumption(project.customers, "seats_per_customer", "seat/customer", N_("seats of a customer"), "customers")
    price = assumption(table, "usd_per_seat_month", "usd/seat/month", N_("price of a seat a month"), key)
    return sold.customers[month] * seats * price * MONTH


def _subscription(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure:
    price = _of_customer(table, key)
    paying = sold.customers[month]
    if counts(table, "share_of_customers") and "share_of_customers" in table.model_fields_set:
        paying = paying * assumption(table, "share_of_customers", "1", N_("part of the customers in this tier"), key)
    return paying * price * MONTH


def _maintenance(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure | None:
    if not counts(table, "maintenance_per_year"):
        return None
    part = assumption(table, "maintenance_per_year", "1/year", N_("maintenance a year, of the price"), key)
    return sold.customers[month] * _licence(table, key) * part * MONTH


def _licence(table: Revenue, key: str) -> Figure:
    return assumption(table, "usd_per_licence", "usd/customer", N_("price of a licence"), key)


def _freemium(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> Figure:
    price = _of_customer(table, key)
    return sold.freemium[number].paying[month] * price * MONTH


def _of_customer(table: Revenue, key: str) -> Figure:
    name = N_("price of a subscription a month")
    return assumption(table, "usd_per_customer_month", "usd/customer/month", name, key)


def _nothing_again(table: Revenue, key: str, number: int, project: Project, sold: Sold, month: int) -> None:
    return None


def _once(table: Revenue, key: str, sold: Sold, month: int) -> Figure | None:
    """What is billed a single time: licences of new customers, and projects in their months."""
    if table.kind == "licence":
        return sold.won[month] * _licence(table, key)
    return assumption(table, "usd", "usd", N_("price of the project"), key) if _is_due(table, month + 1) else None


def _is_due(table: Revenue, month: int) -> bool:
    first = table.month or 1
    return month == first or bool(table.every_months and month > first and not (month - first) % table.every_months)


Bill = Callable[[Revenue, str, int, Project, Sold, int], Figure | None]
BILLS: dict[str, Bill] = {
    "request": _per_request, "token": _per_token, "seat": _per_seat, "subscription": _subscription,
    "licence": _maintenance, "freemium": _freemium, "project": _nothing_again,
}  # fmt: skip
