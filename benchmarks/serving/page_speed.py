"""The tables of speed: beside the peers, a net that is itself the cost, start-up and memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench import median
from page_words import number, pair, table, verdict
from part_peers import medians

OURS, FASTAPI = "breakeven serve", "FastAPI"
TIMES_FASTAPI, TIMES_FRAMEWORK = 2.0, 10.0
READY_SECONDS, WORKER_MB = 1.0, 150.0
SHARE, TAIL = 0.95, 1.5


def peers(found: dict[str, Any]) -> list[str]:
    servers = found["servers"]
    best = {name: {count: medians(loads) for count, loads in server["loads"].items()}
            for name, server in servers.items()}  # fmt: skip
    counts = list(best[OURS])
    apart = max(server["apart"] for server in servers.values())
    return [
        f"A boosted classifier of 30 numbers, the same {found['trees']} trees everywhere (the peers run them as one",
        f"ONNX file), one row a request. Answers differ by at most {apart:.0e}. Bodies: ours names its columns "
        f"({found['body_bytes'][OURS]} bytes), as one of FastAPI's does; the others are plain lists "
        f"({found['body_bytes'][FASTAPI]} bytes).", "",
        *table(["requests a second at", *counts, "p50 / p99 ms at 1", "at 64", "errors", "MB (PSS)", "first answer, s"],
               [_server(name, best[name], servers[name]) for name in best]), "",
        *_ratios(best, counts),
    ]  # fmt: skip


def _server(name: str, loads: dict[str, Any], kept: dict[str, Any]) -> list[str]:
    """The row of one server."""
    errors = sum(load["wrong"] + load["broken"] for every in kept["loads"].values() for load in every)
    return [
        name, *(number(load["per_second"]) for load in loads.values()),
        *(pair(loads[count]["p50_ms"], loads[count]["p99_ms"]) for count in ("1", "64")),
        number(errors), number(median(kept["megabytes"])), number(median(kept["started"]), 1),
    ]  # fmt: skip


def _ratios(best: dict[str, Any], counts: Sequence[str]) -> list[str]:
    """How many times the peers' rate, and whether the tail is shorter, at every number of connections."""
    rows = []
    for name in (name for name in best if name != OURS):
        aim = TIMES_FASTAPI if name.startswith(FASTAPI) else TIMES_FRAMEWORK
        cells = [_ratio(best[OURS][count], best[name][count], aim) for count in counts]
        rows.append([f"{name} (aim {aim:.0f})", *cells])
    return ["Ratios of the medians, ours by theirs, and whether our p99 is the lower one:", "",
            *table(["connections", *counts], rows)]  # fmt: skip


def _ratio(mine: dict[str, Any], theirs: dict[str, Any], aim: float) -> str:
    if not (mine["per_second"] and theirs["per_second"]):
        return "not measured"
    ratio = mine["per_second"] / theirs["per_second"]
    return f"{ratio:.1f} {verdict(ratio >= aim)}; p99 {verdict(mine['p99_ms'] < theirs['p99_ms'])}"


def net(found: dict[str, Any]) -> list[str]:
    best, half = found["best"], found["half"]
    peak = found["rates"][best]
    served = {count: medians(loads) for count, loads in found["served"].items()}
    shares = {count: (loads["per_second"] or 0) / peak for count, loads in served.items()}
    loaded = min(share for count, share in shares.items() if count != "1")
    tail = (half["p99_ms"] or 1e9) / found["batch_ms"]
    rows = [[f"onnxruntime alone, batches of {size}", number(rate, 1), f"{rate / peak:.0%}", ""]
            for size, rate in found["rates"].items()]  # fmt: skip
    rows += [[f"served, {count} connections", number(loads["per_second"], 1), f"{shares[count]:.0%}",
              pair(loads["p50_ms"], loads["p99_ms"])] for count, loads in served.items()]  # fmt: skip
    return [
        f"A transformer of 4 layers, 256 wide, on texts of {found['tokens']} tokens, in 32 bits, on one thread. Alone "
        "it gets tokens, served it gets texts.", "",
        *table(["", "texts a second", "of the best", "p50 / p99 ms"], rows), "",
        f"At half of the load ({half['rate']:.0f} a second, evenly) p50 and p99 are "
        f"{pair(half['p50_ms'], half['p99_ms'])} ms; a batch of {best} takes {found['batch_ms']:.1f} ms.", "",
        f"- At least {SHARE:.0%} of the rate alone, under load: {verdict(loaded >= SHARE)} ({loaded:.1%}).",
        f"- p99 under {TAIL} batch times at half load: {verdict(tail < TAIL)} ({tail:.2f}).",
    ]  # fmt: skip


def start(found: dict[str, Any]) -> list[str]:
    middle = {name: {key: median([each[key] for each in starts]) for key in starts[0]}
              for name, starts in found["starts"].items()}  # fmt: skip
    cheap = next(iter(middle.values()))
    rows = [[name, number(each["seconds"], 2), number(each["worker_mb"]), number(each["all_mb"])]
            for name, each in middle.items()]  # fmt: skip
    return [
        "Seconds from the start of the command to the first 200 of `/ready`; MB resident in the process that answers,",
        "and proportional (PSS) in all processes, after some thousand requests.", "",
        *table(["release", "ready, s", "worker, MB", "all, MB"], rows), "",
        f"- Ready in under {READY_SECONDS:.0f} s (boosted): {verdict((cheap['seconds'] or 1e9) < READY_SECONDS)}.",
        f"- Under {WORKER_MB:.0f} MB a worker (boosted): {verdict((cheap['worker_mb'] or 1e9) < WORKER_MB)}.",
    ]  # fmt: skip
