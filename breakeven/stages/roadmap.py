"""The road map and the risk register of a project, held against its plan and against what its store has measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from breakeven.outputs import OUTPUTS
from breakeven.plan.metrics import Facts, check_metrics
from breakeven.plan.risks import risk_states
from breakeven.plan.roadmap import month_of, road_map
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.roadmap_state import RiskState, RoadmapState
from breakeven.tasks import TASKS


def quality_metrics(project: Project) -> tuple[str, ...]:
    """The metrics that a release of this project can be scored by; of all tasks before it names one."""
    tasks = [task for task in TASKS if task.name == project.product.task] or list(TASKS)
    return tuple(dict.fromkeys(name for task in tasks for name in OUTPUTS.get(task.output).metrics()))


def roadmap(
    project: Project, file: Path, plan: Plan | None, facts: Facts, month: int | None, today: date
) -> RoadmapState:
    """The road map in a month: the one that is given, else the one that `today` lies in by `[roadmap] start`.

    Raises ProjectError for unknown names, metrics and needs, and for a circle.
    """
    check_metrics(project, quality_metrics(project), str(file))
    now = month if month is not None else month_of(today, project.roadmap.start)
    return road_map(project, facts, plan, now, str(file))


def risks(project: Project, file: Path, plan: Plan | None, facts: Facts) -> tuple[RiskState, ...]:
    """The risks today. Raises ProjectError for a metric that is unknown."""
    check_metrics(project, quality_metrics(project), str(file))
    return risk_states(project.risk, plan, facts)
