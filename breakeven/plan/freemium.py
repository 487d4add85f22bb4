"""Freemium: users who pay nothing, and those of them who begin to pay, month by month.

    converted(m) = free(m - 1) × conversion
    free(m)      = free(m - 1) × (1 - conversion - free churn) + new free users
    paying(m)    = paying(m - 1) × (1 - churn) + converted(m)
"""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure, constant, pick, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.customers import ALL, asks_of, churn
from breakeven.plan.months import MONTH, Series
from breakeven.records.money import Customers, Revenue
from breakeven.records.project import Project

NOBODY = constant(0.0, "customer")
NONE_LEFT = constant(0.0, "1", N_("no more can leave than are there"))


@dataclass(frozen=True)
class Freemium:
    """Free and paying users each month (customer), and what all of them ask for (request/month)."""

    free: Series
    paying: Series
    won: Series
    requests: Series


def freemiums(project: Project, months: int) -> dict[int, Freemium]:
    """The users of each freemium product, by its number among the [[revenue]] tables."""
    return {
        number: _freemium(table, f"revenue[{number}]", project.customers, months)
        for number, table in enumerate(project.revenue, 1) if table.kind == "freemium"
    }  # fmt: skip


def _freemium(table: Revenue, key: str, customers: Customers, months: int) -> Freemium:
    new = assumption(table, "new_free_users_per_month", "customer/month", N_("new free users a month"), key) * MONTH
    converts = assumption(table, "conversion_per_month", "1", N_("free users who begin to pay in a month"), key)
    leaves = assumption(table, "free_churn_per_month", "1", N_("free users who leave in a month"), key)
    stays = pick(max, (ALL - converts - leaves, NONE_LEFT))
    payers_stay = ALL - _churn(table, key, customers)
    free = assumption(table, "free_users_at_start", "customer", N_("free users at the start"), key)
    paying = NOBODY
    series: list[tuple[Figure, Figure, Figure]] = []
    for _ in range(months):
        won = free * converts
        free = (free * stays + new).named(N_("free users"))
        paying = (paying * payers_stay + won).named(N_("paying users"))
        series.append((free, paying, won))
    asked = tuple(_requests(table, key, customers, free, paying) for free, paying, _ in series)
    return Freemium(
        free=tuple(one for one, _, _ in series), paying=tuple(one for _, one, _ in series),
        won=tuple(one for _, _, one in series), requests=asked,
    )  # fmt: skip


def _churn(table: Revenue, key: str, customers: Customers) -> Figure:
    """The part of the payers that leaves in a month: its own, else that of all customers."""
    if table.churn_per_month is not None:
        return assumption(table, "churn_per_month", "1", N_("paying users who leave in a month"), key)
    return (churn(customers) * MONTH).counted_in("1")


def _requests(table: Revenue, key: str, customers: Customers, free: Figure, paying: Figure) -> Figure:
    """What free and paying users ask for, in request/month."""
    asked = []
    if counts(table, "requests_per_free_user"):
        each = assumption(table, "requests_per_free_user", "request/customer/month", N_("requests of a free user"), key)
        asked.append(free * each)
    each_payer = asks_of(table, key, customers)
    if each_payer is not None:
        asked.append(paying * each_payer)
    return total(asked, "request/month", N_("requests"))
