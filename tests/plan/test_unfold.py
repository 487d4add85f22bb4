"""Every cell of the plan unfolds down to leaves that name their source."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from plan_cases import DESK, project, projects, train_usd, unit_costs, unit_figures

from breakeven.core.figure import Provenance
from breakeven.plan.make_plan import make_plan
from breakeven.plan.unfold import leaves, unfold
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.plan import Plan
from breakeven.records.project import Project


def source_of(plan: Plan, month: int, line: str, name: str) -> tuple[tuple[str, str], ...]:
    """The sources of the leaf of that name under a cell."""
    found = [leaf for leaf in leaves(plan.ledger, plan.months[month - 1].cells[line]) if leaf.name == name]
    assert len({leaf.model_dump_json() for leaf in found}) == 1, (name, found)
    return found[0].sources


def test_a_cell_unfolds_to_what_the_user_wrote_and_to_what_was_measured():
    plan = make_plan(DESK, unit_figures(), train_usd())
    assert source_of(plan, 5, "revenue", "price per 1,000 requests") == (
        ("breakeven.toml demand.price_per_1k_requests", ""),)
    assert source_of(plan, 5, "cash", "cash at the start") == (("breakeven.toml capital.cash_usd", ""),)
    assert source_of(plan, 5, "serving", "machine") == (("a page", "2026-09-24"),)
    assert source_of(plan, 5, "serving", "capacity") == (("here", ""),)
    assert source_of(plan, 5, "marketing", "marketing a month") == (("breakeven.toml marketing[1].usd_per_month", ""),)
    assert source_of(plan, 9, "cash", "funding round") == (("breakeven.toml capital.round[1].usd", ""),)


def test_a_default_is_told_from_what_the_user_gave():
    given_too = project(team=[{"role": "engineer", "salary_usd_per_year": 1}], demand={"growth_per_month": 0.0})
    plan = make_plan(given_too, unit_figures(), train_usd())
    assert source_of(plan, 2, "requests", "requests a month") == (("default", ""),)
    assert source_of(plan, 2, "requests", "growth a month") == (("breakeven.toml demand.growth_per_month", ""),)
    assert source_of(plan, 1, "team", "people") == (("default", ""),)
    assert source_of(plan, 1, "team", "salary a year") == (("breakeven.toml team[1].salary_usd_per_year", ""),)


def test_a_range_counts_by_its_middle_and_keeps_its_ends():
    plan = make_plan(DESK, unit_figures(), train_usd())
    growth = next(leaf for leaf in plan.assumptions if leaf.name == "growth a month")
    assert (growth.low, growth.value, growth.high) == pytest.approx((0.05, 0.10, 0.15))
    assert any("growth a month" in str(remark) for remark in plan.remarks)


def test_assumed_leaves_come_first_and_each_once():
    plan = make_plan(DESK, unit_figures(), train_usd())
    order = [(Provenance.ASSUMED, Provenance.PUBLISHED, Provenance.MEASURED).index(a.provenance)
             for a in plan.assumptions]
    assert order == sorted(order)
    assert len(set(plan.assumptions)) == len(plan.assumptions)
    assert all(leaf.sources for leaf in plan.assumptions)


@settings(max_examples=10, deadline=None)
@given(projects(), unit_costs())
def test_every_cell_unfolds_and_its_parts_stand_before_it(made: Project, unit_cost: UnitFigures):
    plan = make_plan(made, unit_cost, train_usd(), months=12)
    for number, entry in enumerate(plan.ledger.entries):
        assert all(part < number for part in entry.parts)
    for month in plan.months:
        for line, number in month.cells.items():
            lines = list(unfold(plan.ledger, number))
            assert lines[0].figure.value == month.values[line]
            ends = [end for end in lines if not plan.ledger.entries[end.number].parts]
            assert ends
            assert all(end.figure.name for end in ends if end.figure.provenance is not Provenance.MEASURED)


def test_a_sum_is_the_sum_of_what_it_unfolds_to():
    plan = make_plan(DESK, unit_figures(), train_usd())
    cell = plan.ledger.entries[plan.months[20].cells["cash"]]
    assert cell.made_by == "sum"
    assert math.fsum(plan.ledger.entries[part].figure.value for part in cell.parts) == cell.figure.value


def test_unfolding_stops_where_it_is_told():
    plan = make_plan(DESK, unit_figures(), train_usd())
    number = plan.months[35].cells["cash"]
    assert [line.depth for line in unfold(plan.ledger, number, deepest=0)] == [0]
    assert max(line.depth for line in unfold(plan.ledger, number, deepest=2)) == 2
    with pytest.raises(IndexError):
        list(unfold(plan.ledger, len(plan.ledger.entries)))


def test_a_plan_is_small_enough_for_a_report():
    plan = make_plan(DESK, unit_figures(), train_usd())
    assert len(plan.model_dump_json()) < 300_000


def test_what_a_reader_must_know_is_said():
    said = [str(remark) for remark in make_plan(DESK, unit_figures(), train_usd()).remarks]
    assert any("trained once" in text for text in said)
    assert any("none leaves" in text for text in said)
    assert any("month 50" in text for text in said)
    bare = [str(remark) for remark in make_plan(project(), unit_figures(), train_usd()).remarks]
    assert any("no revenue" in text for text in bare)
    assert any("nobody is paid" in text for text in bare)
