"""What a serving process follows while it answers: the current release, the rollout, the keys.

All three are files that others replace in one step. One that cannot be trusted or read is told of in the log, and what
was there before goes on.
"""

from __future__ import annotations

import asyncio
import errno
import logging
import os
from pathlib import Path

from breakeven.core.errors import BreakevenError
from breakeven.records.rollout import Rollout
from breakeven.serving.app import App
from breakeven.serving.keys import read_keys
from breakeven.serving.limits import Limits
from breakeven.serving.served import Served, load_release
from breakeven.stages.releases import current_number
from breakeven.stages.rollouts import current_rollout
from breakeven.store import Store

LOOK_SECONDS = 0.2
"""How often the files are looked at."""
PAUSE_SECONDS = 1.0
PASSING = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EIO, errno.ESTALE)
"""Faults of the machine that pass: a release is tried again then."""
LOG = logging.getLogger("breakeven.serving")


class Follower:
    """Keeps an application at what the files say."""

    def __init__(self, app: App, store: Store, limits: Limits, keys: Path | None,
                 engine: str = "here") -> None:  # fmt: skip
        self._app, self._store, self._limits, self._keys, self._engine = app, store, limits, keys, engine
        self._known = app.arm.served.number if app.arm else None
        self._tried: Rollout | None = None
        self._keys_seen = _change_of(keys)

    async def follow(self) -> None:
        """Look again and again, until it is cancelled."""
        while True:
            self._app.tell_queue()
            try:
                await self.look()
            except OSError as fault:  # no descriptors left, a disk that is away: it passes
                LOG.error("releases are not followed for the moment: %s", fault)
                await asyncio.sleep(PAUSE_SECONDS)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """One look. Raises OSError, and nothing has changed then."""
        self._look_at_keys()
        wanted, rollout = current_number(self._store), current_rollout(self._store)
        if wanted is not None and wanted != self._known:
            if served := await asyncio.to_thread(self._load, wanted):
                self._app.use(served)
                LOG.info("release %d answers now", wanted)
            self._known = wanted
        if rollout != self._tried:
            trial = await asyncio.to_thread(self._load, rollout.release) if rollout else None
            self._app.try_out(rollout, trial)
            self._tried = rollout
            LOG.info("on trial: %s", f"release {trial.number}" if trial else "none")

    def _look_at_keys(self) -> None:
        """Take keys that were added, and refuse those that were taken out, from the next request on."""
        seen = _change_of(self._keys)
        if self._keys is None or seen == self._keys_seen:
            return
        try:
            self._app.keys = read_keys(self._keys)
            LOG.info("the keys were read again")
        except BreakevenError as error:
            LOG.error("the keys stay as they were: %s", " ".join(map(str, error.lines())))
        self._keys_seen = seen

    def _load(self, number: int) -> Served | None:
        try:
            return load_release(self._store, number, self._limits, self._engine)
        except OSError as fault:
            if fault.errno in PASSING:
                raise
            LOG.error("release %d is not taken: %s", number, fault)
            return None
        except Exception as error:  # whatever is wrong with the new one, the old one goes on answering
            LOG.error("release %d is not taken: %s", number, error)
            return None


def _change_of(path: Path | None) -> tuple[int, int] | None:
    """What differs once a file was replaced; None without one."""
    if path is None:
        return None
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_ino
