"""Four times as much as can be done: how much is still answered, and how soon the rest is told so."""

from __future__ import annotations

import dataclasses
from typing import Any

from bench import Bench, median, tell
from making import Case, boosted
from net_making import PATH, net_case
from sender import Sender
from servers import Server, ours, running, stay_on_client_core

TIMES = 4.0
BULK_ROWS = 200
"""Rows of a request: what is sent at four times the capacity must be made by one core."""
CONNECTIONS = 16


def run(bench: Bench) -> dict[str, Any]:
    from breakeven.serving.limits import Limits

    stay_on_client_core()
    net, table = net_case(bench), boosted(bench)
    bulk = dataclasses.replace(ours(table), bodies=table.bodies(BULK_ROWS))
    limits = Limits()
    return {
        "cases": {
            "net, one text a request": overloaded(bench, ours(net, PYTHONPATH=PATH)),
            f"boosted, {BULK_ROWS} rows a request": overloaded(bench, bulk),
        },
        "one_key": one_key(bench, table, TIMES * limits.requests_per_second),
        "queue_seconds": limits.queue_seconds, "per_key": limits.requests_per_second, "burst": limits.burst,
    }  # fmt: skip


def overloaded(bench: Bench, server: Server) -> dict[str, Any]:
    """The peak in a closed loop, then TIMES of it at a fixed rate. Goodput counts what came while it was sent,
    after the first seconds, in which the queue fills."""
    tell(f"overload: {len(server.bodies[0])} bytes a request")
    seconds = 4 * bench.seconds
    with running(server) as now:
        Sender.to(now).closed_loop(CONNECTIONS, bench.seconds)
        peaks = [rate_of(Sender.to(now).closed_loop(CONNECTIONS, bench.seconds)) for _ in range(3)]
        peak = median(peaks) or 0.0
        came: list[float] = []
        sender = Sender.to(now, lambda at, status, _: came.append(at) if status == 200 else None)
        tally = sender.at_rate(TIMES * peak, seconds)
    last = sender.begun + tally.took
    good = sum(sender.begun + seconds / 4 < at <= last for at in came) / (tally.took - seconds / 4)
    return {"peak": peak, "sent_per_second": tally.sent / tally.took, "goodput": good, "statuses": tally.statuses,
            "bare": tally.bare, "lost": tally.lost, "refused": tally.refused, "hung": tally.hung,
            "slowest_answer_ms": tally.quantile(1.0, 200), "slowest_refusal_ms": tally.quantile(1.0, 429, 503),
            "p99_answer_ms": tally.quantile(0.99, 200), "p99_refusal_ms": tally.quantile(0.99, 429, 503)}  # fmt: skip


def rate_of(tally: Any) -> float:
    return float(len(tally.seconds.get(200, ())) / tally.took)


def one_key(bench: Bench, table: Case, rate: float) -> dict[str, Any]:
    """One client at several times the rate that a key may have."""
    with running(ours(table)) as now:
        tally = Sender.to(now, clients=1).at_rate(rate, bench.seconds + 1, 256)
    return {"sent_per_second": tally.sent / tally.took, "seconds": tally.took, "statuses": tally.statuses,
            "bare": tally.bare, "lost": tally.lost, "hung": tally.hung,
            "p99_refusal_ms": tally.quantile(0.99, 429, 503)}  # fmt: skip
