"""How soon a server answers after it is started, and what a worker takes of memory once it has worked."""

from __future__ import annotations

from typing import Any

from bench import Bench, tell
from making import boosted
from net_making import PATH, net_case
from sender import Sender
from servers import Running, Server, ours, running, workers

STARTS = 5
ASKED_SECONDS = 2.0


def run(bench: Bench) -> dict[str, Any]:
    table, net = boosted(bench), net_case(bench)
    servers = {"boosted, 30 numbers": ours(table), "net, 4 layers of 256": ours(net, PYTHONPATH=PATH)}
    found: dict[str, Any] = {name: [] for name in servers}
    for turn in range(1 + (1 if bench.quick else STARTS)):
        for name, server in servers.items():
            tell(f"start {turn}: {name}")
            once = started(server)
            if turn:  # the first start compiles the modules and reads them from the disk
                found[name].append(once)
    return {"starts": found}


def started(server: Server) -> dict[str, float]:
    """One start: seconds until /ready, and memory after some thousand requests."""
    with running(server) as now:
        seconds = now.ready
        Sender.to(now).closed_loop(16, ASKED_SECONDS)
        return {"seconds": seconds, "worker_mb": worker_megabytes(now), "all_mb": now.megabytes()}


def worker_megabytes(now: Running) -> float:
    """Resident memory of the process that answers, what it shares with others counted whole."""
    return max(process.memory_info().rss for process in workers(now)) / 1e6
