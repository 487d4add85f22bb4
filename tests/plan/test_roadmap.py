"""Gates, resources and risks of a road map written by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plan_cases import DESK, project, train_usd, unit_figures

from breakeven.core.errors import ProjectError
from breakeven.core.figure import Provenance
from breakeven.plan.make_plan import make_plan
from breakeven.plan.metrics import MEASURED, check_metrics
from breakeven.plan.risks import risk_states
from breakeven.plan.roadmap import month_of, road_map
from breakeven.plan.spread import with_spread
from breakeven.records.condition import Condition
from breakeven.records.record import FigureRecord

ROAD: dict[str, Any] = {
    "team": [{"role": "ML engineer", "count": 1, "salary_usd_per_year": 90_000},
             {"role": "ML engineer", "count": 1, "salary_usd_per_year": 90_000, "from_month": 3}],
    "milestone": [
        {"name": "labels", "months": 1, "people": {"annotator": 3}, "needs": {"rows": 5_000}, "usd": 20_000},
        {"name": "model", "months": 2, "after": "labels", "people": {"ML engineer": 2}, "usd": 10_000,
         "needs": {"gpu_hours": 3_000, "rows": 5_000}, "gate": ["macro_f1 >= 0.85", "p95_ms <= 50"]},
        {"name": "pilot", "months": 1, "after": "labels", "people": {"sales": 0.5}},
        {"name": "launch", "weeks": 0, "after": ["model", "pilot"], "gate": "usd_per_1k < 0.5"},
    ],
    "resource": [{"name": "gpu_hours", "kind": "compute", "per_month": 1_400}],
    "capital": {"cash_usd": 100_000},
}


def measured(value: float, unit: str = "1", provenance: Provenance = Provenance.MEASURED) -> FigureRecord:
    return FigureRecord(value=value, unit=unit, provenance=provenance, sources=(("release 1", "2026-11-22"),))


def test_times_and_critical_path() -> None:
    state = road_map(project(**ROAD), {})
    assert state.critical_path == ("labels", "model", "launch")
    assert (state.finish, state.p10, state.p90) == (3, 3, 3)
    pilot = state.milestones[2]
    assert (pilot.start, pilot.finish, pilot.slack_months, pilot.chance_critical) == (1, 2, 1, 0)
    assert [one.due_month for one in state.milestones] == [1, 3, 2, 3]


def test_the_chance_of_being_critical_follows_the_ranges() -> None:
    """Two ways of 1..3 and of 2 months: each decides the end in half of the draws."""
    made = project(milestone=[{"name": "a", "months": "1..3"}, {"name": "b", "months": 2},
                              {"name": "end", "months": 1, "after": ["a", "b"], "due_month": 3}])
    a, b, end = road_map(made, {}).milestones
    assert a.chance_critical == pytest.approx(0.5, abs=0.01)
    assert b.chance_critical == pytest.approx(0.5, abs=0.01)
    assert end.chance_critical == 1
    assert (end.p10, end.p50, end.p90) == pytest.approx((3, 3, 3.8), abs=0.01)
    assert end.chance_on_time == pytest.approx(0.5, abs=0.01)


def test_resources_are_summed_by_month_and_shortages_named() -> None:
    rows = {one.name: one for one in road_map(project(**ROAD), {}).resources}
    assert list(rows) == ["annotator", "ML engineer", "sales", "gpu_hours", "rows", "cash"]
    assert rows["annotator"].needed == (3, 0, 0)
    assert rows["annotator"].short == (1,)
    assert rows["ML engineer"].needed == (0, 2, 2)
    assert rows["ML engineer"].there == (1, 1, 2)
    assert rows["ML engineer"].short == (2,)
    assert rows["gpu_hours"].needed == (0, 1_500, 1_500)
    assert rows["gpu_hours"].short == (2, 3)
    assert rows["rows"].needed == (5_000, 5_000, 5_000)
    assert rows["rows"].unknown
    assert rows["rows"].short == ()
    assert rows["cash"].needed == (20_000, 25_000, 30_000)
    assert rows["cash"].unknown


def test_money_is_held_against_the_plan_and_data_against_what_was_measured() -> None:
    made = project(**ROAD)
    plan = make_plan(made, unit_figures(), train_usd(), months=12)
    rows = {one.name: one for one in road_map(made, {"rows": measured(4_000, "row")}, plan).resources}
    assert rows["cash"].there == tuple(month.values["cash"] for month in plan.months[:3])
    assert rows["rows"].there == (4_000, 4_000, 4_000)
    assert rows["rows"].short == (1, 2, 3)


def test_data_and_technology_stay_and_compute_does_not() -> None:
    made = project(milestone=[{"name": "a", "months": 3, "needs": {"chats": 30, "gpu_hours": 3, "licence": 1}}],
                   resource=[{"name": "chats", "kind": "data", "stock": 10, "per_month": 10, "from_month": 2},
                             {"name": "licence", "kind": "technology", "stock": 1},
                             {"name": "gpu_hours", "kind": "compute", "per_month": 5}])
    rows = {one.name: one for one in road_map(made, {}).resources}
    assert rows["chats"].there == (0, 20, 30)
    assert rows["chats"].short == (1, 2)
    assert rows["gpu_hours"].there == (5, 5, 5)
    assert rows["licence"].short == ()


def test_lights_follow_the_measurements() -> None:
    def lights(**facts: FigureRecord) -> list[str | None]:
        return [one.light for one in road_map(project(**ROAD), facts).milestones]

    assert lights() == [None, "grey", None, "grey"]
    assert lights(macro_f1=measured(0.9)) == [None, "grey", None, "grey"]
    assert lights(macro_f1=measured(0.9), p95_ms=measured(30, "ms")) == [None, "green", None, "grey"]
    assert lights(macro_f1=measured(0.8)) == [None, "red", None, "grey"]
    assert lights(usd_per_1k=measured(0.5))[3] == "red"


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["macro_f1", *MEASURED]), st.floats(-1e6, 1e6)),
       st.sampled_from([Provenance.ASSUMED, Provenance.PUBLISHED]))
def test_nothing_but_a_measurement_opens_a_gate(values: dict[str, float], provenance: Provenance) -> None:
    facts = {name: measured(value, MEASURED.get(name, "1"), provenance) for name, value in values.items()}
    assert {one.light for one in road_map(project(**ROAD), facts).milestones} <= {None, "grey"}


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(["macro_f1", "p95_ms", "usd_per_1k"]), st.floats(-100, 100)))
def test_green_means_that_all_its_conditions_hold(values: dict[str, float]) -> None:
    facts = {name: measured(value) for name, value in values.items()}
    for one, raw in zip(road_map(project(**ROAD), facts).milestones, ROAD["milestone"], strict=True):
        if one.light == "green":
            assert raw["gate"]
            assert all(gate.measured and gate.condition.holds(values[gate.condition.metric]) for gate in one.gates)


def test_a_gate_is_due_when_its_month_is_over() -> None:
    made = project(**ROAD)
    assert road_map(made, {}, month_now=3).unmet == ()
    assert road_map(made, {}, month_now=4).unmet == ("model", "launch")
    assert road_map(made, {}, month_now=None).unmet == ()
    good = {"macro_f1": measured(0.9), "p95_ms": measured(3.0)}
    assert road_map(made, good, month_now=9).unmet == ("launch",)


@pytest.mark.parametrize(("day", "month"), [
    (date(2026, 12, 1), 1), (date(2026, 12, 31), 1), (date(2027, 1, 1), 2), (date(2026, 11, 30), 0),
    (date(2027, 12, 1), 13), (date(2026, 10, 15), -1),
])
def test_the_month_of_a_day(day: date, month: int) -> None:
    assert month_of(day, date(2026, 12, 1)) == month
    assert month_of(day, None) is None


def test_risks_watch_the_plan_and_the_measurements() -> None:
    made = project(**{**DESK.model_dump(exclude_unset=True, mode="json")}, risk=[
        {"name": "money ends", "threshold": "runway_months < 6", "owner": "CEO", "action": "raise"},
        {"name": "never pays", "threshold": "break_even_month > 30"},
        {"name": "slow", "threshold": "p95_ms > 50"},
        {"name": "too dear", "threshold": "usd_per_1k > 0.5"},
    ])
    plan = make_plan(made, unit_figures(), train_usd())
    assert plan.runway_months is None
    states = risk_states(made.risk, plan, {"p95_ms": measured(80, "ms")})
    assert [one.breached for one in states] == [False, False, True, None]
    assert states[0].value is None
    poor = plan.model_copy(update={"runway_months": 4, "break_even_month": None})
    assert [one.breached for one in risk_states(made.risk, poor, {})] == [True, True, None, None]
    assert [one.breached for one in risk_states(made.risk, None, {})] == [None] * 4


def test_a_risk_may_watch_what_only_the_draws_tell() -> None:
    made = project(**{**DESK.model_dump(exclude_unset=True, mode="json")}, risk=[
        {"name": "ruin", "threshold": "chance_out_of_cash > 20%"},
        {"name": "never", "threshold": "chance_never_breaks_even < 20%"},
        {"name": "thin", "threshold": "gross_margin < 99.99%"},
        {"name": "dear", "threshold": "capital_needed_usd > 1"},
    ])
    plan = make_plan(made, unit_figures(), train_usd())
    assert [one.breached for one in risk_states(made.risk, plan, {})] == [None, None, True, True]
    states = risk_states(made.risk, with_spread(plan), {})
    assert [one.breached for one in states[:2]] == [False, True]
    assert states[0].value is not None
    assert states[0].value.value == 0


def test_a_metric_that_nobody_measures_is_refused_with_a_near_one() -> None:
    made = project(milestone=[{"name": "a", "weeks": 1, "gate": "macro_f2 >= 0.8"},
                              {"name": "b", "weeks": 1, "gate": "break_even_month <= 9"}],
                   risk=[{"name": "r", "threshold": "runway_month < 6"}])
    with pytest.raises(ProjectError) as caught:
        check_metrics(made, ["accuracy", "macro_f1"])
    hints = [str(fault.hint) for fault in caught.value.faults]
    assert hints[0] == "did you mean macro_f1?"
    assert "[[risk]]" in hints[1]
    assert hints[2] == "did you mean runway_months?"
    check_metrics(project(risk=[{"name": "r", "threshold": "runway_months < 6"}]), [])


def test_a_need_that_is_no_resource_is_refused() -> None:
    with pytest.raises(ProjectError) as caught:
        road_map(project(milestone=[{"name": "a", "weeks": 1, "needs": {"gpu_hour": 3}}]), {})
    assert str(caught.value.hint) == "did you mean gpu_hours?"


@pytest.mark.parametrize(("text", "expected"), [
    ("macro_f1 >= 0.85", ("macro_f1", ">=", 0.85)), ("share≥85%", ("share", ">=", 0.85)),
    ("p95_ms<1_000", ("p95_ms", "<", 1000)), ("usd_per_1k ≤ 2.5", ("usd_per_1k", "<=", 2.5)),
])
def test_a_condition_is_read(text: str, expected: tuple[str, str, float]) -> None:
    read = Condition.model_validate(text)
    assert (read.metric, read.sign, read.bound) == expected
    assert Condition.model_validate(read.model_dump()) == read


@pytest.mark.parametrize("text", ["macro_f1", "macro_f1 = 0.8", "0.8 < macro_f1", "a > 1..2", "a > much", ""])
def test_a_condition_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"condition|number"):
        Condition.model_validate(text)
