"""Spending month by month: people, marketing, serving and training, each in usd of that month."""

from __future__ import annotations

from collections.abc import Sequence

from breakeven.core.figure import Figure, constant, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption
from breakeven.plan.demand import MONTH, channel_spending, runs_in
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.project import Project, Role

NOTHING = constant(0.0, "usd")


def team(project: Project, months: int) -> tuple[Figure, ...]:
    """Σ over roles: count × salary a year × loaded ÷ 12, from `from_month` to `to_month`."""
    paid = [(role, _pay(role, number)) for number, role in enumerate(project.team, 1)]
    return tuple(
        total((pay for role, pay in paid if runs_in(role.from_month, role.to_month, month)), "usd", N_("team"))
        for month in range(1, months + 1)
    )


def _pay(role: Role, number: int) -> Figure:
    """What a role costs in one month, in usd. A year has 12 months by its unit."""
    table = f"team[{number}]"
    count = assumption(role, "count", "person", N_("people"), table)
    salary = assumption(role, "salary_usd_per_year", "usd/person/year", N_("salary a year"), table)
    loaded = assumption(role, "loaded", "1", N_("employer's costs on top of the salary, as a factor"), table)
    return (count * salary * loaded * MONTH).counted_in("usd").named(role.role)


def marketing(project: Project, months: int) -> tuple[Figure, ...]:
    """Σ over channels of what each costs a month."""
    paid = [
        (channel, (channel_spending(channel, number) * MONTH).counted_in("usd").named(channel.channel))
        for number, channel in enumerate(project.marketing, 1)
    ]
    return tuple(
        total((usd for channel, usd in paid if runs_in(channel.from_month, channel.to_month, month)),
              "usd", N_("marketing"))
        for month in range(1, months + 1)
    )


def serving(requests: Sequence[Figure], unit_cost: UnitFigures) -> tuple[Figure, ...]:
    """The cost of answering each month's requests (request/month), whole machines counted."""
    return tuple(
        (unit_cost.usd_per_month(asked) * MONTH).counted_in("usd").named(N_("serving")) for asked in requests
    )


def training(train_usd: Figure, months: int) -> tuple[Figure, ...]:
    """The cost of training, once, in month 1; later trainings are not assumed."""
    return (train_usd.named(N_("training")),) + (NOTHING.named(N_("training")),) * (months - 1)
