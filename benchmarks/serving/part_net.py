"""A net that is itself the cost: how much of the rate of onnxruntime on the same core is left behind a server."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import wrk
from bench import HERE, SERVER_CORE, Bench, environment, median, tell
from making import Case, release_folder
from net_making import PATH, TOKENS, net_case, tokenizer_of
from sender import Sender
from servers import ours, running, stay_on_client_core

CONNECTIONS = (1, 16, 64)
AS_GOOD = 1.05
"""A larger batch counts as better when its rate is so many times that of the best smaller one."""


def run(bench: Bench) -> dict[str, Any]:
    case = net_case(bench)
    server = ours(case, PYTHONPATH=PATH)
    alone: list[dict[str, float]] = []
    served: dict[str, list[dict[str, float]]] = {str(count): [] for count in CONNECTIONS}
    for round_ in range(bench.rounds):
        tell(f"round {round_ + 1}: onnxruntime alone, then served")
        alone.append(in_process(bench, case))
        with running(server) as now:
            lua = wrk.script(server, bench.scratch / "post.lua")
            wrk.load(now, lua, 4, bench.seconds)
            for count in CONNECTIONS:
                served[str(count)].append(wrk.load(now, lua, count, 2 * bench.seconds))
    rates = {size: median([each[size] for each in alone]) or 0.0 for size in alone[0]}
    best = best_size(rates)
    peak = max(median([each["per_second"] for each in loads]) or 0.0 for loads in served.values())
    return {"alone": alone, "rates": rates, "best": best, "batch_ms": 1e3 * int(best) / rates[best], "served": served,
            "tokens": TOKENS, "half": half_load(bench, case, peak / 2)}  # fmt: skip


def in_process(bench: Bench, case: Case) -> dict[str, float]:
    """Rows a second by batch size, by onnxruntime alone on the server's core."""
    tokenizer, folder = tokenizer_of(case.project), release_folder(case.project) / "artifact"
    tokens = bench.scratch / "tokens.json"
    tokens.write_text(json.dumps([tokenizer.encode(str(text)).ids for text in case.inputs]))
    done = subprocess.run(["taskset", "-c", SERVER_CORE, sys.executable, str(HERE / "in_process.py"),
                           str(folder / "net.onnx"), str(tokens), str(bench.seconds / 2)],
                          capture_output=True, text=True, check=True, env=environment())  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout)
    return found


def best_size(rates: dict[str, float]) -> str:
    """The smallest batch whose rate a larger one does not beat by more than AS_GOOD."""
    best = next(iter(rates))
    for size, rate in rates.items():
        if rate > AS_GOOD * rates[best]:
            best = size
    return best


def half_load(bench: Bench, case: Case, rate: float) -> dict[str, Any]:
    """Requests evenly at this rate, whatever the server does: how long each took from when it was due."""
    stay_on_client_core()
    with running(ours(case, PYTHONPATH=PATH)) as now:
        Sender.to(now).at_rate(rate, bench.seconds, 64)
        tally = Sender.to(now).at_rate(rate, 5 * bench.seconds, 64)
    return {"rate": rate, "p50_ms": tally.quantile(0.5, 200), "p99_ms": tally.quantile(0.99, 200),
            "statuses": tally.statuses, "lost": tally.lost, "hung": tally.hung}  # fmt: skip
