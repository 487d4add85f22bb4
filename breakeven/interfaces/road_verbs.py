"""The verbs that look at a plan from further off: its road map, why a number is so, and what a run has changed.

A path names a project folder or its project file. Nothing is printed; records come back, errors are raised.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.interfaces.verbs import AnyPath, show

if TYPE_CHECKING:
    from breakeven.plan.why import Why
    from breakeven.records.plan import Plan
    from breakeven.records.revision import Revision
    from breakeven.records.roadmap_state import RiskState, RoadmapState


class Road(NamedTuple):
    """The road map today, and the risks."""

    state: RoadmapState
    risks: tuple[RiskState, ...]


def roadmap(path: AnyPath = ".", month: int | None = None) -> Road:
    """The road map of a project in a month (that of today by `[roadmap] start` when none is given), and its risks.

    Gates are held against what the store has measured. Raises ProjectError for names, circles, metrics and needs.
    """
    from datetime import UTC, datetime

    from breakeven import planning
    from breakeven.prices.own import project_prices

    with project_prices(Path(path)):
        return Road(*planning.roadmap(Path(path), month, datetime.now(UTC).date()))


def why(path: AnyPath, asked: str, run: str | None = None, depth: int | None = None) -> Why:
    """Why a number of the plan is what it is: of a run's plan when one is named, else of the plan as it is now.

    `asked` is a cell (`serving@3`) or a statement (`break_even_month`). Raises UsageError, ProjectError.
    """
    from breakeven import planning
    from breakeven.plan.why import why
    from breakeven.prices.own import project_prices

    with project_prices(Path(path)):
        made = show(path, run).plan if run else planning.plan(Path(path))
    if made is None:
        raise UsageError(say("the run {run} has no plan", run=run or ""), "--why", say("name another run"))
    return why(made, asked, depth)


def replan(path: AnyPath = ".", days: int | None = None) -> Revision:
    """What the latest run and the traffic have replaced in the plan that was made before it: assumed → measured.

    `days` of the traffic log count, 60 by default; 0 leaves it out. Raises UsageError without a run, ProjectError.
    """
    from breakeven import planning

    return planning.replan(Path(path), planning.TRAFFIC_DAYS if days is None else days)


def risks(path: AnyPath, made: Plan) -> tuple[RiskState, ...]:
    """The risks of a project, held against a plan of it and what its store has measured. Raises ProjectError."""
    from breakeven import planning

    return planning.risks(Path(path), made)
