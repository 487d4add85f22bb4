"""All lines of the plan, and the terms of its four parts: the graph of figures that everything else reads."""

from __future__ import annotations

from dataclasses import dataclass

from breakeven.core.figure import Figure
from breakeven.core.words import N_
from breakeven.plan import cash as money
from breakeven.plan.compute import compute, trainings
from breakeven.plan.customers import pools
from breakeven.plan.demand import monthly_requests
from breakeven.plan.freemium import freemiums
from breakeven.plan.funding import loans, rounds, start_cash, tax
from breakeven.plan.marketing import marketing
from breakeven.plan.months import MONTH, Series, added
from breakeven.plan.research import research
from breakeven.plan.revenue import Sold, earnings, invoiced, received, recurring
from breakeven.plan.serving import serving, unit_figures_by_month
from breakeven.plan.talent import talent
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.project import Project

COSTS = ("serving", "training", "research", "marketing", "team")
PART_LINES = {"compute": "training", "research": "research", "marketing": "marketing", "talent": "team"}
"""The four parts and the lines that they are in the months."""


@dataclass(frozen=True)
class Lines:
    """The graph of a plan. `lines` as in records/plan.py; all else is what they are made of and what KPIs need."""

    start: Figure
    lines: dict[str, Series]
    parts: dict[str, dict[str, Series]]
    asked: Series
    """request/month."""
    rates: tuple[UnitFigures, ...]
    machines: tuple[Figure | None, ...]
    own_flow: Series
    """What the product itself brings and takes: all that is paid and received but rounds and loans."""
    recurring: Series
    won: Series
    made_once: Series
    """Training runs and experiments: what it takes to make a model."""
    answered: bool
    """Whether anything tells what answering costs; else it is missing in every sum."""


def plan_lines(project: Project, months: int, measured: UnitFigures | None, train_usd: Figure | None) -> Lines:
    """The figures of every line, month by month. Raises ProjectError for what cannot be priced."""
    pools_, free = pools(project, months), freemiums(project, months)
    asked = monthly_requests(project, pools_, free.values(), months)
    requests = tuple((figure * MONTH).counted_in("request").named(N_("requests")) for figure in asked)
    sold = Sold.of(requests, pools_, free)
    ways = earnings(project, sold)
    billed = invoiced(ways, months)
    rates = unit_figures_by_month(project, measured, months)
    trained = trainings(project, months, train_usd)
    parts = {
        "compute": compute(project, months, trained), "research": research(project, months, trained),
        "marketing": marketing(project, months), "talent": talent(project, months),
    }  # fmt: skip
    paying = [sold.customers, *(one.paying for one in free.values())]
    won = [sold.won, *(one.won for one in free.values())]
    lines: dict[str, Series] = {
        "requests": requests,
        "customers": added(paying, months, N_("customers"), "customer"),
        "revenue": billed,
        "received": received(ways, billed),
        "serving": serving(asked, rates),
        **{PART_LINES[part]: added(list(terms.values()), months, PART_NAMES[part]) for part, terms in parts.items()},
        "rounds": rounds(project.capital, months),
    }
    own_flow = _add_money(project, lines, months)
    return Lines(
        start=start_cash(project.capital), lines=lines, parts=parts, asked=asked, rates=rates,
        machines=tuple(rate.machines(wanted) for rate, wanted in zip(rates, asked, strict=True)),
        own_flow=own_flow, recurring=recurring(ways, months),
        won=added(won, months, N_("customers won"), "customer"),
        made_once=added([*list(parts["compute"].values())[:1], *list(parts["research"].values())[:1]], months,
                        N_("making the model")),
        answered=measured is not None or bool(project.serving) or not any(wanted.value for wanted in asked),
    )  # fmt: skip


PART_NAMES = {"compute": N_("compute"), "research": N_("research"), "marketing": N_("marketing"), "talent": N_("team")}


def _add_money(project: Project, lines: dict[str, Series], months: int) -> Series:
    """Interest, tax, net, loans, cash and cumulative, added to the lines; gives the flow without outside money."""
    start = start_cash(project.capital)
    lines["loans"], lines["interest"] = loans(project.capital, months)
    costs = [lines[name] for name in COSTS]
    profit = money.net(lines["revenue"], *costs, lines["interest"])
    lines["tax"] = tax(project.plan, profit)
    lines["net"] = money.net(lines["revenue"], *costs, lines["interest"], lines["tax"])
    late = money.waiting(lines["revenue"], lines["received"])
    own = [lines["net"], *([late] if late else [])]
    lines["cash"] = money.cash(start, *own, lines["rounds"], *([lines["loans"]] if project.capital.loan else []))
    lines["cumulative"] = money.cumulative(lines["net"])
    return lines["net"] if late is None else added(own, months, N_("paid and received"))
