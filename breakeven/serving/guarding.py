"""The guard of a rollout: takes a release on trial back by itself when it is worse, slower or fails."""

from __future__ import annotations

import logging
import threading
import time

from breakeven.core.errors import BreakevenError
from breakeven.core.words import say
from breakeven.records.rollout import Rollout, Verdict
from breakeven.stages.rollouts import current_rollout, finish_rollout, stop_rollout
from breakeven.store import Store

LOOK_SECONDS = 2.0
LOG = logging.getLogger("breakeven.serving")


class RolloutGuard:
    """Looks at a rollout every few seconds; the test behind it may be looked at any time.

    It looks in a thread of its own: a database that is slow or away holds up nothing of the server.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._next = 0.0
        self._thread: threading.Thread | None = None
        self._told = ""

    def look(self) -> None:
        """Begin to judge the rollout that is on, when it is time to and the last look is over."""
        if time.monotonic() < self._next or (self._thread and self._thread.is_alive()):
            return
        if current_rollout(self._store):
            self._thread = threading.Thread(target=self._look, name="rollout", daemon=True)
            self._thread.start()

    def _look(self) -> None:
        import breakeven.monitoring.rollout  # noqa: F401  # scipy, once: its seconds are none of the reading

        begun = time.monotonic()
        try:
            self.judge()
            self._told = ""
        except BreakevenError as fault:  # the traffic cannot be read now: the trial goes on
            if str(fault) != self._told:
                LOG.error("the release on trial cannot be judged: %s", fault)
            self._told = str(fault)
        finally:  # many days of traffic take long to read: a tenth of the time at most
            took = time.monotonic() - begun
            self._next = time.monotonic() + max(LOOK_SECONDS, 9 * took)

    def judge(self) -> Verdict | None:
        """Judge the rollout that is on; end it when it is broken. Raises StoreAway."""
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
            self._tell(rollout.release, verdict)
        elif verdict.ended and rollout.decides:
            self._decide(rollout, verdict)
        return verdict

    def _decide(self, rollout: Rollout, verdict: Verdict) -> None:
        """Do what an A/B test that is over was asked to do by itself."""
        try:
            if verdict.ended == "better":
                finish_rollout(self._store)
            else:
                stop_rollout(self._store, "no gain")
        except BreakevenError as fault:  # somebody has ended it in this moment, or the release is damaged
            LOG.error("the A/B test of release %d could not be ended: %s", rollout.release, fault)
        else:
            LOG.info("the A/B test of release %d is over: %s", rollout.release, verdict.ended)

    def _tell(self, release: int, verdict: Verdict) -> None:
        """Tell the webhook that the project names, if it names one."""
        from breakeven.monitoring.alerts import Alarms, tell_alarms
        from breakeven.project import read_monitoring

        product, settings = read_monitoring(self._store.file)
        reasons = [say("the release on trial was taken back: {why}", why=reason.message()) for reason in verdict.broken]
        told = tell_alarms(self._store, settings, Alarms(product, release, reasons))
        if told.fault is not None:
            LOG.error("%s", told.fault)
