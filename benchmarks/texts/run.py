"""Tokens a second of releases that write, served on this machine, at 1 and at 8 clients.

    python -m benchmarks.texts.run [--seconds 10] [--kinds gpt llama]

Weights are random, which costs what trained ones cost. Clients ask for 64 tokens of /v1/completions, one request after
another; the rate is that of the tokens that the answers' own `usage` counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from tests.serving.servers import Server, server
from tests.serving.texts import from_scratch, pretrained

MAKERS = {"gpt": from_scratch, "llama": lambda project: pretrained(project, width=256, layers=6, places=512)}
TOKENS = 64


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--kinds", nargs="+", default=sorted(MAKERS))
    asked = parser.parse_args()
    for kind in asked.kinds:
        with tempfile.TemporaryDirectory() as place:
            project = MAKERS[kind](Path(place) / "project")
            with server(project, "--processes", "1", "--engine", "here") as found:
                for clients in (1, 8):
                    print(json.dumps({"kind": kind, "clients": clients, **measured(found, clients, asked.seconds)}),
                          flush=True)  # fmt: skip


def measured(found: Server, clients: int, seconds: float) -> dict[str, float]:
    """Tokens a second of all clients together, and the seconds to the first token of streams."""
    until = time.monotonic() + seconds
    begun = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        parts = list(pool.map(lambda client: asked_until(found, client, until), range(clients)))
    tokens = sum(count for count, _ in parts)
    firsts = [first for _, all_firsts in parts for first in all_firsts]
    rate = tokens / (time.monotonic() - begun)
    return {"tokens_per_second": round(rate, 1), "first_token_ms": round(1e3 * statistics.median(firsts), 1)}


def asked_until(found: Server, client: int, until: float) -> tuple[int, list[float]]:
    """Ask one request after another; (tokens, seconds to each first piece)."""
    tokens, firsts = 0, []
    body = {"model": "current", "prompt": [2, 97, 98 + client], "max_tokens": TOKENS, "temperature": 1, "stream": True,
            "stream_options": {"include_usage": True}}  # fmt: skip
    with httpx.Client(timeout=120) as http:
        while time.monotonic() < until:
            begun, first = time.monotonic(), None
            with http.stream("POST", f"{found.url}/v1/completions", json=body | {"seed": tokens}) as reply:
                if reply.is_error:
                    raise SystemExit(reply.read().decode())
                for line in reply.iter_lines():
                    if line.startswith("data: {"):
                        first = first or time.monotonic() - begun
                        usage = json.loads(line[6:]).get("usage")
                        tokens += usage["completion_tokens"] if usage else 0
            firsts.append(first or 0.0)
    return tokens, firsts


if __name__ == "__main__":
    main()
