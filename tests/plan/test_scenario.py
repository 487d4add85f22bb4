"""Scenarios: what they change, and how a wrong one is told."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hand_projects import API_FIRST, SEATS
from plan_cases import DESK, project

from breakeven.core.errors import ProjectError
from breakeven.plan.make_plan import make_plan
from breakeven.plan.next_dollars import STEP_USD
from breakeven.plan.scenario import BUILT_IN, apply_scenario, scenarios
from breakeven.project import read_project
from breakeven.records.money import Scenario
from breakeven.records.project import Project


def of(text: str, **tables: Any) -> Project:
    return Project.model_validate(tomllib.loads(text) | tables)


def changed(made: Project, **changes: Any) -> Project:
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return apply_scenario(made, Scenario(name="other", changes=dotted))


def test_a_number_is_set_or_multiplied_with_both_ends_of_its_range() -> None:
    assert changed(DESK, demand__requests_per_month=5).demand.requests_per_month.value == 5
    growth = changed(DESK, demand__growth_per_month="*2").demand.growth_per_month
    assert (growth.low, growth.value, growth.high) == pytest.approx((0.10, 0.20, 0.30))


def test_one_of_a_list_or_each_of_it() -> None:
    one = changed(DESK, **{"team[2].count": 7})
    assert [role.count.value for role in one.team] == [2, 7]
    each = changed(DESK, **{"team[*].salary_usd_per_year": "*0.5"})
    assert [role.salary_usd_per_year.value for role in each.team] == [45_000, 30_000]


def test_what_is_not_changed_stays_a_default() -> None:
    assert "growth_per_month" not in changed(project(), demand__requests_per_month=5).demand.model_fields_set


@pytest.mark.parametrize(("key", "value", "what"), [
    ("demand.reqests_per_month", 5, "unknown key"),
    ("team[9].count", 5, "no such entry"),
    ("demand.requests_per_month", -5, "must not be negative"),
    ("demand.requests_per_month", "*x", "not a factor"),
    ("product.name", "*2", "only a number"),
])  # fmt: skip
def test_a_wrong_scenario_is_told_in_three_lines(key: str, value: Any, what: str) -> None:
    with pytest.raises(ProjectError, match=what) as caught:
        changed(DESK, **{key: value})
    assert all(str(line) for line in caught.value.lines())


def test_a_price_cut_takes_revenue_and_nothing_else() -> None:
    made = of(SEATS)
    base, cut = make_plan(made), make_plan(apply_scenario(made, BUILT_IN[0]))
    for before, after in zip(base.months, cut.months, strict=True):
        assert after.values["revenue"] == pytest.approx(0.7 * before.values["revenue"])
        assert after.values["team"] == before.values["team"]
        assert after.values["requests"] == before.values["requests"]


@pytest.mark.parametrize("text", [SEATS, API_FIRST])
def test_halved_demand_keeps_the_team(text: str) -> None:
    made = of(text)
    base, less = make_plan(made), make_plan(apply_scenario(made, BUILT_IN[1]))
    for before, after in zip(base.months, less.months, strict=True):
        assert after.values["team"] == before.values["team"]
        assert after.values["requests"] < 0.75 * before.values["requests"]


def test_the_file_says_scenarios_quoted_or_not(tmp_path: Path) -> None:
    text = SEATS + '[[scenario]]\nname = "slow"\n"customers.at_start" = 1\ncustomers.churn_per_month = "9%"\n'
    (tmp_path / "breakeven.toml").write_text(text, encoding="utf-8")
    made = read_project(tmp_path)
    (slow, *rest) = scenarios(made)
    assert tuple(rest) == BUILT_IN
    assert apply_scenario(made, slow).customers.at_start.value == 1
    assert apply_scenario(made, slow).customers.churn_per_month.value == pytest.approx(0.09)


def test_the_next_dollars_are_the_difference_of_two_plans() -> None:
    """The marketing dollar: a channel that spends a thousand more in month 1, written by hand."""
    made = of(SEATS)
    plan = make_plan(made)
    told = {one.where: one for one in plan.next_dollars}
    assert [told[where].end_cash_usd for where in ("data", "compute", "people")] == [None, None, None]
    won = (5_000 / (1 + 5_000 / 20_000) - 4_000 / (1 + 4_000 / 20_000)) / 50 * 0.08
    more = tomllib.loads(SEATS)
    more["marketing"].append({"channel": "more", "usd_per_month": STEP_USD, "customers_per_1k_usd": won, "to_month": 1})
    other = make_plan(Project.model_validate(more))
    gained = other.months[-1].values["cash"] - plan.months[-1].values["cash"]
    assert told["marketing"].end_cash_usd == pytest.approx(gained)


def test_an_effect_values_what_the_plan_does_not_know() -> None:
    made = of(API_FIRST, effect=[{"where": "data", "demand.requests_per_month": "*1.02"}])
    plan = make_plan(made)
    more = tomllib.loads(API_FIRST)
    more["demand"]["requests_per_month"] *= 1.02
    more["research"]["dataset"].append({"licence_usd": 1_000})
    gained = make_plan(Project.model_validate(more)).months[-1].values["cash"] - plan.months[-1].values["cash"]
    assert next(one.end_cash_usd for one in plan.next_dollars if one.where == "data") == pytest.approx(gained)
