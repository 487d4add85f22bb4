"""The road map and the risk register of a project, held against its plan and against what its store has measured."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from breakeven.outputs import OUTPUTS
from breakeven.plan.metrics import Facts, check_metrics
from breakeven.plan.resources import check_needs
from breakeven.plan.risks import risk_states
from breakeven.plan.roadmap import month_of, road_map
from breakeven.plan.schedule import network
from breakeven.project import places
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.roadmap_state import RiskState, RoadmapState
from breakeven.records.run import Run
from breakeven.stages.facts import facts
from breakeven.tasks import TASKS


def quality_metrics(project: Project) -> tuple[str, ...]:
    """The metrics that a release of this project can be scored by; of all tasks before it names one."""
    tasks = [task for task in TASKS if task.name == project.product.task] or list(TASKS)
    return tuple(dict.fromkeys(name for task in tasks for name in OUTPUTS.get(task.output).metrics()))


def check_road(project: Project, file: Path) -> None:
    """Raises ProjectError for unknown names, metrics and needs, and for milestones in a circle."""
    where = places(file)
    check_metrics(project, quality_metrics(project), where)
    network(project.milestone, where)
    check_needs(project, where)


def with_road(run: Run, file: Path, today: date) -> Run:
    """A run with the road map and the risks of its project, by its own plan and measurements."""
    project = run.project
    if not project.milestone and not project.risk:
        return run
    measured = facts(run.release, run) if run.release else {}
    state = roadmap(project, file, run.plan, measured, None, today) if project.milestone else None
    return run.model_copy(update={"roadmap": state, "risks": risks(project, file, run.plan, measured)})


def roadmap(
    project: Project, file: Path, plan: Plan | None, measured: Facts, month: int | None, today: date
) -> RoadmapState:
    """The road map in a month: the one that is given, else the one that `today` lies in by `[roadmap] start`.

    Raises ProjectError for unknown names, metrics and needs, and for a circle.
    """
    check_road(project, file)
    now = month if month is not None else month_of(today, project.roadmap.start)
    return road_map(project, measured, plan, now, places(file))


def risks(project: Project, file: Path, plan: Plan | None, measured: Facts) -> tuple[RiskState, ...]:
    """The risks today. Raises ProjectError for a metric that is unknown."""
    check_metrics(project, quality_metrics(project), places(file))
    return risk_states(project.risk, plan, measured)
