"""The verbs of a running service: rollouts. A path names a project folder or its project file."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from breakeven.records.rollout import Verdict
    from breakeven.store import Store

AnyPath = str | os.PathLike[str]


def start_rollout(path: AnyPath, number: int, mode: str = "canary", percent: float = 10.0,
                  worse_points: float = 0.0) -> Verdict:  # fmt: skip
    """Put a release on trial, as a `canary` for a share of users or as a `shadow`. Raises UsageError, ModelError."""
    from breakeven.stages.rollouts import start_rollout as start

    start(_store(path), number, mode, percent, worse_points)
    return rollout_status(path)


def rollout_status(path: AnyPath) -> Verdict:
    """What the release on trial and the other did so far. Raises UsageError when none is on trial."""
    from breakeven.monitoring.rollout import judge_rollout
    from breakeven.stages.rollouts import rollout_on

    store = _store(path)
    return judge_rollout(store, rollout_on(store))


def stop_rollout(path: AnyPath) -> None:
    """Take the release on trial back. Raises UsageError."""
    from breakeven.stages.rollouts import stop_rollout as stop

    stop(_store(path), "stop")


def finish_rollout(path: AnyPath) -> None:
    """Make the release on trial the one that answers. Raises UsageError, ModelError."""
    from breakeven.stages.rollouts import finish_rollout as finish

    finish(_store(path))


def _store(path: AnyPath) -> Store:
    from breakeven.project import project_file
    from breakeven.store import Store

    return Store(project_file(Path(path)).parent)
