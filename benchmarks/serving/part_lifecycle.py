"""A rollback, an end and a death under full load: how long each takes, and what it costs in requests."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import psutil
from bench import CLIENT_CORE, SERVER_CORE, Bench, product, tell
from making import Case, boosted
from sender import Sender, Tally
from servers import Running, ours, running, stay_on_client_core, workers

CONNECTIONS = 64
BEFORE_SECONDS, AFTER_SECONDS = 2.0, 4.0
RELEASE = re.compile(rb'"release": ?(\d+)')
PROBES = 4
KILL_RATE = 1_000.0
"""Requests a second while a process is killed: all cores are needed for starting the next one."""


def run(bench: Bench) -> dict[str, Any]:
    stay_on_client_core()
    table = boosted(bench)
    turns = range(bench.rounds)
    case = two_releases(bench, table)
    return {
        "rollback": [rolled_back(case) for _ in turns],
        "end": [told_to_end(table) for _ in turns],
        "death": [killed(table) for _ in turns],
    }


def two_releases(bench: Bench, table: Case) -> Case:
    """The project with a second release, which answers."""
    place = bench.scratch / "lifecycle"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(table.project, place)
    product("run", place, "--only", "linear")
    return replace(table, project=place, keys=place / "keys.json")


def rolled_back(case: Case) -> dict[str, Any]:
    """Back to release 1 and on to 2 again; seconds until the last answer of the release that was left."""
    import breakeven

    tell("a rollback under load")
    came: list[tuple[float, int]] = []
    acts: list[float] = []

    def seen(at: float, status: int, body: bytes) -> None:
        if status == 200:
            came.append((at, int(RELEASE.search(body)[1])))  # type: ignore[index]

    def act() -> None:
        time.sleep(BEFORE_SECONDS)
        acts.append(time.perf_counter())
        breakeven.rollback(case.project)

    breakeven.promote(case.project, 2)
    with running(ours(case)) as now:
        tally = Sender.to(now, seen).closed_loop(CONNECTIONS, BEFORE_SECONDS + AFTER_SECONDS, act)
    first = min((at for at, number in came if number == 1), default=None)
    last = max((at for at, number in came if number == 2), default=None)
    return became(tally) | {
        "first_seconds": first and first - acts[0], "last_seconds": last and last - acts[0],
        "answers": [sum(number == wanted for _, number in came) for wanted in (1, 2)],
    }  # fmt: skip


def told_to_end(case: Case) -> dict[str, Any]:
    """SIGTERM to the started process, as a supervisor sends it."""
    tell("an end under load")
    ended: list[float] = []
    with running(ours(case)) as now:

        def act() -> None:
            time.sleep(BEFORE_SECONDS)
            begun = time.perf_counter()
            now.process.send_signal(signal.SIGTERM)
            now.process.wait(30)
            ended.append(time.perf_counter() - begun)

        tally = Sender.to(now).closed_loop(CONNECTIONS, BEFORE_SECONDS + AFTER_SECONDS, act)
    return became(tally) | {"seconds": ended[0], "code": now.process.returncode}


def killed(case: Case) -> dict[str, Any]:
    """SIGKILL to one process of two; seconds until a new one has taken a connection."""
    tell("a process is killed")
    found: dict[str, Any] = {}
    with running(ours(case, processes=2), f"{SERVER_CORE},{CLIENT_CORE}") as now:
        until(lambda: len(workers(now)) == 2, 10)
        time.sleep(1)

        def act() -> None:
            time.sleep(BEFORE_SECONDS)
            before = workers(now)
            found["connections"] = connections_of(before[0])
            begun = time.perf_counter()
            os.kill(before[0].pid, signal.SIGKILL)
            back = until(lambda: takes_connections(now, {each.pid for each in before}), 10)
            found["seconds"] = time.perf_counter() - begun if back else None

        tally = Sender.to(now).at_rate(KILL_RATE, BEFORE_SECONDS + AFTER_SECONDS, CONNECTIONS, act)
    return became(tally) | found


def takes_connections(now: Running, known: set[int]) -> bool:
    """Whether a process that was not there before has taken one of some new connections."""
    with contextlib.ExitStack() as stack:
        for _ in range(PROBES):
            stack.enter_context(socket.create_connection(("127.0.0.1", now.port), 5))
        time.sleep(0.02)
        return any(each.pid not in known and connections_of(each) > 0 for each in workers(now))


def connections_of(process: psutil.Process) -> int:
    """Clients that a process has now; 0 when it is gone."""
    try:
        return sum(each.status == psutil.CONN_ESTABLISHED for each in process.net_connections("tcp"))
    except psutil.Error:
        return 0


def until(holds: Callable[[], bool], seconds: float) -> bool:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        if holds():
            return True
        time.sleep(0.02)
    return False


def became(tally: Tally) -> dict[str, Any]:
    """What became of the requests."""
    return {"sent": tally.sent, "statuses": tally.statuses, "lost": tally.lost, "hung": tally.hung,
            "bare": tally.bare, "per_second": tally.sent / tally.took, "slowest_ms": tally.quantile(1.0)}  # fmt: skip


