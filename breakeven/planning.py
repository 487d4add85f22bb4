"""The road of the plan: a project file and, where there is one, the latest run. It loads no model and no rows."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path

from breakeven.core.errors import StorageError, UsageError
from breakeven.core.figure import Figure
from breakeven.plan.lines import plan_lines
from breakeven.plan.make_plan import make_plan
from breakeven.plan.measured_demand import priced_traffic, with_traffic
from breakeven.plan.metrics import needs_draws
from breakeven.plan.revise import revise
from breakeven.plan.scenario import apply_scenario
from breakeven.plan.serving import FREE
from breakeven.plan.uncertainty import uncertainty
from breakeven.plan.unit_figures import UnitFigures
from breakeven.project import project_file, read_project
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from breakeven.records.revision import Revision
from breakeven.records.roadmap_state import RiskState, RoadmapState
from breakeven.records.run import Run, Rung
from breakeven.records.traffic_figures import TrafficFigures
from breakeven.stages import roadmap as road_stage
from breakeven.stages.facts import stored_facts
from breakeven.stages.price import train_usd, unit_figures
from breakeven.store import Store

TRAFFIC_DAYS = 60
"""Of the traffic log, `replan` looks at so many."""


def plan(path: Path) -> Plan:
    """The plan of a project, by what its latest run has measured where there is one. Raises ProjectError."""
    return kept_plan(path)[0]


def kept_plan(path: Path) -> tuple[Plan, Path | None]:
    """The plan, and the file in which it is kept; None where nothing can be written. Raises ProjectError."""
    file = project_file(path)
    project = read_project(file)
    run = latest_run(file.parent)
    made = make_plan(project, *measured_figures(project, run))
    store = Store(file)
    with suppress(StorageError):  # a plan can be read where nothing can be written
        return made, store.plan_file(store.keep_plan(made, run.id if run else ""))
    return made, None


def replan(path: Path, days: int = TRAFFIC_DAYS) -> Revision:
    """What the latest run, and the last `days` of traffic, change in the newest plan from before that run.

    Raises UsageError without a run, ProjectError.
    """
    file = project_file(path)
    project = read_project(file)
    store = Store(file)
    run = store.run()
    kept = store.newest_plan("assumed")
    old = kept.plan if kept else make_plan(project)
    measured, found = measured_figures(project, run), _traffic(store, days) if days else None
    if found and found.requests_per_month:
        new = make_plan(with_traffic(project, found), *measured)
        found = priced_traffic(found, measured[0])
    else:
        new = plan(path)
    return revise(old, new, kept.id if kept else "", run.id).model_copy(update={
        "traffic": found, "old_break_even": uncertainty(old).break_even_month,
        "new_break_even": uncertainty(new).break_even_month,
    })  # fmt: skip


def _traffic(store: Store, days: int) -> TrafficFigures | None:
    """What the traffic log tells; None where nothing was ever served."""
    from breakeven.serving.traffic_place import was_served

    if not was_served(store):
        return None
    from breakeven.monitoring.demand import traffic_figures

    return traffic_figures(store, days)


def plan_with_spread(path: Path, everything: bool = False) -> tuple[Plan, Path | None]:
    """The plan with how sure it is, and its file; `everything` moves figures without a range by a tenth, too."""
    from breakeven.plan.spread import with_spread

    made, file = kept_plan(path)
    place = project_file(path)
    project = read_project(place)
    return with_spread(made, project, measured_figures(project, latest_run(place.parent)), everything), file


def roadmap_of(path: Path, made: Plan, today: date) -> RoadmapState:
    """The road map of a project by a plan of it. Raises ProjectError."""
    file = project_file(path)
    return road_stage.roadmap(read_project(file), file, made, stored_facts(Store(file)), None, today)


def roadmap(path: Path, month: int | None, today: date) -> tuple[RoadmapState, tuple[RiskState, ...]]:
    """The road map and the risks of a project, by its plan and what was measured. Raises ProjectError."""
    file = project_file(path)
    project = read_project(file)
    made = plan_with_spread(path)[0] if needs_draws(project) else plan(path)
    facts = stored_facts(Store(file))
    state = road_stage.roadmap(project, file, made, facts, month, today)
    return state, road_stage.risks(project, file, made, facts)


def risks(path: Path, made: Plan) -> tuple[RiskState, ...]:
    """The risks of a project, held against a plan of it and what was measured. Raises ProjectError."""
    file = project_file(path)
    project = read_project(file)
    return road_stage.risks(project, file, made, stored_facts(Store(file))) if project.risk else ()


def check_plan(project: Project) -> None:
    """That all can be priced and every scenario can be, before a run spends anything. Raises ProjectError."""
    plan_lines(project, project.plan.months, FREE, None)
    for scenario in project.scenario:
        apply_scenario(project, scenario)


def latest_run(folder: Path) -> Run | None:
    """The latest finished run of a project folder that can still be read."""
    try:
        return Store(folder).run()
    except UsageError:
        return None


def measured_figures(project: Project, run: Run | None) -> tuple[UnitFigures | None, Figure | None]:
    """What the chosen model of a run takes to answer and took to train, priced as the run itself prices it."""
    chosen = chosen_rung(run)
    if chosen is None or chosen.measurement is None or chosen.bill is None:
        return None, None
    return unit_figures(project, chosen.measurement), train_usd(project, chosen.bill)


def chosen_rung(run: Run | None) -> Rung | None:
    """The rung that a run chose."""
    if run is None or run.choice is None:
        return None
    return next((rung for rung in run.rungs if run.choice and rung.name == run.choice.name), None)
