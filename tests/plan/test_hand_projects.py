"""Three projects cell by cell against plain arithmetic: a seat-priced desk, an API-first start-up, a pretraining."""

from __future__ import annotations

import math
import tomllib
from itertools import pairwise
from typing import Any

import pytest
from hand_projects import API_FIRST, PRETRAINING, SEATS

from breakeven.plan.make_plan import make_plan
from breakeven.records.plan import Plan
from breakeven.records.project import Project

Row = dict[str, float]


def plan_of(text: str) -> Plan:
    return make_plan(Project.model_validate(tomllib.loads(text)))


def settled(rows: list[Row], cash: float) -> list[Row]:
    """Net, cash and cumulative from the other lines; each row has what is paid and received in its month."""
    running = 0.0
    for row in rows:
        for line in ("customers", "training", "research", "marketing", "serving", "interest", "tax", "rounds", "loans"):
            row.setdefault(line, 0.0)
        costs = sum(row[line] for line in ("serving", "training", "research", "marketing", "team", "interest", "tax"))
        row["net"] = row["revenue"] - costs
        running += row["net"]
        cash += row["net"] - row["revenue"] + row["received"] + row["rounds"] + row["loans"]
        row["cash"], row["cumulative"] = cash, running
    return rows


def seats_by_hand() -> list[Row]:
    rows, ads, brand, invoices, profit, best = [], 0.0, 40.0, [], 0.0, 0.0
    for month in range(1, 25):
        won_by_ads = 4_000 / 50 * 0.08 / (1 + 4_000 / 20_000)
        won_by_brand = 2 + 0.02 * (ads + brand)
        ads, brand = ads * 0.97 + won_by_ads, brand * 0.97 + won_by_brand
        customers = ads + brand
        seats = customers * 6 * 55 * 0.9
        licences = (won_by_ads + won_by_brand) * 500 + customers * 500 * 0.20 / 12 if month >= 4 else 0.0
        invoices.append(seats)
        one_month, two_months = ([0.0, 0.0, *invoices])[-2:-4:-1]
        received = licences + 0.5 * one_month + 0.5 * two_months
        requests = customers * 8_000
        machines = max(1, math.ceil(requests / (0.4 * 0.5 * 730 * 3600)))
        serving = 100 + 0.0002 * requests + machines * 0.5 * 730
        marketing = 4_000 + (9_000 if month in (5, 6) else 0)
        pay = 96_000 * 1.25 / 12
        leaving = 2 * 0.12 / 12
        team = 2 * pay + leaving * 12_000 + leaving * 2 * pay
        if month >= 6:
            team += 48_000 * 1.2 / 12 + (5_000 if month == 6 else 0)
        interest = 60_000 * (1 - max(0, month - 6) / 12) * 0.06 / 12 if 2 < month <= 17 else 0.0
        loans = (60_000 if month == 2 else 0) - (60_000 / 12 if 6 <= month <= 17 else 0)
        before_tax = seats + licences - serving - marketing - team - interest
        profit += before_tax
        tax = 0.25 * max(0.0, profit - best)
        best = max(best, profit)
        rows.append({
            "requests": requests, "customers": customers, "revenue": seats + licences, "received": received,
            "serving": serving, "marketing": marketing, "team": team, "interest": interest, "tax": tax,
            "rounds": 150_000.0 if month == 3 else 0.0, "loans": loans, "machines": machines,
        })
    return settled(rows, 60_000.0)


def api_first_by_hand() -> list[Row]:
    rows, free, paying, last_tokens = [], 100.0, 0.0, 0.0
    for month in range(1, 37):
        won = free * 0.02
        free, paying = free * (1 - 0.02 - 0.10) + 900, paying * 0.95 + won
        requests = 400_000 * 1.09 ** (month - 1) + free * 20 + paying * 150
        tokens = requests * (1_500 * 1e-6 + 300 * 4e-6)
        project = 8_000.0 if (month - 3) % 6 == 0 and month >= 3 else 0.0
        at_once = requests / 1_000 * 9 + paying * 15 + project
        if month < 8:
            serving, machines = requests * (1_500 * 2.5e-6 + 300 * 10e-6) * 0.7 ** ((month - 1) / 12), 0
        else:
            machines = max(1, math.ceil(requests / (2 * 0.4 * 730 * 3600)))
            serving = 3_000 + machines * 4 * 730
        run = 9_000 * 2.5 * 1.10
        trained = run / 2 if month in (6, 7, 18, 19, 30, 31) else 0.0
        begins = month in (6, 18, 30)
        rows.append({
            "requests": requests, "customers": paying, "revenue": at_once + tokens, "received": at_once + last_tokens,
            "serving": serving, "training": trained + 2_000 * 0.05 + 300 * 0.09,
            "research": 2 * trained + 500 + (2_000 if begins else 0) + (10_000 + 20_000 * 0.8 if month == 5 else 0),
            "team": 3 * 110_000 * 1.25 / 12, "machines": machines,
        })
        last_tokens = tokens
    return settled(rows, 900_000.0)


def pretraining_by_hand() -> list[Row]:
    rows = []
    for month in range(1, 13):
        trained = 2.2 * 180_000 * 1.05 / 2 if month in (6, 7) else 0.0
        research = math.sqrt(0.5 * 4.6) * trained + (40_000 if month == 6 else 0) + (250_000 if month == 2 else 0)
        team = 8 * 250_000 * 1.25 / 12 + (4 * 180_000 * 1.25 / 12 if month >= 4 else 0)
        rows.append({
            "requests": 0.0, "revenue": 0.0, "received": 0.0, "training": trained + 400_000 * 0.023,
            "research": research, "team": team + (4 * 30_000 if month == 4 else 0), "machines": 0,
            "rounds": 5_000_000.0 if month == 5 else 0.0,
        })
    return settled(rows, 1_000_000.0)


@pytest.mark.parametrize(("text", "by_hand"), [
    (SEATS, seats_by_hand), (API_FIRST, api_first_by_hand), (PRETRAINING, pretraining_by_hand),
])  # fmt: skip
def test_every_cell_equals_the_arithmetic_by_hand(text: str, by_hand: Any) -> None:
    plan, rows = plan_of(text), by_hand()
    assert len(plan.months) == len(rows)
    for month, row in zip(plan.months, rows, strict=True):
        assert month.machines == row["machines"], month.month
        for line, value in month.values.items():
            assert value == pytest.approx(row[line], rel=1e-9, abs=1e-6), (month.month, line)


def months_of(rows: list[Row]) -> tuple[int | None, int | None, int | None]:
    """Break-even, payback and the month of zero cash, said anew."""
    def stays(line: str) -> int | None:
        return next((m for m in range(1, len(rows) + 1) if all(r[line] >= -1e-6 for r in rows[m - 1:])), None)

    return stays("net"), stays("cumulative"), next((m for m, r in enumerate(rows, 1) if r["cash"] < 0), None)


@pytest.mark.parametrize(("text", "by_hand", "cash"), [
    (SEATS, seats_by_hand, 60_000), (API_FIRST, api_first_by_hand, 900_000), (PRETRAINING, pretraining_by_hand, 1e6),
])  # fmt: skip
def test_the_milestones_and_the_need_equal_those_by_hand(text: str, by_hand: Any, cash: float) -> None:
    plan, rows = plan_of(text), by_hand()
    assert (plan.break_even_month, plan.paid_back_month, plan.zero_cash_month) == months_of(rows)
    balances = [row["cash"] for row in rows]
    assert plan.lowest_cash_usd == pytest.approx(min(balances))
    assert plan.capital_need_usd == pytest.approx(max(0.0, cash - min(balances)))
    own = [row["net"] - row["revenue"] + row["received"] for row in rows]
    sums = [sum(own[:m]) for m in range(1, len(own) + 1)]
    need = plan.need
    assert need is not None
    assert need.trough.usd == pytest.approx(-min(sums))
    assert need.month == sums.index(min(sums)) + 1
    until = rows[:need.month]
    parts = {"compute": "training", "research": "research", "marketing": "marketing", "talent": "team"}
    for part in need.parts:
        assert part.usd == pytest.approx(sum(row[parts[part.name]] for row in until)), part.name
        assert part.plan_usd == pytest.approx(sum(row[parts[part.name]] for row in rows)), part.name
        assert sum(term.usd for term in part.terms) == pytest.approx(part.usd)
    assert need.parts_usd == pytest.approx(sum(part.usd for part in need.parts))
    added = sum(one.usd for one in need.beside if one.name != "received")
    paid = next(one.usd for one in need.beside if one.name == "received")
    assert need.trough.usd == pytest.approx(need.parts_usd + added - paid)
    assert need.total.usd == pytest.approx(need.trough.usd + need.contingency.usd + need.buffer.usd)


def test_contingency_and_buffer_of_the_desk() -> None:
    need, rows = plan_of(SEATS).need, seats_by_hand()
    assert need is not None
    assert need.contingency.usd == pytest.approx(0.10 * need.parts_usd)
    at = rows[need.month - 1]
    costs = sum(at[line] for line in ("serving", "training", "research", "marketing", "team"))
    assert need.buffer.usd == pytest.approx(5_000 + 3 * costs)


def kpi(plan: Plan, name: str) -> float | None:
    return next(one.value for one in plan.kpis if one.name == name)


def test_the_figures_for_investors_equal_those_by_hand() -> None:
    plan, rows = plan_of(SEATS), seats_by_hand()
    own = [row["net"] - row["revenue"] + row["received"] for row in rows]
    revenue, serving = sum(row["revenue"] for row in rows), sum(row["serving"] for row in rows)
    margin = (revenue - serving) / revenue
    assert kpi(plan, "gross_margin") == pytest.approx(margin)
    assert kpi(plan, "npv") == pytest.approx(sum(usd / 1.12 ** (m / 12) for m, usd in enumerate(own, 1)))
    rate = kpi(plan, "irr")
    assert rate is not None
    assert sum(usd / (1 + rate) ** (m / 12) for m, usd in enumerate(own, 1)) == pytest.approx(0, abs=1e-3)
    seats = [row["customers"] * 6 * 55 * 0.9 for row in rows]
    upkeep = [row["customers"] * 500 * 0.2 / 12 if month >= 4 else 0 for month, row in enumerate(rows, 1)]
    again = [a + b for a, b in zip(seats, upkeep, strict=True)]
    assert kpi(plan, "burn_multiple") == pytest.approx(-sum(own[:12]) / (12 * (again[11] - again[0])))
    before = [40.0, *(row["customers"] for row in rows)]
    won = sum(now - was * 0.97 for was, now in pairwise(before))
    cac = sum(row["marketing"] for row in rows) / won
    assert kpi(plan, "cac") == pytest.approx(cac)
    profit = sum(again) / sum(row["customers"] for row in rows) * margin
    assert kpi(plan, "ltv") == pytest.approx(profit / 0.03)
    assert kpi(plan, "ltv_over_cac") == pytest.approx(profit / 0.03 / cac)
    assert kpi(plan, "cac_payback") == pytest.approx(cac / profit)
    assert kpi(plan, "runway_by_burn") == pytest.approx(60_000 / (-sum(own[:3]) / 3))


def test_what_cannot_be_told_is_none_with_its_reason() -> None:
    plan = plan_of(PRETRAINING)
    told = {one.name: one for one in plan.kpis}
    for name in ("gross_margin", "irr", "burn_multiple", "cac", "ltv", "ltv_over_cac", "cac_payback"):
        assert told[name].value is None
        assert str(told[name].why)
    assert str(told["gross_margin"].why) == "there is no revenue"


def test_build_or_buy_of_the_api_first_start_up() -> None:
    """The volume against a search over whole numbers around it, with the staircase written anew."""
    plan = plan_of(API_FIRST)
    (compared,) = plan.build_or_buy
    once = 3 * 9_000 * 2.5 * 1.10 * (1 + 2)
    assert compared.once_usd == pytest.approx(once)
    mean = sum((1_500 * 2.5e-6 + 300 * 10e-6) * 0.7 ** (m / 12) for m in range(36)) / 36

    def own(volume: float) -> float:
        return 3_000 + once / 36 + max(1, math.ceil(volume / (2 * 0.4 * 730 * 3600))) * 4 * 730

    volume = compared.volume
    assert volume is not None
    assert own(volume) <= mean * volume
    assert own(volume - 1) > mean * (volume - 1)
    for point in compared.curve:
        assert point.own_usd == pytest.approx(own(point.requests_per_month))
        assert point.api_usd == pytest.approx(mean * point.requests_per_month)


def test_an_alternative_beside_an_own_model_is_compared_at_its_falling_price() -> None:
    """The same prices as an [[alternative]] give the same volume as the phase that they were."""
    raw = tomllib.loads(API_FIRST)
    phase = raw["serving"].pop(0)
    kept = {key: value for key, value in phase.items() if key not in ("by", "name", "from_month")}
    raw["alternative"] = [{"model": "hosted", **kept}]
    (other,) = make_plan(Project.model_validate(raw)).build_or_buy
    (compared,) = plan_of(API_FIRST).build_or_buy
    assert (other.api, other.volume) == ("hosted", compared.volume)
    raw["alternative"][0].pop("price_falls_per_year")
    (dearer,) = make_plan(Project.model_validate(raw)).build_or_buy
    assert dearer.volume is not None
    assert compared.volume is not None
    assert dearer.volume < compared.volume


def test_no_volume_where_an_answer_of_the_api_costs_less() -> None:
    cheap = API_FIRST.replace("usd_per_1m_input_tokens = 2.5", "usd_per_1m_input_tokens = 0.001").replace(
        "usd_per_1m_output_tokens = 10", "usd_per_1m_output_tokens = 0.002")
    (compared,) = plan_of(cheap).build_or_buy
    assert compared.volume is None
    assert str(compared.why).startswith("no break-even")
