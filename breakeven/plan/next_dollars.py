"""The value of a thousand dollars more in data, compute, people or marketing: the plan with them less without.

They are spent in month 1. What they bring is in the plan for marketing: the customers that its channels win. For the
others the plan knows their price and not their use, unless an [[effect]] says it; then that is valued.
"""

from __future__ import annotations

from breakeven.core.figure import Figure, constant
from breakeven.core.words import N_, Message, say
from breakeven.plan.cash import stays_from
from breakeven.plan.customers import wins, won_a_month
from breakeven.plan.lines import Lines, plan_lines
from breakeven.plan.scenario import apply_scenario
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.money import Channel, Dataset, Scenario
from breakeven.records.plan import NextDollars
from breakeven.records.project import Project
from breakeven.records.quantity import Quantity
from breakeven.records.record import MessageRecord

STEP_USD = 1000.0
PLACES = (N_("data"), N_("compute"), N_("people"), N_("marketing"))


def next_dollars(
    project: Project, made: Lines, measured: UnitFigures | None, train_usd: Figure | None
) -> tuple[NextDollars, ...]:
    """What a thousand dollars more would change, for each place; `made` is the plan without them."""
    found = []
    for where in PLACES:
        changed = _with(project, where)
        if changed is None:
            found.append(_unknown(project, where))
            continue
        other = plan_lines(changed, len(made.asked), measured, train_usd)
        found.append(NextDollars(
            where=where, unit=MessageRecord.of(_unit(project, where)),
            end_cash_usd=other.lines["cash"][-1].value - made.lines["cash"][-1].value,
            break_even_month=stays_from([figure.value for figure in other.lines["net"]]),
            why=MessageRecord.of(_because(project, where)),
        ))  # fmt: skip
    return tuple(found)


def _with(project: Project, where: str) -> Project | None:
    """The project with a thousand dollars more in one place; None where nothing is known of their use."""
    effects = {key: value for one in project.effect if one.where == where for key, value in one.changes.items()}
    if effects:
        spent = Dataset(name=where, licence_usd=Quantity(value=STEP_USD))
        research = project.research.model_copy(update={"dataset": (*project.research.dataset, spent)})
        paid = project.model_copy(update={"research": research})
        return apply_scenario(paid, Scenario(name=where, changes=effects))
    if where == "marketing" and any(wins(channel) for channel in project.marketing):
        return project.model_copy(update={"marketing": (*project.marketing, _more(project))})
    return None


def _more(project: Project) -> Channel:
    """The channel that wins most for its next thousand dollars, as one that spends only them, in month 1."""
    step = constant(STEP_USD, "usd")
    gains = {
        number: won_a_month(channel, number, step).value - won_a_month(channel, number).value
        for number, channel in enumerate(project.marketing, 1) if wins(channel)
    }  # fmt: skip
    best = max(gains, key=lambda number: gains[number])
    channel = project.marketing[best - 1]
    given = {"requests_per_customer": channel.requests_per_customer} if (
        "requests_per_customer" in channel.model_fields_set) else {}
    return Channel(
        channel=channel.channel, usd_per_month=Quantity(value=STEP_USD), from_month=1, to_month=1,
        customers_per_1k_usd=Quantity(value=gains[best] * 1000 / STEP_USD), **given,
    )  # fmt: skip


def _unit(project: Project, where: str) -> Message:
    """What a thousand dollars are, there."""
    rows = [data.usd_per_row.value for data in project.research.dataset if data.usd_per_row.value]
    hours = [job.usd_per_gpu_hour.value for job in project.training if job.usd_per_gpu_hour]
    pay = [role.salary_usd_per_year.value * role.loaded.value / 12 for role in project.team]
    if where == "data" and rows:
        return say("{rows} more labelled rows", rows=STEP_USD / min(rows))
    if where == "compute" and hours and min(hours):
        return say("{number} more GPU-hours", number=round(STEP_USD / min(hours)))
    if where == "people" and pay and min(pay):
        return say("{share} of a month of one person", share=STEP_USD / min(pay))
    return say("1,000 usd in month 1")


def _because(project: Project, where: str) -> Message:
    if any(one.where == where for one in project.effect):
        return say("by what [[effect]] says that they change")
    return say("by the customers that the best channel wins with them")


def _unknown(project: Project, where: str) -> NextDollars:
    reasons = {
        "data": say("what more rows bring in quality, and that in customers, is not in the plan; say it with "
                    "[[effect]]"),
        "compute": say("what more compute brings in quality, and that in customers, is not in the plan; say it with "
                       "[[effect]]"),
        "people": say("what more people bring is not in the plan; say it with [[effect]]"),
        "marketing": say("no channel of [[marketing]] wins customers"),
    }  # fmt: skip
    unit, why = MessageRecord.of(_unit(project, where)), MessageRecord.of(reasons[where])
    return NextDollars(where=where, unit=unit, end_cash_usd=None, break_even_month=None, why=why)
