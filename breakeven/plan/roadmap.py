"""The road map put together: times with their uncertainty, gates, due months and resources."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any

from breakeven.plan.gates import gate_state, light_of
from breakeven.plan.metrics import Facts
from breakeven.plan.resources import Load, check_needs, resources
from breakeven.plan.schedule import (
    NO_SLACK,
    Times,
    Where,
    critical_path,
    drawn_months,
    network,
    place,
    planned_months,
    times,
)
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.roadmap import Milestone
from breakeven.records.roadmap_state import MilestoneState, RoadmapState


def month_of(day: date, start: date | None) -> int | None:
    """The month of the plan that a day lies in, 1 from `start` on; 0 or less before it; None without a start."""
    if start is None:
        return None
    months = (day.year - start.year) * 12 + day.month - start.month
    return months + (1 if day.day >= start.day else 0)


def road_map(
    project: Project, facts: Facts, plan: Plan | None = None, month_now: int | None = None, where: Where = place
) -> RoadmapState:
    """The road map today. `facts` are stored measurements. Raises ProjectError for names, circles and needs."""
    milestones = project.milestone
    net = network(milestones, where)
    check_needs(project, where)
    earliest = [one.from_month - 1.0 for one in milestones]
    planned = times(planned_months(milestones), net, earliest)
    drawn = times(drawn_months(milestones), net, earliest)
    path = critical_path(planned, net)
    states = tuple(
        _state(one, position, planned, drawn, position in path, facts, month_now)
        for position, one in enumerate(milestones)
    )
    p10, p50, p90 = _percentiles(drawn.end)
    return RoadmapState(
        milestones=states, critical_path=tuple(net.names[one] for one in path), finish=float(planned.end[0]),
        p10=p10, p50=p50, p90=p90, month_now=month_now,
        resources=resources(project, Load(milestones, planned), plan, facts),
    )


def _state(
    milestone: Milestone, column: int, planned: Times, drawn: Times, on_path: bool, facts: Facts, now: int | None,
) -> MilestoneState:
    finish = drawn.finish[:, column]
    planned_finish = float(planned.finish[0, column])
    due_month = milestone.due_month or max(1, math.ceil(planned_finish - NO_SLACK))
    gates = tuple(gate_state(condition, facts) for condition in milestone.gate)
    p10, p50, p90 = _percentiles(finish)
    return MilestoneState(
        name=milestone.name, start=float(planned.start[0, column]), finish=planned_finish, p10=p10, p50=p50, p90=p90,
        slack_months=max(0.0, float(planned.slack[0, column])), on_critical_path=on_path,
        chance_critical=float(drawn.critical[:, column].mean()),
        due_month=due_month, chance_on_time=float((finish <= due_month + NO_SLACK).mean()),
        due=now is not None and now > due_month, gates=gates, light=light_of(gates),
    )


def _percentiles(values: Any) -> Sequence[float]:
    import numpy as np

    return [float(one) for one in np.percentile(values, (10, 50, 90))]
