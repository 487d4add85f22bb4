"""The record that `plan --json` prints, which is also the `plan` of `run --json`: technical and English."""

from __future__ import annotations

from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord, Record
from breakeven.records.uncertainty import ScenarioOutcome, Tornado, Uncertainty


class PlanJson(Record):
    """The plan with its months as plain values; `show` and the report unfold them."""

    break_even_month: int | None
    paid_back_month: int | None
    runway_months: int | None
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float
    months: tuple[dict[str, float], ...]
    assumptions: tuple[FigureRecord, ...]
    remarks: tuple[str, ...]
    uncertainty: Uncertainty | None
    tornado: Tornado | None
    scenarios: tuple[ScenarioOutcome, ...]


def plan_json(plan: Plan) -> PlanJson:
    """The record of a plan."""
    return PlanJson(
        break_even_month=plan.break_even_month,
        paid_back_month=plan.paid_back_month,
        runway_months=plan.runway_months,
        lowest_cash_usd=plan.lowest_cash_usd,
        lowest_cash_month=plan.lowest_cash_month,
        capital_need_usd=plan.capital_need_usd,
        months=tuple({"month": m.month, "machines": m.machines, **m.values} for m in plan.months),
        assumptions=plan.assumptions,
        remarks=tuple(str(remark) for remark in plan.remarks),
        uncertainty=plan.uncertainty,
        tornado=plan.tornado,
        scenarios=plan.scenarios,
    )
