"""Why a number of the plan is what it is: trees that compute to their own values, and lose no leaf."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, project, projects, train_usd, unit_costs, unit_figures

from breakeven.core.errors import UsageError
from breakeven.core.units import unit
from breakeven.plan.folded import Branch, Folder
from breakeven.plan.make_plan import make_plan
from breakeven.plan.unfold import leaves
from breakeven.plan.unit_figures import UnitFigures
from breakeven.plan.why import STATEMENTS, figures_of, lines_of, why
from breakeven.records.project import Project
from breakeven.records.record import FigureRecord


def branches(tree: Branch) -> Iterator[Branch]:
    yield tree
    for part in tree.parts:
        yield from branches(part)


def value(figure: FigureRecord) -> float:
    return figure.value * unit(figure.unit).scale


def recomputed(branch: Branch) -> float | None:
    """A joined sum or product from its parts; None for what cannot be told from the tree alone."""
    if branch.kind != "figure" or not branch.parts or branch.cut:
        return None
    each = [(value(part.figure), 1 if part.kind == "alike" else part.times) for part in branch.parts]
    if branch.made_by == "sum":
        return math.fsum(amount * times for amount, times in each)
    if branch.made_by == "×":
        return math.prod(amount**times for amount, times in each)
    return None


@settings(max_examples=15, deadline=None)
@given(projects(), unit_costs(), st.data())
def test_folded_sums_and_products_still_give_their_value(
    made: Project, unit_cost: UnitFigures, data: st.DataObject
) -> None:
    plan = make_plan(made, unit_cost, train_usd(), months=data.draw(st.integers(1, 30)))
    month = data.draw(st.sampled_from(plan.months))
    line = data.draw(st.sampled_from(lines_of(plan)))
    tree = Folder(plan.ledger).tree(month.cells[line])
    assert value(tree.figure) == month.values[line] * unit(tree.figure.unit).scale
    for branch in branches(tree):
        again = recomputed(branch)
        if again is not None:
            assert again == pytest.approx(value(branch.figure), rel=1e-9, abs=1e-6)


def test_all_leaves_of_a_figure_are_told() -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    found = why(plan, "cash@36")
    expected = {leaf for leaf in leaves(plan.ledger, plan.months[35].cells["cash"]) if leaf.sources}
    assert set(found.leaves) == expected
    kinds = [leaf.provenance.value for leaf in found.leaves]
    assert kinds == sorted(kinds, key=["assumed", "published", "measured"].index)
    assert set(kinds) == {"assumed", "published", "measured"}


def test_three_years_of_cash_fit_on_a_screen() -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    tree = why(plan, "cash@36").trees[0][1]
    assert len(list(branches(tree))) < 60
    names = [part.figure.name for part in tree.parts]
    assert names == ["cash at the start", "net", "rounds"]
    net = tree.parts[1]
    assert (net.kind, net.times) == ("alike", 36)
    assert net.figure.value == pytest.approx(sum(month.values["net"] for month in plan.months))
    assert net.least == pytest.approx(min(month.values["net"] for month in plan.months))


def test_depth_cuts_and_says_so() -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    tree = why(plan, "net@5", deepest=1).trees[0][1]
    assert all(not part.parts for part in tree.parts)
    assert any(part.cut for part in tree.parts)


def test_break_even_names_the_months_that_decide_it() -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    first = plan.break_even_month
    assert first is not None
    found = why(plan, "break_even_month")
    assert [cell for cell, _ in found.trees] == [f"net@{first}", f"net@{first - 1}"]
    assert found.says.values["last_usd"] == plan.months[first - 2].values["net"] < 0
    assert found.says.values["first_usd"] == plan.months[first - 1].values["net"] >= 0


def test_what_never_happens_is_told_by_the_last_month() -> None:
    made = project(team=[{"role": "a", "salary_usd_per_year": 12_000}])
    plan = make_plan(made, unit_figures(), train_usd(), months=6)
    found = why(plan, "break_even_month")
    assert [cell for cell, _ in found.trees] == ["net@6"]
    assert "no such month" in str(found.says)
    assert [cell for cell, _ in why(plan, "runway_months").trees] == ["cash@1"]


@pytest.mark.parametrize("name", sorted(STATEMENTS))
def test_every_statement_has_an_answer_in_any_plan(name: str) -> None:
    for made in (DESK, project(), project(capital={"cash_usd": 1e9})):
        plan = make_plan(made, unit_figures(), train_usd(), months=12)
        found = why(plan, name)
        assert found.trees
        assert str(found.says)


@pytest.mark.parametrize(("asked", "hint"), [
    ("brake_even_month", "break_even_month"), ("capital", "capital_need"), ("servng@3", "serving"),
    ("serving", "serving@1"), ("serving@", "1 to 36"), ("serving@37", "1 to 36"), ("serving@0", "1 to 36"),
    ("serving@-1", "1 to 36"), ("serving@two", "1 to 36"),
])
def test_a_wrong_name_is_refused_with_a_near_one(asked: str, hint: str) -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    with pytest.raises(UsageError) as caught:
        why(plan, asked)
    assert hint in str(caught.value.hint)


def test_the_need_for_capital_its_parts_and_the_figures_of_investors_unfold() -> None:
    plan = make_plan(DESK, unit_figures(), train_usd())
    found = figures_of(plan)
    assert {"capital_need", "compute", "talent", "gross_margin", "npv", "burn_multiple"} <= set(found)
    need = why(plan, "capital_need")
    assert plan.need is not None
    assert value(need.trees[0][1].figure) == plan.need.total.usd
    for name, (_, numbers) in found.items():
        told = why(plan, name)
        assert bool(told.trees) is bool(numbers)
        assert bool(told.leaves) is any(plan.ledger.entries[one].figure.value for one in numbers.values()), name
    part = next(one for one in plan.need.parts if one.name == "talent")
    assert value(why(plan, "talent").trees[0][1].figure) == part.usd


def test_a_recurring_figure_ends_after_a_month() -> None:
    """Customers rest on those of the month before: the tree of month 36 is no deeper than that of month 6."""
    made = project(
        customers={"at_start": 5, "churn_per_month": 0.03, "organic_per_month": 4, "word_of_mouth_per_month": 0.02},
        revenue=[{"kind": "seat", "usd_per_seat_month": 40}],
    )
    plan = make_plan(made, unit_figures(), train_usd())
    early, late = (len(list(branches(why(plan, f"revenue@{month}").trees[0][1]))) for month in (6, 36))
    assert late <= early + 2
    names = {leaf.name for leaf in why(plan, "revenue@36").leaves}
    assert {"customers who leave in a month", "price of a seat a month"} <= names
