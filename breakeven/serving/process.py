"""One serving process: loads the current release, answers on a socket it was given, follows what changes.

    python -m breakeven.serving.process '{"project": …, "descriptor": 3, …}'     started by server.py
"""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn
import uvloop

from breakeven.core.errors import BreakevenError
from breakeven.engines.group import end_with_parent
from breakeven.models.model import ANSWER_THREADS
from breakeven.records.record import Record
from breakeven.serving.app import App
from breakeven.serving.connection import connection_class
from breakeven.serving.draining import DrainingServer
from breakeven.serving.following import Follower
from breakeven.serving.hardening import harden
from breakeven.serving.keys import read_keys
from breakeven.serving.limits import Limits
from breakeven.serving.metrics import Metrics
from breakeven.serving.served import WORTH_IT, Served, load_release
from breakeven.serving.traffic import TrafficLog
from breakeven.serving.traffic_place import FOLDER, TrafficPlace, open_traffic
from breakeven.stages.releases import current_number
from breakeven.store import Store

HEAVY_SECONDS = 0.02
"""Seconds a row from which several threads are tried."""
CANNOT_SERVE = 3
"""The exit code when no release is fit to serve: starting it again would not help."""
COLLECT_AFTER = (50_000, 20, 20)
"""New objects before the youngest are looked through; of those looks, before the next older are (gc.set_threshold)."""
LOG = logging.getLogger("breakeven.serving")


class Setup(Record):
    """What a process is started with."""

    project: str
    descriptor: int
    """The socket to accept on."""
    ready: int | None = None
    """A pipe that takes the seconds a row, in a line, once this process answers."""
    threads: int = 1
    """What a release may use at most, if its answers are slow and that makes them quicker."""
    limits: Limits
    keys: str | None = None
    shared_metrics: bool = False
    engine: str = "here"
    """What writes texts (vllm.py)."""
    log_inputs: float = 0.0
    """The share of requests whose inputs are kept, masked."""
    traffic: TrafficPlace = TrafficPlace()


def main(arguments: list[str]) -> int:
    end_with_parent(os.getppid())
    harden()
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    setup = Setup.model_validate_json(arguments[0])
    store = Store(Path(setup.project))
    try:
        served = _load_current(store, setup)
        keys = read_keys(Path(setup.keys)) if setup.keys else None
    except BreakevenError as error:
        for line in error.lines():
            LOG.error("%s", line)
        return CANNOT_SERVE
    metrics = Metrics(setup.shared_metrics)
    traffic = open_traffic(store.folder / FOLDER, setup.traffic)
    log = TrafficLog(traffic, setup.log_inputs, setup.limits.log_days, lost=metrics.lost_lines.inc)
    app = App(setup.limits, keys, metrics, log)
    app.use(served)
    log.start()
    _calm_collector()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _ended)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(app, setup, store))
    log.close()
    return 0


def _load_current(store: Store, setup: Setup) -> Served:
    """The release that answers; a slow one with as many threads as make it quicker, by measurement."""
    number = current_number(store) or 0
    served = load_release(store, number, setup.limits, setup.engine)
    if setup.threads == 1 or served.seconds_a_row < HEAVY_SECONDS:
        return served
    os.environ[ANSWER_THREADS] = str(setup.threads)
    wider = load_release(store, number, setup.limits)
    if wider.seconds_a_row * WORTH_IT < served.seconds_a_row:
        return wider
    del os.environ[ANSWER_THREADS]
    return served


def _ended(number: int, frame: FrameType | None) -> None:
    """The server raises its signal anew when it has drained: by then there is only the log to close."""


async def _serve(app: App, setup: Setup, store: Store) -> None:
    """Answer until a signal ends it; requests under way are finished first."""
    limits = setup.limits
    config = uvicorn.Config(
        app,
        http=connection_class(limits, app),
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        proxy_headers=False,
        limit_concurrency=limits.connections,
        timeout_keep_alive=limits.keep_alive_seconds,
        timeout_graceful_shutdown=limits.drain_seconds,
    )
    follower = Follower(app, store, limits, Path(setup.keys) if setup.keys else None, setup.engine)
    following = asyncio.create_task(follower.follow())
    with socket.socket(fileno=setup.descriptor) as listening:
        await DrainingServer(config, app, lambda: _tell(app, setup.ready)).serve(sockets=[listening])
    following.cancel()


def _calm_collector() -> None:
    """What was loaded stays: the collector need not look through it a hundred times a second. Under load it took a
    seventh of the processor; requests make next to no cycles."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def _tell(app: App, pipe: int | None) -> None:
    if pipe is not None and app.arm:
        os.write(pipe, b"%r\n" % app.arm.served.seconds_a_row)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
