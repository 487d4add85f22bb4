"""What the road map takes each month against what is there: compute, data, technology, people, money.

Work is spread evenly over a milestone, from its planned start to its planned finish:

    people(m)  = Σ count × share of month m in which the milestone runs            there: [[team]], in that month
    compute(m) = Σ need ÷ duration × time in month m                               there: what the month brings
    money(m)   = Σ usd ÷ duration × time up to the end of month m                  there: cash of the plan
    data, technology(m) = largest need of the milestones that run in month m       there: stock + what came so far
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from breakeven.core.errors import ProjectError
from breakeven.core.words import N_, say
from breakeven.plan.metrics import Facts
from breakeven.plan.months import runs_in
from breakeven.plan.schedule import Times, Where, did_you_mean, place
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.roadmap import Kind, Milestone, Resource
from breakeven.records.roadmap_state import ResourceMonths

USUAL: Mapping[str, Kind] = {"gpu_hours": "compute", "rows": "data", "tokens": "data"}
"""Needs that every project may name without a [[resource]]; what is there is then measured or unknown."""
UNITS = {"gpu_hours": "hour", "rows": "row", "tokens": "token"}


def check_needs(project: Project, where: Where = place) -> None:
    """Raises ProjectError with all needs that no [[resource]] and no usual name stands for."""
    known = (*dict.fromkeys((*(one.name for one in project.resource), *USUAL)),)
    faults = [
        ProjectError(say("{name} needs {need}, which is no resource", name=one.name, need=need),
                     where("milestone", position, "needs"), did_you_mean(need, known))
        for position, one in enumerate(project.milestone) for need in one.needs if need not in known
    ]
    if faults:
        raise ProjectError(faults[0].what, faults[0].where, faults[0].hint, tuple(faults))


class Load:
    """The planned times of the milestones, and how much of each falls into a month."""

    def __init__(self, milestones: Sequence[Milestone], planned: Times) -> None:
        self.milestones = milestones
        self.starts = [float(value) for value in planned.start[0]]
        self.ends = [float(value) for value in planned.finish[0]]
        self.months = max(1, math.ceil(max(self.ends, default=0.0) - 1e-9))

    def time(self, one: int, month: int) -> float:
        """Months (0 to 1) that milestone `one` runs in a month."""
        return max(0.0, min(self.ends[one], month) - max(self.starts[one], month - 1))

    def share(self, one: int, month: int) -> float:
        """The part of a milestone's work that falls into a month; one without duration falls into its month whole."""
        length = self.ends[one] - self.starts[one]
        if length > 0:
            return self.time(one, month) / length
        return float(month == min(self.months, math.floor(self.starts[one]) + 1))

    def summed(self, amount: Callable[[Milestone], float], part: Callable[[int, int], float]) -> tuple[float, ...]:
        """Σ over milestones of amount × part, month by month."""
        return tuple(
            math.fsum(amount(one) * part(position, month) for position, one in enumerate(self.milestones))
            for month in range(1, self.months + 1)
        )

    def largest(self, amount: Callable[[Milestone], float]) -> tuple[float, ...]:
        """The largest amount of the milestones that run in each month."""
        return tuple(
            max((amount(one) for position, one in enumerate(self.milestones) if self.share(position, month)),
                default=0.0)
            for month in range(1, self.months + 1)
        )


def resources(project: Project, load: Load, plan: Plan | None, facts: Facts) -> tuple[ResourceMonths, ...]:
    """Every resource that a milestone needs, in the order of kinds: people, compute, data, technology, money."""
    needs = dict.fromkeys(need for one in project.milestone for need in one.needs)
    held = [_held(need, project, load, facts) for need in needs]
    held.sort(key=lambda one: ("compute", "data", "technology").index(one.kind))
    return (*_people(project, load), *held, *_money(project, load, plan))


def _people(project: Project, load: Load) -> list[ResourceMonths]:
    roles = dict.fromkeys(role for one in project.milestone for role in one.people)
    return [
        ResourceMonths(
            name=role, kind="talent", unit="person", source=N_("[[team]]"),
            needed=load.summed(lambda one, role=role: _value(one.people.get(role)), load.time),  # type: ignore[misc]
            there=tuple(_employed(project, role, month) for month in range(1, load.months + 1)),
        )
        for role in roles
    ]


def _value(quantity: object) -> float:
    """The middle of a quantity; nothing is 0."""
    return float(getattr(quantity, "value", 0.0))


def _employed(project: Project, role: str, month: int) -> float:
    return math.fsum(
        one.count.value for one in project.team
        if one.role == role and runs_in(one.from_month, one.to_month, month)
    )


def _held(need: str, project: Project, load: Load, facts: Facts) -> ResourceMonths:
    """Compute, data or technology of a name."""
    own = next((one for one in project.resource if one.name == need), None)
    kind: Kind = own.kind if own else USUAL[need]
    spread = kind == "compute"

    def amount(one: Milestone) -> float:
        return _value(one.needs.get(need))

    needed = load.summed(amount, load.share) if spread else load.largest(amount)
    months = range(1, load.months + 1)
    if own:
        there: tuple[float | None, ...] = tuple(_there(own, month) for month in months)
        source = N_("[[resource]]")
    else:
        there = (facts[need].value if need in facts and not spread else None,) * load.months
        source = N_("measured by the last run") if there[0] is not None else N_("not stated")
    return ResourceMonths(name=need, kind=kind, unit=UNITS.get(need, "1"), needed=needed, there=there, source=source)


def _there(own: Resource, month: int) -> float:
    """Compute: what the month brings. Data and technology: the stock and all that came so far."""
    brings = own.per_month.value
    if own.kind == "compute":
        return own.stock.value + (brings if runs_in(own.from_month, own.to_month, month) else 0.0)
    came = sum(runs_in(own.from_month, own.to_month, past) for past in range(1, month + 1))
    return (own.stock.value if month >= own.from_month else 0.0) + came * brings


def _money(project: Project, load: Load, plan: Plan | None) -> list[ResourceMonths]:
    """The budgets of the milestones, summed up to each month, against the cash that the plan has left without them."""
    if not any(one.usd.value for one in project.milestone):
        return []
    each = load.summed(lambda one: one.usd.value, load.share)
    cash = [month.values["cash"] for month in plan.months] if plan else []
    return [ResourceMonths(
        name=N_("cash"), kind="capital", unit="usd", source=N_("the plan without these budgets"),
        needed=tuple(math.fsum(each[:month]) for month in range(1, load.months + 1)),
        there=tuple(cash[month] if month < len(cash) else None for month in range(load.months)),
    )]
