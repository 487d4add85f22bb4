"""The schedule against brute force on small networks, and what must hold for any."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import ProjectError
from breakeven.plan.schedule import critical_path, drawn_months, network, planned_months, times
from breakeven.records.roadmap import Milestone


@st.composite
def roads(draw: st.DrawFn, most: int = 7) -> tuple[Milestone, ...]:
    """Milestones that wait for earlier ones only, shuffled, so that there is no circle."""
    count = draw(st.integers(1, most))
    made = []
    for number in range(count):
        after = draw(st.sets(st.integers(0, number - 1))) if number else set()
        months = draw(st.one_of(
            st.integers(0, 8),
            st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda ends: f"{ends[0]}..{ends[0] + ends[1]}"),
        ))
        made.append(Milestone.model_validate(
            {"name": f"m{number}", "months": months, "after": tuple(f"m{one}" for one in sorted(after))}))
    return tuple(draw(st.permutations(made)))


def longest_by_hand(road: tuple[Milestone, ...]) -> float:
    """The longest of all chains, each walked on its own."""
    by_name = {one.name: one for one in road}

    def chain(name: str) -> float:
        one = by_name[name]
        assert one.months is not None
        return one.months.value + max((chain(other) for other in one.after), default=0.0)

    return max(chain(one.name) for one in road)


@settings(max_examples=60, deadline=None)
@given(roads())
def test_the_critical_path_is_the_longest_chain(road: tuple[Milestone, ...]) -> None:
    net = network(road)
    planned = times(planned_months(road), net)
    path = critical_path(planned, net)
    assert planned.end[0] == pytest.approx(longest_by_hand(road))
    assert sum(planned_months(road)[0, one] for one in path) == pytest.approx(planned.end[0])
    assert all(earlier in net.before[later] for earlier, later in pairwise(path))
    assert all(planned.critical[0, one] for one in path)


@settings(max_examples=40, deadline=None)
@given(roads(), st.data())
def test_another_dependency_never_shortens_the_road(road: tuple[Milestone, ...], data: st.DataObject) -> None:
    net = network(road)
    later = data.draw(st.sampled_from(net.order))
    earlier = data.draw(st.sampled_from(net.order[: net.order.index(later)] or [later]))
    if earlier == later:
        return
    more = [one if position != later else one.model_copy(update={"after": (*one.after, net.names[earlier])})
            for position, one in enumerate(road)]
    drawn = drawn_months(road, power=4)
    without, with_it = times(drawn, net), times(drawn, network(more))
    assert (with_it.end >= without.end - 1e-12).all()
    assert (with_it.finish >= without.finish - 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(roads())
def test_something_is_critical_in_every_draw_and_slack_is_never_negative(road: tuple[Milestone, ...]) -> None:
    drawn = times(drawn_months(road, power=4), network(road))
    assert (drawn.slack >= -1e-9).all()
    assert drawn.critical.any(axis=1).all()


@settings(max_examples=25, deadline=None)
@given(roads(most=5), st.data())
def test_slack_is_how_much_later_a_milestone_may_end(road: tuple[Milestone, ...], data: st.DataObject) -> None:
    net, durations = network(road), planned_months(road)
    planned = times(durations, net)
    one = data.draw(st.integers(0, len(road) - 1))
    late = durations.copy()
    late[0, one] += planned.slack[0, one] + 0.25
    assert times(late, net).end[0] == pytest.approx(planned.end[0] + 0.25)


def test_draws_are_the_same_every_time_and_fill_the_range_evenly() -> None:
    road = [Milestone.model_validate(raw) for raw in ({"name": "a", "months": "2..6"}, {"name": "b", "months": 3})]
    drawn = drawn_months(road)
    assert (drawn == drawn_months(road)).all()
    assert (drawn[:, 1] == 3).all()
    assert np.percentile(drawn[:, 0], (10, 50, 90)) == pytest.approx((2.4, 4.0, 5.6), abs=0.01)


def test_weeks_are_counted_by_a_month_of_730_hours() -> None:
    assert planned_months([Milestone.model_validate({"name": "a", "weeks": 730 / 168})])[0, 0] == pytest.approx(1.0)


def test_a_circle_is_named() -> None:
    road = [Milestone.model_validate({"name": name, "weeks": 1, "after": after})
            for name, after in (("start", ()), ("a", ("start", "c")), ("b", ("a",)), ("c", ("b",)))]
    with pytest.raises(ProjectError) as caught:
        network(road)
    what, where, hint = (str(line) for line in caught.value.lines())
    assert what == "milestones wait for each other in a circle: a → b → c → a"
    assert where == "breakeven.toml milestone.1.after"
    assert hint


def test_a_circle_of_one_is_named() -> None:
    with pytest.raises(ProjectError, match="a → a"):
        network([Milestone.model_validate({"name": "a", "weeks": 1, "after": "a"})])


def test_all_wrong_names_are_told_at_once() -> None:
    road = [Milestone.model_validate(raw) for raw in (
        {"name": "label data", "weeks": 1}, {"name": "train", "weeks": 1, "after": ["lable data", "pay"]},
        {"name": "train", "weeks": 2},
    )]
    with pytest.raises(ProjectError) as caught:
        network(road)
    faults = [str(fault.what) for fault in caught.value.faults]
    assert faults == ["two milestones are called train", "train waits for lable data, which is no milestone",
                      "train waits for pay, which is no milestone"]
    assert "label data" in str(caught.value.faults[1].hint)
