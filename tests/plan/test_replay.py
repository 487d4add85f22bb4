"""The ledger computed again gives the plan again; other leaves give the plan that these leaves make."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, projects, train_usd, unit_costs, unit_figures

from breakeven.core.figure import Figure, assumed, constant, pick, rounded_down, rounded_up, total
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.make_plan import make_plan
from breakeven.plan.replay import replay
from breakeven.plan.unit_figures import UnitFigures
from breakeven.project import read_project
from breakeven.records.ledger import Ledger
from breakeven.records.plan import Plan
from breakeven.records.project import Project, Quantity

TEMPLATES = Path(__file__).parents[2] / "breakeven" / "templates"


def cells(plan: Plan) -> list[int]:
    return [number for month in plan.months for number in month.cells.values()]


def all_leaves(ledger: Ledger) -> dict[int, float]:
    return {number: entry.figure.value for number, entry in enumerate(ledger.entries) if not entry.parts}


def assert_same(plan: Plan) -> None:
    """Every cell again from nothing but the leaves, as numbers and as arrays."""
    own = all_leaves(plan.ledger)
    arrays = {number: np.array([value]) for number, value in own.items()}
    for again in (replay(plan.ledger, own, cells(plan)), replay(plan.ledger, arrays, cells(plan))):
        for number in cells(plan):
            assert float(np.squeeze(again[number])) == pytest.approx(
                plan.ledger.entries[number].figure.value, rel=1e-12, abs=1e-6)


@settings(max_examples=8, deadline=None)
@given(projects(), unit_costs())
def test_its_own_leaves_give_the_plan(made: Project, unit_cost: UnitFigures):
    assert_same(make_plan(made, unit_cost, train_usd()))


def test_a_changed_leaf_gives_the_plan_that_it_makes():
    plan = make_plan(DESK, unit_figures(), train_usd())
    demand = DESK.demand.model_copy(update={"price_per_1k_requests": Quantity(value=6.5)})
    dearer = DESK.model_copy(update={"demand": demand})
    price = next(n for n, e in enumerate(plan.ledger.entries) if e.figure.name == "price per 1,000 requests")
    again = replay(plan.ledger, {price: np.array([4.0, 6.5])}, cells(plan))
    other = make_plan(dearer, unit_figures(), train_usd())
    for month, wanted in zip(plan.months, other.months, strict=True):
        for line, number in month.cells.items():
            both = np.broadcast_to(again[number], 2)
            assert both == pytest.approx([month.values[line], wanted.values[line]], rel=1e-11, abs=1e-6), line


def test_what_rests_on_no_changed_leaf_keeps_its_value():
    plan = make_plan(DESK, unit_figures(), train_usd())
    price = next(n for n, e in enumerate(plan.ledger.entries) if e.figure.name == "price per 1,000 requests")
    again = replay(plan.ledger, {price: np.array([1.0, 2.0])}, cells(plan))
    month = plan.months[20]
    assert again[month.cells["team"]] == month.values["team"]
    assert np.shape(again[month.cells["revenue"]]) == (2,)


def kept(figure: Figure) -> tuple[Ledger, int]:
    writer = LedgerWriter()
    number = writer.number(figure)
    return writer.ledger(), number


hours = st.floats(0.1, 1e4).map(lambda value: assumed(value, "hour", "hours", "a line"))
seconds = st.floats(1, 1e6).map(lambda value: assumed(value, "second", "seconds", "another line"))


@settings(deadline=None)
@given(hours, seconds)
def test_units_of_one_kind_are_counted_over_in_every_formula(one: Figure, other: Figure):
    made = [one + other, (one - other).counted_in("ms"), (one * other), total((one, other, one), "ms"),
            pick(max, (one, other)), pick(min, (other, one)).counted_in("hour"), one / other,
            rounded_up(one), rounded_down(other.counted_in("hour")),
            (one * constant(2.0, "usd/hour")).counted_in("usd")]
    for figure in made:
        ledger, number = kept(figure)
        own = all_leaves(ledger)
        assert replay(ledger, own, [number])[number] == pytest.approx(figure.value, rel=1e-12, abs=1e-9)


def test_leaves_that_say_the_same_are_one_entry():
    spent = [assumed(5.0, "usd", "ads", "breakeven.toml marketing[1]") for _ in range(3)]
    ledger, number = kept(total([*spent, assumed(5.0, "usd", "ads", "breakeven.toml marketing[2]")], "usd"))
    assert len(ledger.entries) == 3
    shared = ledger.entries[number].parts[0]
    assert ledger.entries[number].parts == (shared, shared, shared, 1 - shared)
    assert replay(ledger, {shared: 7.0}, [number])[number] == 26.0


def test_an_unknown_formula_is_not_guessed():
    ledger, number = kept(Figure(3.0, made_by="squared", parts=(assumed(1.7, "1", "side", "a line"),)))
    with pytest.raises(KeyError, match="squared"):
        replay(ledger, {0: 2.0}, [number])


@pytest.mark.parametrize("name", sorted(path.parent.name for path in TEMPLATES.glob("*/breakeven.toml")))
def test_the_plan_of_every_template_is_computed_again(name: str):
    assert_same(make_plan(read_project(TEMPLATES / name / "breakeven.toml")))
