"""What must hold for any project with all the ways to earn, to serve and to borrow."""

from __future__ import annotations

import math
import time
import tomllib
from decimal import Decimal
from typing import Any

import pytest
from hand_projects import API_FIRST
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import amounts, project, spans

from breakeven.core.figure import constant
from breakeven.core.units import NAMED, UnitError
from breakeven.plan.make_plan import make_plan
from breakeven.records.plan import Plan
from breakeven.records.project import Project

SHARES = st.integers(0, 100).map(lambda percent: percent / 100)
OUT = ("serving", "training", "research", "marketing", "team", "interest", "tax")


@st.composite
def revenues(draw: st.DrawFn) -> dict[str, Any]:
    """A way to earn, of any kind."""
    kind = draw(st.sampled_from(["request", "token", "seat", "subscription", "licence", "freemium", "project"]))
    keys: dict[str, Any] = {
        "request": {"usd_per_1k_requests": draw(amounts(20))},
        "token": {"usd_per_1m_output_tokens": draw(amounts(20)), "output_tokens_per_request": 200},
        "seat": {"usd_per_seat_month": draw(amounts(80))},
        "subscription": {"usd_per_customer_month": draw(amounts(300)), "share_of_customers": draw(SHARES)},
        "licence": {"usd_per_licence": draw(amounts(5_000)), "maintenance_per_year": draw(SHARES)},
        "freemium": {"usd_per_customer_month": draw(amounts(30)), "new_free_users_per_month": draw(amounts(900)),
                     "conversion_per_month": draw(SHARES), "free_churn_per_month": draw(SHARES),
                     "requests_per_free_user": draw(amounts(50))},
        "project": {"usd": draw(amounts(50_000)), "month": draw(st.integers(1, 30)), "every_months": 5},
    }[kind]
    late = {"payment_days": draw(st.sampled_from([0, 14, 30, 45, 90, 400]))}
    return {"kind": kind, **keys, **late, "discount": draw(SHARES), **draw(spans())}


@st.composite
def servings(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A hosted model, then our own."""
    api = {"by": "api", "input_tokens_per_request": 500, "output_tokens_per_request": 100,
           "usd_per_1m_input_tokens": draw(amounts(5)), "usd_per_1m_output_tokens": draw(amounts(20)),
           "price_falls_per_year": draw(st.integers(0, 99)) / 100}
    own = {"by": "own", "from_month": draw(st.integers(2, 20)), "usd_per_machine_hour": draw(amounts(10)),
           "requests_per_second": draw(st.integers(1, 50)) / 10, "fixed_usd_per_month": draw(amounts(1_000))}
    return [api, own]


@st.composite
def rich(draw: st.DrawFn) -> Project:
    """Any project with all that money does."""
    return project(
        plan={"months": draw(st.integers(1, 40)), "tax_rate": draw(SHARES), "contingency": draw(SHARES),
              "buffer_months": draw(st.integers(0, 6))},
        demand={"requests_per_month": draw(amounts(1e6)), "growth_per_month": draw(st.floats(-0.5, 0.3))},
        customers={"at_start": draw(amounts(50)), "churn_per_month": draw(SHARES),
                   "organic_per_month": draw(amounts(20)), "word_of_mouth_per_month": draw(st.floats(0, 0.2)),
                   "requests_per_customer": draw(amounts(5_000)), "seats_per_customer": draw(amounts(20))},
        revenue=draw(st.lists(revenues(), max_size=4)), serving=draw(servings()),
        training=[{"gpu_hours": draw(amounts(1e4)), "usd_per_gpu_hour": draw(amounts(5)),
                   "from_month": draw(st.integers(1, 30)), "months": draw(st.integers(1, 6)), "every_months": 7}],
        storage={"gb": draw(amounts(1e4)), "usd_per_gb_month": 0.02},
        team=[{"role": "engineer", "count": draw(amounts(5)), "salary_usd_per_year": draw(amounts(2e5)),
               "hiring_usd": draw(amounts(2e4)), "attrition_per_year": draw(SHARES), "ramp_months": 2,
               **draw(spans())}],
        marketing=[{"channel": "ads", "usd_per_month": draw(amounts(1e4)), "usd_per_lead": 40,
                    "conversion": draw(SHARES), "saturates_at_usd": 5_000}],
        capital={"cash_usd": draw(amounts(1e6)), "round": [{"month": 3, "usd": draw(amounts(1e6))}],
                 "loan": [{"month": draw(st.integers(1, 30)), "usd": draw(amounts(1e6)), "rate_per_year": 0.08,
                           "term_months": draw(st.integers(1, 24)), "grace_months": draw(st.integers(0, 6))}]},
    )  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(rich())
def test_cash_is_conserved_to_the_micro_dollar(made: Project) -> None:
    """Start + all that came in - all that went out = end, summed exactly and in another order."""
    plan = make_plan(made)
    values = [month.values for month in reversed(plan.months)]
    came = sum(Decimal(row[line]) for row in values for line in ("received", "rounds", "loans"))
    went = sum(Decimal(row[line]) for line in OUT for row in values)
    expected = Decimal(made.capital.cash_usd.value) + came - went
    size = max(1.0, *(abs(row[line]) for row in values for line in (*OUT, "cash", "revenue", "received")))
    assert abs(Decimal(plan.months[-1].values["cash"]) - expected) <= Decimal(max(1e-6, 1e-13 * size))


@settings(max_examples=20, deadline=None)
@given(rich())
def test_the_four_parts_and_what_stands_beside_them_are_the_trough(made: Project) -> None:
    plan = make_plan(made)
    need, flows = plan.need, own_flows(plan)
    assert need is not None
    sums = [math.fsum(flows[:m]) for m in range(1, len(flows) + 1)]
    size = max(1.0, *map(abs, sums))
    assert max(0.0, need.trough.usd) == pytest.approx(max(0.0, -min(sums)), rel=1e-9, abs=1e-9 * size)
    beside = {one.name: one.usd for one in need.beside}
    whole = need.parts_usd + beside["serving"] + beside["interest"] + beside["tax"] - beside["received"]
    assert whole == pytest.approx(need.trough.usd, rel=1e-9, abs=1e-9 * size)
    assert need.total.usd == pytest.approx(need.trough.usd + need.contingency.usd + need.buffer.usd)
    assert all(plan.ledger.entries[one.cell].figure.value == one.usd for part in need.parts for one in part.terms)


def own_flows(plan: Plan) -> list[float]:
    return [m.values["net"] - m.values["revenue"] + m.values["received"] for m in plan.months]


@settings(max_examples=20, deadline=None)
@given(rich(), st.floats(1.0, 20.0))
def test_more_demand_never_takes_fewer_machines(made: Project, times: float) -> None:
    demand = made.demand.requests_per_month
    busier = made.model_copy(update={"demand": made.demand.model_copy(
        update={"requests_per_month": demand.model_copy(update={"value": demand.value * times})})})
    for few, many in zip(make_plan(made).months, make_plan(busier).months, strict=True):
        assert few.machines <= many.machines
        assert few.values["serving"] <= many.values["serving"] * (1 + 1e-12) + 1e-9


@settings(max_examples=10, deadline=None)
@given(rich())
def test_the_same_project_gives_the_same_plan(made: Project) -> None:
    again = Project.model_validate_json(made.model_dump_json(exclude_unset=True))
    assert make_plan(again).model_dump_json() == make_plan(made).model_dump_json()


@given(st.sampled_from(sorted(NAMED)), st.sampled_from(sorted(NAMED)), st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_units_cannot_be_mixed(left: str, right: str, one: float, other: float) -> None:
    figures = constant(one, left), constant(other, right)
    if NAMED[left].powers == NAMED[right].powers:
        assert (figures[0] + figures[1]).unit == NAMED[left]
        return
    for mix in (lambda: figures[0] + figures[1], lambda: figures[0] - figures[1], lambda: figures[0].to(right)):
        with pytest.raises(UnitError):
            mix()


def test_loans_are_paid_back_to_the_cent_and_tax_waits_for_losses() -> None:
    made = project(
        plan={"months": 40, "tax_rate": 0.25}, demand={"requests_per_month": 0},
        team=[{"role": "a", "salary_usd_per_year": 120_000, "loaded": 1, "to_month": 10}],
        revenue=[{"kind": "project", "usd": 50_000, "month": 11, "every_months": 10}],
        capital={"loan": [{"month": 2, "usd": 90_000, "rate_per_year": 0.12, "term_months": 9, "grace_months": 2}]},
    )  # fmt: skip
    values = [month.values for month in make_plan(made).months]
    assert sum(row["loans"] for row in values) == pytest.approx(0, abs=1e-9)
    assert [row["interest"] for row in values[1:7]] == pytest.approx([0, 900, 900, 900, 800, 700])
    assert sum(row["interest"] for row in values) == pytest.approx(900 * 2 + 100 * sum(range(1, 10)))
    loss = 100_000 + sum(row["interest"] for row in values)
    assert sum(row["tax"] for row in values) == pytest.approx(0.25 * (150_000 - loss))
    assert values[10]["tax"] == 0


def test_a_plan_of_ten_years_is_made_in_less_than_a_second() -> None:
    made = Project.model_validate(tomllib.loads(API_FIRST) | {"plan": {"months": 120}})
    started = time.process_time()
    plan = make_plan(made)
    assert time.process_time() - started < 1.0
    assert len(plan.months) == 120
