"""A process that does an act of a release and is killed by SIGKILL just before its k-th step on the disk.

    python -m tests.serving.killed PROJECT     reads lines "ACT K", says "killed", "done", "refused" or "failed"

A step is an event below the project's run folder that Python's audit hooks tell of (open, rename, remove, mkdir, rmdir,
chmod, before each happens) or an fsync. Every line is done by a fork, so that the libraries are loaded once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from breakeven.core.errors import UsageError
from breakeven.engines import ENGINES
from breakeven.records.project import Compute
from breakeven.serving import keys
from breakeven.serving.traffic import TrafficLog, user_digest
from breakeven.serving.traffic_place import traffic_of
from breakeven.stages import release as releasing
from breakeven.stages import releases, rollouts
from breakeven.stages.release import Origin
from breakeven.store import Store

REFUSED = 3
EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod")


def _release(store: Store) -> None:
    """A new release of the newest run's first rung, with golden rows."""
    rung = next(rung for rung in store.run().rungs if rung.outcome == "trained")
    test = store.releases()[0].test.model_copy(update={"rows": 10_000})
    releasing.release(store, rung, test, 1, Origin("killed", "data", "project", golden_rows(store)))


def golden_rows(store: Store) -> pa.Table:
    lines = (store.release_folder(1) / "golden.jsonl").read_bytes()
    return pa.Table.from_pylist([json.loads(line) for line in lines.splitlines()])


def _log(store: Store) -> None:
    log = TrafficLog(traffic_of(store))
    log.feedback("x", "a", None)
    log.flush()


ACTS: dict[str, Callable[[Store], object]] = {
    "promote": lambda store: releases.promote(store, 2),
    "rollback": releases.rollback,
    "start": lambda store: rollouts.start_rollout(store, 2, "canary", 50),
    "stop": lambda store: rollouts.stop_rollout(store, "stop"),
    "finish": rollouts.finish_rollout,
    "release": _release,
    "key": lambda store: keys.add_key(store.folder / "keys.json", "second", ("predict",)),
    "log": _log,
    "forget": lambda store: traffic_of(store).forget_user(user_digest("ann") or ""),
}


def main(project: str) -> None:
    store, engine = Store(Path(project)), ENGINES.get("local")
    engine.prepare(1, Compute())  # golden rows are then answered by forks of one process
    engine._nursery.process.poll = lambda: None  # not a child of the forks that use it
    for line in sys.stdin:
        act, number = line.split()
        pid = os.fork()
        if pid == 0:
            _do(store, ACTS[act], int(number))
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        print({-signal.SIGKILL: "killed", 0: "done", REFUSED: "refused"}.get(code, f"failed {code}"), flush=True)
    engine._nursery.process.kill()


def _do(store: Store, act: Callable[[Store], object], number: int) -> None:
    """Never returns."""
    steps, below = 0, str(store.folder)
    flush = os.fsync

    def step() -> None:
        nonlocal steps
        steps += 1
        if steps == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, words: tuple[Any, ...]) -> None:
        if event in EVENTS and isinstance(words[0], str | os.PathLike) and os.fspath(words[0]).startswith(below):
            step()

    def counted(descriptor: int) -> None:
        if os.readlink(f"/proc/self/fd/{descriptor}").startswith(below):
            step()
        flush(descriptor)

    os.fsync = counted
    sys.addaudithook(hook)
    try:
        act(store)
    except UsageError as fault:
        os._exit(REFUSED if type(fault) is UsageError else 1)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
