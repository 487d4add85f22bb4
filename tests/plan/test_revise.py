"""What a run replaces in a plan: pairs found by name, effects computed by the graph, nothing where nothing changed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, projects, train_usd, unit_figures

from breakeven.core.figure import Figure, assumed, constant, measured
from breakeven.plan.make_plan import make_plan
from breakeven.plan.revise import revise
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.plan import Plan
from breakeven.records.project import Project

CAPACITY = "answers of a machine a month"


def guessed(capacity: float = 2e5, machine: float = 100.0) -> UnitFigures:
    made = unit_figures(machine=machine)
    return replace(made, capacity=assumed(capacity, "request/machine/month", CAPACITY, "breakeven.toml serving[1]"))


def run_made(rate: float = 2.0, machine: float = 100.0) -> UnitFigures:
    """As a run prices it: a measured rate, times hours, makes the capacity."""
    found = measured(rate, "request/second", "answers a second of one process", "400 answers here")
    hours = constant(730.0, "hour/month", "hours in a month")
    each = constant(1.0, "1/machine")
    capacity = (found * each * hours).counted_in("request/machine/month").named(CAPACITY)
    return replace(unit_figures(machine=machine), capacity=capacity)


def plan(figures: UnitFigures, trained: Figure | None = None, made: Project = DESK) -> Plan:
    return make_plan(made, figures, trained or assumed(5_000.0, "usd", "one training", "breakeven.toml training[1]"))


def test_a_measured_figure_replaces_the_assumption_that_is_made_of_it() -> None:
    old, new = plan(guessed()), plan(run_made())
    found = revise(old, new, "old", "run")
    assert [one.new.name for one in found.replaced] == [CAPACITY]
    one = found.replaced[0]
    assert (one.old.provenance, one.new.provenance) == ("assumed", "measured")
    assert one.new.value == pytest.approx(2.0 * 730 * 3600)
    assert one.new.sources == (("400 answers here", ""),)
    assert found.capital_need_usd == pytest.approx(new.capital_need_usd, rel=1e-12)
    assert found.break_even_month == new.break_even_month
    assert found.old_capital_need_usd == pytest.approx(old.capital_need_usd)
    assert found.capital_need_usd < found.old_capital_need_usd


def test_each_alone_and_all_together() -> None:
    """A leaf of the same name and a capacity: alone each gives the plan that has only it."""
    trained = measured(9_000.0, "usd", "one training", "the run")
    old, new = plan(guessed()), plan(run_made(), trained)
    found = revise(old, new, "old", "run")
    by_name = {one.new.name: one for one in found.replaced}
    assert set(by_name) == {CAPACITY, "training"}
    only_trained, only_capacity = plan(guessed(), trained), plan(run_made())
    assert by_name["training"].capital_need_usd == pytest.approx(only_trained.capital_need_usd, rel=1e-12)
    assert by_name[CAPACITY].capital_need_usd == pytest.approx(only_capacity.capital_need_usd, rel=1e-12)
    assert found.capital_need_usd == pytest.approx(new.capital_need_usd, rel=1e-12)
    assert found.without_counterpart == ()


def test_what_has_no_counterpart_is_told() -> None:
    old = make_plan(DESK)
    found = revise(old, plan(run_made()), "", "run")
    assert [one.name for one in found.without_counterpart] == ["answers a second of one process"]
    assert found.replaced == ()
    assert found.capital_need_usd == found.old_capital_need_usd == pytest.approx(old.capital_need_usd)
    assert found.new_capital_need_usd > found.old_capital_need_usd


def test_what_is_still_assumed_is_listed_and_what_was_replaced_is_not() -> None:
    found = revise(plan(guessed()), plan(run_made()), "old", "run")
    names = {one.name for one in found.unchanged}
    assert {"growth a month", "salary a year", "machine"} <= names
    assert CAPACITY not in names


@settings(max_examples=15, deadline=None)
@given(projects(), st.floats(0.1, 100))
def test_a_plan_against_itself_changes_nothing(made: Project, rate: float) -> None:
    same = make_plan(made, run_made(rate), train_usd(3.0))
    found = revise(same, same, "old", "run")
    assert found.replaced == ()
    assert found.without_counterpart == ()
    assert (found.break_even_month, found.old_break_even_month) == (same.break_even_month,) * 2
    assert found.capital_need_usd == pytest.approx(same.capital_need_usd, rel=1e-12, abs=1e-6)


@settings(max_examples=15, deadline=None)
@given(projects(), st.floats(1e3, 1e6), st.floats(0.1, 100))
def test_replaying_a_replacement_is_planning_with_it(made: Project, capacity: float, rate: float) -> None:
    new = plan(run_made(rate), made=made)
    found = revise(plan(guessed(capacity), made=made), new, "old", "run")
    assert found.break_even_month == new.break_even_month
    assert found.capital_need_usd == pytest.approx(new.capital_need_usd, rel=1e-9, abs=1e-6)
