"""The plan with how sure it is beside it: its bands and what moves it most."""

from __future__ import annotations

from breakeven.plan.tornado import tornado
from breakeven.plan.uncertainty import uncertainty
from breakeven.records.plan import Plan
from breakeven.records.uncertainty import Outcome, ScenarioOutcome


def with_spread(plan: Plan, everything: bool = False) -> Plan:
    """The same plan with its bands and its tornado; `everything` moves figures without a range by a tenth, too."""
    return plan.model_copy(update={"uncertainty": uncertainty(plan), "tornado": tornado(plan, everything)})


def scenario_outcome(name: str, plan: Plan) -> ScenarioOutcome:
    """What the plan of a scenario comes to, to be set beside the others."""
    cash = tuple(month.values["cash"] for month in plan.months)
    outcome = Outcome(
        break_even_month=plan.break_even_month, runway_months=plan.runway_months,
        lowest_cash_usd=plan.lowest_cash_usd, capital_need_usd=plan.capital_need_usd, end_cash_usd=cash[-1],
    )
    return ScenarioOutcome(name=name, outcome=outcome, cash=cash)
