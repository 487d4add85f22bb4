"""The plan with how sure it is beside it: its bands, what moves it most, and its scenarios."""

from __future__ import annotations

from breakeven.core.figure import Figure
from breakeven.core.words import N_
from breakeven.plan.cash import milestones
from breakeven.plan.lines import plan_lines
from breakeven.plan.scenario import apply_scenario, scenarios
from breakeven.plan.tornado import tornado
from breakeven.plan.uncertainty import uncertainty
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.money import Scenario
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.uncertainty import Outcome, ScenarioOutcome

AS_PLANNED = N_("as planned")
Measured = tuple[UnitFigures | None, Figure | None]
"""What a run has measured: the cost of answering and of training; None before there is one."""


def with_spread(
    plan: Plan, project: Project | None = None, measured: Measured = (None, None), everything: bool = False
) -> Plan:
    """The same plan with bands and tornado, and, given its project, with the scenarios.

    `everything` moves figures without a range by a tenth, too. Raises ProjectError for a scenario that cannot be.
    """
    return plan.model_copy(update={
        "uncertainty": uncertainty(plan), "tornado": tornado(plan, everything),
        "scenarios": side_by_side(plan, project, measured) if project else (),
    })


def side_by_side(plan: Plan, project: Project, measured: Measured) -> tuple[ScenarioOutcome, ...]:
    """The plan and each of its scenarios; of two with one name the one of the project file."""
    named = {scenario.name: scenario for scenario in reversed(scenarios(project))}
    ordered = [named.pop(one.name) for one in scenarios(project) if one.name in named]
    months = len(plan.months)
    return (as_planned(plan), *(_outcome(scenario, project, months, measured) for scenario in ordered))


def as_planned(plan: Plan) -> ScenarioOutcome:
    """What the plan itself comes to."""
    cash = tuple(month.values["cash"] for month in plan.months)
    outcome = Outcome(
        break_even_month=plan.break_even_month, runway_months=plan.runway_months,
        lowest_cash_usd=plan.lowest_cash_usd, capital_need_usd=plan.capital_need_usd, end_cash_usd=cash[-1],
    )
    return ScenarioOutcome(name=AS_PLANNED, outcome=outcome, cash=cash)


def _outcome(scenario: Scenario, project: Project, months: int, measured: Measured) -> ScenarioOutcome:
    """The lines of the project as the scenario has it, without all else that is said of a plan."""
    made = plan_lines(apply_scenario(project, scenario), months, *measured)
    net, cash, cumulative = ([figure.value for figure in made.lines[name]] for name in ("net", "cash", "cumulative"))
    marks = milestones(made.start.value, net, cash, cumulative)
    outcome = Outcome(
        break_even_month=marks.break_even_month, runway_months=marks.runway_months,
        lowest_cash_usd=marks.lowest_cash_usd, capital_need_usd=marks.capital_need_usd, end_cash_usd=cash[-1],
    )
    return ScenarioOutcome(name=scenario.name, outcome=outcome, cash=tuple(cash))
