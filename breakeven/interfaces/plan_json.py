"""The record that `plan --json` prints, which is also the `plan` of `run --json`: technical and English."""

from __future__ import annotations

from breakeven.records.plan import BuildOrBuy, Need, Plan, Volume
from breakeven.records.record import FigureRecord, Record
from breakeven.records.uncertainty import ScenarioOutcome, Tornado, Uncertainty


class KpiJson(Record):
    value: float | None
    unit: str
    why: str


class BuildOrBuyJson(Record):
    api: str
    own: str
    volume: float | None
    why: str
    once_usd: float
    curve: tuple[Volume, ...]


class NextDollarsJson(Record):
    end_cash_usd: float | None
    break_even_month: int | None
    unit: str
    why: str


class PartJson(Record):
    usd: float
    plan_usd: float
    terms: dict[str, float]


class NeedJson(Record):
    """The need for capital: total = trough + contingency + buffer; trough = parts + beside, less what is received."""

    total_usd: float
    trough_usd: float
    month: int
    contingency_usd: float
    buffer_usd: float
    funded_usd: float
    parts_usd: float
    parts: dict[str, PartJson]
    beside: dict[str, float]


class PlanJson(Record):
    """The plan with its months as plain values; `show` and the report unfold them."""

    break_even_month: int | None
    paid_back_month: int | None
    runway_months: int | None
    zero_cash_month: int | None
    lowest_cash_usd: float
    lowest_cash_month: int
    capital_need_usd: float
    need: NeedJson | None
    kpis: dict[str, KpiJson]
    build_or_buy: tuple[BuildOrBuyJson, ...]
    next_dollars: dict[str, NextDollarsJson]
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
        zero_cash_month=plan.zero_cash_month,
        lowest_cash_usd=plan.lowest_cash_usd,
        lowest_cash_month=plan.lowest_cash_month,
        capital_need_usd=plan.capital_need_usd,
        need=_need(plan.need) if plan.need else None,
        kpis={kpi.name: KpiJson(value=kpi.value, unit=kpi.unit, why=str(kpi.why)) for kpi in plan.kpis},
        build_or_buy=tuple(_build_or_buy(one) for one in plan.build_or_buy),
        next_dollars={
            one.where: NextDollarsJson(end_cash_usd=one.end_cash_usd, break_even_month=one.break_even_month,
                                       unit=str(one.unit), why=str(one.why))
            for one in plan.next_dollars
        },
        months=tuple({"month": m.month, "machines": m.machines, **m.values} for m in plan.months),
        assumptions=plan.assumptions,
        remarks=tuple(str(remark) for remark in plan.remarks),
        uncertainty=plan.uncertainty,
        tornado=plan.tornado,
        scenarios=plan.scenarios,
    )  # fmt: skip


def _need(need: Need) -> NeedJson:
    return NeedJson(
        total_usd=need.total.usd, trough_usd=need.trough.usd, month=need.month,
        contingency_usd=need.contingency.usd, buffer_usd=need.buffer.usd, funded_usd=need.funded_usd,
        parts_usd=need.parts_usd,
        parts={
            part.name: PartJson(usd=part.usd, plan_usd=part.plan_usd, terms={one.name: one.usd for one in part.terms})
            for part in need.parts
        },
        beside={one.name: one.usd for one in need.beside},
    )  # fmt: skip


def _build_or_buy(one: BuildOrBuy) -> BuildOrBuyJson:
    return BuildOrBuyJson(api=one.api, own=one.own, volume=one.volume, why=str(one.why), once_usd=one.once_usd,
                          curve=one.curve)
