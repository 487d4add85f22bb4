"""Requests a second, latency, memory and start-up of every server with the same trees, one core each, in turns."""

from __future__ import annotations

import subprocess
from typing import Any

import wrk
from bench import Bench, median, tell
from making import boosted, onnx_of, trees_of
from peer_servers import peers
from servers import Answer, Running, Server, Unavailable, ours, running

CONNECTIONS = (1, 16, 64, 256)
CHECKED = 16
"""Answers of every server that are held against ours."""
CLOSE = 1e-5
WARM_SECONDS = 1.0


def run(bench: Bench) -> dict[str, Any]:
    case = boosted(bench)
    servers = [ours(case), *peers(bench, case, onnx_of(bench, case))]
    found: dict[str, Any] = {server.name: {"loads": {str(count): [] for count in CONNECTIONS}, "megabytes": [],
                                           "started": [], "apart": 0.0} for server in servers}  # fmt: skip
    expected: list[Answer] = []
    for round_ in range(bench.rounds):
        for server in servers:
            tell(f"round {round_ + 1}: {server.name}")
            try:
                with running(server) as now:
                    answers = answered(now)
                    expected = expected or answers
                    found[server.name]["apart"] = apart(expected, answers)
                    measure(bench, now, found[server.name])
            except (Unavailable, OSError, subprocess.CalledProcessError) as fault:
                # the others are measured all the same
                tell(str(fault))
                found[server.name]["fault"] = str(fault)
    return {"servers": found, "trees": trees_of(case),
            "body_bytes": {server.name: len(server.bodies[0]) for server in servers}}  # fmt: skip


def measure(bench: Bench, now: Running, kept: dict[str, Any]) -> None:
    """One round of one server."""
    lua = wrk.script(now.server, bench.scratch / "post.lua")
    wrk.load(now, lua, 16, WARM_SECONDS)
    for count in CONNECTIONS:
        kept["loads"][str(count)].append(wrk.load(now, lua, count, bench.seconds))
    kept["megabytes"].append(now.megabytes())
    kept["started"].append(now.started)


def answered(now: Running) -> list[Answer]:
    """What a server answers to the first rows."""
    server: Server = now.server
    return [server.read(now.ask(body, server.headers[0])) for body in server.bodies[:CHECKED]]


def apart(one: list[Answer], other: list[Answer]) -> float:
    """The largest difference of a score. Ends the benchmark when answers are not the same."""
    most = 0.0
    for (label, scores), (its, theirs) in zip(one, other, strict=True):
        most = max(most, *(abs(a - b) for a, b in zip(scores.values(), theirs.values(), strict=True)))
        if label != its or most > CLOSE:
            raise SystemExit(f"a server answers otherwise: {label} {scores}, {its} {theirs}")
    return most


def medians(loads: list[dict[str, float]]) -> dict[str, float | None]:
    """The median of every figure over the rounds; None where there is none."""
    return {name: median([load[name] for load in loads]) for name in ("per_second", "p50_ms", "p99_ms")}
