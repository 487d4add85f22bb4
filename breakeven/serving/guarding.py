"""The guard of a rollout: takes a release on trial back by itself when it is worse, slower or fails."""

from __future__ import annotations

import logging
import time

from breakeven.core.errors import BreakevenError
from breakeven.records.rollout import Verdict
from breakeven.stages.rollouts import current_rollout, stop_rollout
from breakeven.store import Store

LOOK_SECONDS = 2.0
LOG = logging.getLogger("breakeven.serving")


class RolloutGuard:
    """Looks at a rollout every few seconds; the test behind it may be looked at any time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0.0

    def look(self) -> Verdict | None:
        """Judge the rollout that is on, when it is time to; end it when it is broken."""
        if time.monotonic() < self._next:
            return None
        self._next = time.monotonic() + LOOK_SECONDS
        rollout = current_rollout(self._store)
        if rollout is None:
            return None
        from breakeven.monitoring.rollout import judge_rollout  # pyarrow and scipy, only once there is a rollout

        verdict = judge_rollout(self._store, rollout)
        if verdict.broken:
            try:
                stop_rollout(self._store, "taken back")
            except BreakevenError:  # somebody has ended it in this moment
                return verdict
            why = "; ".join(str(reason.message()) for reason in verdict.broken)
            LOG.error("release %d is taken back: %s", rollout.release, why)
        return verdict
