"""The plan against an independent computation with bare floats, and what must hold for any project."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, project, projects, train_usd, unit_costs, unit_figures

from breakeven.plan.make_plan import make_plan
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.plan import LINES, Plan
from breakeven.records.project import Project


def desk_by_hand() -> list[dict[str, float]]:
    """The same project in plain arithmetic, written without the package."""
    rows, cash, cumulative, ads_customers, fair_customers = [], 500_000.0, 0.0, 0.0, 0.0
    for month in range(1, 37):
        ads_customers += 3 * 4
        fair_customers += 9 * 1 if 12 <= month <= 14 else 0
        requests = 200_000 * 1.10 ** (month - 1) + ads_customers * 12_000 + fair_customers * 80_000
        revenue = requests / 1000 * 4.0
        serving = 20.0 + requests * 0.00001 + max(1, math.ceil(requests / 1_250_000)) * 61.32
        training = 12.5 if month == 1 else 0.0
        team = 2 * 90_000 / 12 * 1.25 + (60_000 / 12 * 1.4 if 7 <= month <= 30 else 0.0)
        marketing = 3_000 + (9_000 if 12 <= month <= 14 else 0)
        rounds = 1_000_000.0 if month == 9 else 0.0
        research = 0.0
        customers = ads_customers + fair_customers
        net = revenue - serving - training - research - team - marketing
        cash += net + rounds
        cumulative += net
        rows.append({
            "requests": requests, "revenue": revenue, "serving": serving, "training": training, "team": team,
            "marketing": marketing, "rounds": rounds, "net": net, "cash": cash, "cumulative": cumulative,
            "research": research, "customers": customers, "received": revenue, "loans": 0, "interest": 0, "tax": 0,
        })
    return rows


def desk_plan() -> Plan:
    unit_cost = unit_figures(machine=61.32, capacity=1_250_000, fixed=20.0, per_request=0.00001)
    return make_plan(DESK, unit_cost, train_usd(12.5))


def test_every_cell_equals_the_computation_by_hand():
    plan, by_hand = desk_plan(), desk_by_hand()
    assert len(plan.months) == 36
    for month, expected in zip(plan.months, by_hand, strict=True):
        assert set(month.values) == set(LINES) == set(expected)
        for line, value in expected.items():
            assert month.values[line] == pytest.approx(value, rel=1e-9, abs=1e-6), (month.month, line)
        assert month.machines == max(1, math.ceil(expected["requests"] / 1_250_000))


def test_the_milestones_equal_those_of_the_computation_by_hand():
    plan, by_hand = desk_plan(), desk_by_hand()
    net, cash, paid = ([row[line] for row in by_hand] for line in ("net", "cash", "cumulative"))
    assert plan.break_even_month == next(m for m in range(1, 37) if all(v >= 0 for v in net[m - 1:]))
    assert plan.paid_back_month == next((m for m in range(1, 37) if all(v >= 0 for v in paid[m - 1:])), None)
    assert plan.lowest_cash_usd == pytest.approx(min(cash))
    assert plan.lowest_cash_month == cash.index(min(cash)) + 1
    assert plan.runway_months == next((m - 1 for m in range(1, 37) if cash[m - 1] < 0), None)
    assert plan.break_even_month > 1
    assert plan.capital_need_usd == pytest.approx(500_000 - min(cash))


def test_the_need_for_capital_is_enough_and_a_cent_less_is_not():
    need = desk_plan().capital_need_usd
    for start, lasts in ((need, True), (need - 0.01, False)):
        capital = DESK.capital.model_copy(update={"cash_usd": project(capital={"cash_usd": start}).capital.cash_usd})
        again = make_plan(DESK.model_copy(update={"capital": capital}), desk_unit(), train_usd(12.5))
        assert (again.lowest_cash_usd >= -1e-6) is lasts


def desk_unit() -> UnitFigures:
    return unit_figures(machine=61.32, capacity=1_250_000, fixed=20.0, per_request=0.00001)


@settings(max_examples=30, deadline=None)
@given(projects(), unit_costs(), st.floats(0, 1e3))
def test_cash_is_conserved_to_the_micro_dollar(made: Project, unit_cost: UnitFigures, trained: float):
    """What is there at the end is what was there, plus rounds, plus net: summed exactly, in another order."""
    plan = make_plan(made, unit_cost, train_usd(trained))
    flows = [Decimal(month.values[line]) for line in ("net", "rounds") for month in reversed(plan.months)]
    expected = Decimal(made.capital.cash_usd.value) + sum(flows)
    size = max(1.0, *(abs(month.values["cash"]) for month in plan.months))
    assert abs(Decimal(plan.months[-1].values["cash"]) - expected) <= Decimal(max(1e-6, 1e-13 * size))
    for month in plan.months:
        costs = sum(month.values[line] for line in ("serving", "training", "research", "team", "marketing"))
        assert month.values["net"] == pytest.approx(month.values["revenue"] - costs, rel=1e-12, abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(projects(), unit_costs(), st.floats(1.0, 50.0))
def test_more_demand_never_takes_fewer_machines(made: Project, unit_cost: UnitFigures, times: float):
    more = made.demand.requests_per_month.model_copy(update={"value": made.demand.requests_per_month.value * times})
    busier = made.model_copy(update={"demand": made.demand.model_copy(update={"requests_per_month": more})})
    few, many = (make_plan(one, unit_cost, train_usd(), months=12) for one in (made, busier))
    for month, busy in zip(few.months, many.months, strict=True):
        assert 1 <= month.machines <= busy.machines
        assert month.values["serving"] <= busy.values["serving"] * (1 + 1e-12)
        assert month.machines * unit_cost.capacity.value >= month.values["requests"] * (1 - 1e-6)


@settings(max_examples=10, deadline=None)
@given(projects(), unit_costs())
def test_the_same_project_gives_the_same_plan(made: Project, unit_cost: UnitFigures):
    first = make_plan(made, unit_cost, train_usd()).model_dump_json()
    again = Project.model_validate_json(made.model_dump_json(exclude_unset=True))
    assert make_plan(again, unit_cost, train_usd()).model_dump_json() == first


@settings(max_examples=25, deadline=None)
@given(projects(), unit_costs())
def test_the_milestones_say_what_the_months_say(made: Project, unit_cost: UnitFigures):
    plan = make_plan(made, unit_cost, train_usd())
    cash = [month.values["cash"] for month in plan.months]
    for first, line in ((plan.break_even_month, "net"), (plan.paid_back_month, "cumulative")):
        values = [month.values[line] for month in plan.months]
        if first is None:
            assert values[-1] < 0
        else:
            assert min(values[first - 1:]) >= -1e-6
            assert first == 1 or values[first - 2] < 0
    if plan.runway_months is None:
        assert min(cash) >= -1e-6
    else:
        assert min([0.0, *cash[:plan.runway_months]]) >= -1e-6
        assert cash[plan.runway_months] < 0
    assert plan.capital_need_usd >= 0


def test_a_kept_unit_cost_gives_the_same_numbers_as_its_figures():
    unit_cost = desk_unit()
    kept = make_plan(DESK, unit_cost.record("linear"), train_usd())
    assert [m.values for m in kept.months] == [m.values for m in make_plan(DESK, unit_cost, train_usd()).months]


def test_a_hosted_model_needs_no_machines():
    figures = unit_figures(fixed=10, per_request=0.001)
    hosted = UnitFigures(figures.fixed, figures.per_request, None, None)
    plan = make_plan(DESK, hosted, train_usd())
    assert {month.machines for month in plan.months} == {0}
    assert plan.months[0].values["serving"] == pytest.approx(10 + 0.001 * (200_000 + 12 * 12_000))


def test_a_project_without_money_and_demand_stays_at_zero_less_its_machine():
    plan = make_plan(project(demand={"requests_per_month": 0}), unit_figures(machine=50), train_usd(0), months=3)
    assert [month.values["cash"] for month in plan.months] == [-50, -100, -150]
    assert (plan.break_even_month, plan.runway_months, plan.capital_need_usd) == (None, 0, 150)


def test_shrinking_demand_ends_at_zero_not_below():
    plan = make_plan(project(demand={"requests_per_month": 100, "growth_per_month": -1.5}), desk_unit(), train_usd())
    assert [month.values["requests"] for month in plan.months[:3]] == [100, 0, 0]
