"""wrk, the closed-loop sender: each connection asks again as soon as it has its answer."""

from __future__ import annotations

import re
import subprocess
from itertools import islice, product
from pathlib import Path
from typing import Any

from bench import CLIENT_CORE
from servers import Running, Server

REQUESTS = 512
"""Different requests that are sent in turns."""
SCRIPT = """local requests = {}
function init(args)
%s
end
local next = 0
function request()
  next = next %% #requests + 1
  return requests[next]
end
"""
LINE = "  requests[#requests + 1] = wrk.format('POST', '{path}', {headers}, [==[{body}]==])"
TIME = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}


def script(server: Server, path: Path) -> Path:
    """The requests of a server as wrk reads them: every body, every client."""
    pairs = product(server.headers, server.bodies) if len(server.headers) == 1 else _turns(server)
    lines = [LINE.format(path=server.path, headers=_table(headers), body=body.decode())
             for headers, body in islice(pairs, REQUESTS)]  # fmt: skip
    path.write_text(SCRIPT % "\n".join(lines))
    return path


def _turns(server: Server) -> Any:
    """Bodies and clients, both in turns; shifted each time around, so that all meet."""
    heads, bodies = server.headers, server.bodies
    return ((heads[(turn + turn // len(bodies)) % len(heads)], bodies[turn % len(bodies)]) for turn in range(REQUESTS))


def _table(headers: dict[str, str]) -> str:
    return "{" + ", ".join(f"['{name}'] = '{value}'" for name, value in headers.items()) + "}"


def load(found: Running, lua: Path, connections: int, seconds: float) -> dict[str, float]:
    """Requests a second, p50 and p99 in ms, replies that were no 200, and broken connections."""
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--latency",
         "--timeout", "30s", "-s", str(lua), f"http://127.0.0.1:{found.port}"],
        capture_output=True, text=True, check=True)  # fmt: skip
    return read(done.stdout)


def read(text: str) -> dict[str, float]:
    """What wrk printed. Only answers with 200 count in the rate: a refusal is quick."""
    sent = re.search(r"(\d+) requests in", text).group(1)  # type: ignore[union-attr]
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    broken = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    refused = float(wrong.group(1)) if wrong else 0.0
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))  # type: ignore[union-attr]
    return {
        "per_second": rate * (1 - refused / max(1.0, float(sent))), "requests": float(sent), "wrong": refused,
        "broken": float(sum(map(int, broken.groups()))) if broken else 0.0,
        "p50_ms": _ms(text, "50%"), "p99_ms": _ms(text, "99%"),
    }  # fmt: skip


def _ms(text: str, name: str) -> float:
    value, unit = re.search(rf"{name}\s+([\d.]+)(us|ms|s|m)", text).groups()  # type: ignore[union-attr]
    return float(value) * TIME[unit]
