"""Demand month by month: the stated requests with their growth, and those of customers and free users.

    stated(m)   = requests_per_month × (1 + growth_per_month)^(m - 1)          month 1 is as stated
    requests(m) = stated(m) + Σ pools: customers(m) × requests_per_customer + requests of freemium users
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from breakeven.core.figure import Figure, constant, pick, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption
from breakeven.plan.customers import Pool
from breakeven.plan.freemium import Freemium
from breakeven.records.project import Demand, Project
from breakeven.records.quantity import NONE

WITHOUT_GROWTH = constant(1.0, "1", N_("no growth"))
NOTHING_LEFT = constant(0.0, "1", N_("demand cannot fall below zero"))


def stated(project: Project) -> Demand:
    """The demand as the project file states it; nothing by default where customers are counted or no data is there."""
    known = project.model_fields_set & {"customers", "revenue"} or not project.data.train
    if known and "requests_per_month" not in project.demand.model_fields_set:
        values = vars(project.demand) | {"requests_per_month": NONE}  # still a default, not what the user wrote
        return Demand.model_construct(_fields_set=project.demand.model_fields_set, **values)
    return project.demand


def stated_demand(demand: Demand) -> Figure:
    """Requests a month as the project file states them, for month 1."""
    return assumption(demand, "requests_per_month", "request/month", N_("requests a month"), "demand")


def monthly_requests(
    project: Project, pools: Sequence[Pool], freemiums: Iterable[Freemium], months: int
) -> tuple[Figure, ...]:
    """Requests of each month, in request/month."""
    grown = _grown(stated(project), months)
    free = tuple(freemiums)
    return tuple(
        total((grown[month], *_of_pools(pools, month), *(one.requests[month] for one in free)),
              "request/month", N_("requests"))
        for month in range(months)
    )


def _of_pools(pools: Sequence[Pool], month: int) -> list[Figure]:
    """What the customers of each pool ask for."""
    found = []
    for pool in pools:
        customers = pool.customers[month]
        if customers is not None and pool.asks is not None:
            found.append((customers * pool.asks).counted_in("request/month"))
    return found


def _grown(demand: Demand, months: int) -> list[Figure]:
    """The stated demand of each month, compounded."""
    growth = assumption(demand, "growth_per_month", "1", N_("growth a month"), "demand")
    factor = pick(max, (WITHOUT_GROWTH + growth, NOTHING_LEFT), N_("growth factor"))
    series = [stated_demand(demand)]
    while len(series) < months:
        series.append(series[-1] * factor)
    return series
