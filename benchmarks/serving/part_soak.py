"""A million requests: does memory grow, do descriptors, does the tail of the latency?

Slopes are those of Theil and Sen (Sen 1968): the median of the slopes of all pairs of samples, with its 95 % interval.
Samples are not independent, so that the true interval is wider than this one; it is held against a bound instead.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Any

import psutil
import wrk
from bench import Bench, tell
from making import boosted
from servers import Running, ours, running, workers

REQUESTS = 1_000_000
MOST_SECONDS, QUICK_SECONDS = 300.0, 12.0
SEGMENTS = 30
CONNECTIONS = 64
SAMPLE_SECONDS = 0.25
WARM_SHARE = 0.2
"""Of the requests, sent before the first sample that counts: buffers fill, and batches of all sizes come once."""


@dataclass
class Watch(threading.Thread):
    """Samples (time, resident bytes, descriptors) of all processes of a server until it is told to stop."""

    now: Running
    samples: list[tuple[float, int, int]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        processes = [psutil.Process(self.now.process.pid), *workers(self.now)]
        while not self.over.wait(SAMPLE_SECONDS):
            resident = sum(process.memory_info().rss for process in processes)
            self.samples.append((time.monotonic(), resident, sum(process.num_fds() for process in processes)))


def run(bench: Bench) -> dict[str, Any]:
    case = boosted(bench)
    server = ours(case)
    with running(server) as now:
        lua = wrk.script(server, bench.scratch / "post.lua")
        rate = wrk.load(now, lua, CONNECTIONS, bench.seconds)["per_second"]
        most = QUICK_SECONDS if bench.quick else MOST_SECONDS
        tell(f"soak: at about {rate:,.0f} requests a second, {most:.0f} s at most")
        return soak(now, lua, min(most, REQUESTS / rate) / SEGMENTS, most)


def soak(now: Running, lua: Any, segment: float, most: float) -> dict[str, Any]:
    """Segment after segment of so many seconds, the same server all along."""
    watch = Watch(now)
    watch.start()
    begun = time.monotonic()
    loads: list[dict[str, float]] = []
    while (sent := sum(load["requests"] for load in loads)) < REQUESTS and time.monotonic() < begun + most:
        loads.append(wrk.load(now, lua, CONNECTIONS, segment))
    watch.over.set()
    watch.join()
    took = time.monotonic() - begun
    per_second = sent / took
    kept = [sample for sample in watch.samples if sample[0] > begun + WARM_SHARE * took]
    done = [per_second * (at - begun) for at, _, _ in kept]
    return {
        "requests": sent, "per_second": per_second, "samples": len(kept),
        "wrong": sum(load["wrong"] for load in loads), "broken": sum(load["broken"] for load in loads),
        "first_mb": kept[0][1] / 1e6, "last_mb": kept[-1][1] / 1e6,
        "bytes_a_request": slope([float(resident) for _, resident, _ in kept], done),
        "descriptors_a_million": slope([1e6 * count for _, _, count in kept], done),
        "p99_ms": [load["p99_ms"] for load in loads],
        "p99_growth": slope([load["p99_ms"] for load in loads], [float(turn) for turn in range(len(loads))]),
    }  # fmt: skip


def slope(values: list[float], places: list[float]) -> dict[str, float]:
    """Theil and Sen's slope and its 95 % interval."""
    from scipy.stats import theilslopes

    found = theilslopes(values, places, 0.95)
    return {"slope": float(found.slope), "low": float(found.low_slope), "high": float(found.high_slope)}
