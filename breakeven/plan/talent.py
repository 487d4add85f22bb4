"""People month by month: salaries, hiring, the replacement of those who leave, and the months before a new one counts.

    salaries(m)    = Σ roles: count × salary a year × loaded ÷ 12, from from_month to to_month
    hiring(m)      = count × hiring_usd in from_month, unless that is month 1: who is there then needs no hiring
    replacement(m) = count × attrition a year ÷ 12 × hiring_usd
    ramp(m)        = those who are new in that month × ramp_months × their pay a month
"""

from __future__ import annotations

from breakeven.core.figure import Figure, total
from breakeven.core.words import N_
from breakeven.plan.assumption import assumption, counts
from breakeven.plan.months import MONTH, NO_USD, Series, added, runs_in
from breakeven.records.project import Project, Role


def talent(project: Project, months: int) -> dict[str, Series]:
    """The terms of the fourth part, each in usd of each month."""
    roles = list(enumerate(project.team, 1))
    return {
        N_("salaries"): added([_salaries(role, number, months) for number, role in roles], months, N_("salaries")),
        N_("hiring"): added([_hiring(role, number, months) for number, role in roles], months, N_("hiring")),
        N_("replacing those who leave"): added(
            [_replacing(role, number, months) for number, role in roles], months, N_("replacing those who leave")
        ),
        N_("months before new people count"): added(
            [_ramp(role, number, months) for number, role in roles], months, N_("months before new people count")
        ),
    }


def people(project: Project, months: int) -> Series:
    """How many are paid, each month, in person."""
    return tuple(
        total((_count(role, number) for number, role in enumerate(project.team, 1)
               if runs_in(role.from_month, role.to_month, month)), "person", N_("people"))
        for month in range(1, months + 1)
    )


def _count(role: Role, number: int) -> Figure:
    return assumption(role, "count", "person", N_("people"), f"team[{number}]")


def _salaries(role: Role, number: int, months: int) -> Series:
    usd = (_count(role, number) * _pay(role, number)).counted_in("usd").named(role.role)
    return tuple(usd if runs_in(role.from_month, role.to_month, month) else NO_USD for month in range(1, months + 1))


def _pay(role: Role, number: int) -> Figure:
    """What one person of a role costs in one month, in usd/person. A year has 12 months by its unit."""
    table = f"team[{number}]"
    salary = assumption(role, "salary_usd_per_year", "usd/person/year", N_("salary a year"), table)
    loaded = assumption(role, "loaded", "1", N_("employer's costs on top of the salary, as a factor"), table)
    return (salary * loaded * MONTH).counted_in("usd/person")


def _hired(role: Role, number: int, month: int) -> Figure | None:
    """Who is hired for the first time in a month, in person."""
    return _count(role, number) if month == role.from_month > 1 else None


def _leaving(role: Role, number: int, month: int) -> Figure | None:
    """Who leaves and is replaced in a month, in person."""
    if not counts(role, "attrition_per_year") or not runs_in(role.from_month, role.to_month, month):
        return None
    leaves = assumption(role, "attrition_per_year", "1/year", N_("people who leave in a year"), f"team[{number}]")
    return (_count(role, number) * leaves * MONTH).counted_in("person")


def _each(role: Role, number: int) -> Figure:
    return assumption(role, "hiring_usd", "usd/person", N_("cost of finding one person"), f"team[{number}]")


def _hiring(role: Role, number: int, months: int) -> Series:
    if not counts(role, "hiring_usd"):
        return (NO_USD,) * months
    return tuple(_times(_hired(role, number, month), _each(role, number), role) for month in range(1, months + 1))


def _replacing(role: Role, number: int, months: int) -> Series:
    if not counts(role, "hiring_usd"):
        return (NO_USD,) * months
    return tuple(_times(_leaving(role, number, month), _each(role, number), role) for month in range(1, months + 1))


def _ramp(role: Role, number: int, months: int) -> Series:
    if not counts(role, "ramp_months"):
        return (NO_USD,) * months
    before = assumption(role, "ramp_months", "1", N_("months before a new one counts"), f"team[{number}]")
    each = before * _pay(role, number)
    series = []
    for month in range(1, months + 1):
        new = [one for one in (_hired(role, number, month), _leaving(role, number, month)) if one is not None]
        series.append(_times(total(new, "person", N_("new people")) if new else None, each, role))
    return tuple(series)


def _times(people_: Figure | None, each: Figure, role: Role) -> Figure:
    return NO_USD if people_ is None else (people_ * each).counted_in("usd").named(role.role)
