"""Requests a second and latency of `breakeven serve` beside the same release under async FastAPI, on the same core.

    python benchmarks/serving/run.py [--seconds 4] [--rounds 3]

Needs `wrk` on the path and a Python that has breakeven, fastapi and uvicorn. A table of 30 numbers is made, a boosted
model of it released, and both servers get one core in turns; the other core sends. Results are appended to
results.jsonl, and README.md is written from the newest.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RESULTS = HERE / "results.jsonl"
CONNECTIONS = (1, 16, 64, 256)
PORT = 8765
SERVER_CORE, CLIENT_CORE = "0", "1"
COLUMNS = 30
SCRIPT = 'wrk.method = "POST"\nwrk.body = [[{body}]]\nwrk.headers["content-type"] = "application/json"\n'


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=int, default=4, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3, help="each server is measured so often, in turns")
    wanted = parser.parse_args()
    if shutil.which("wrk") is None:
        print("wrk is not on the path: apt-get install wrk", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as place:
        record = measure(Path(place), wanted.seconds, wanted.rounds)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    write_readme(record)
    return 0


def measure(place: Path, seconds: int, rounds: int) -> dict[str, Any]:
    project, row = release(place)
    script = place / "post.lua"
    script.write_text(SCRIPT.format(body=json.dumps({"inputs": [row]})))
    servers = {"breakeven serve": ours(project), "FastAPI, async, uvicorn": fastapi(project)}
    found: dict[str, Any] = {name: {str(count): [] for count in CONNECTIONS} for name in servers}
    for _ in range(rounds):
        for name, command in servers.items():
            with running(command, project) as process:
                for count in CONNECTIONS:
                    found[name][str(count)].append(load(script, count, seconds))
                found[name]["memory"] = memory(process)
    return {"when": datetime.now(UTC).isoformat(timespec="seconds"), "load": os.getloadavg()[0], "servers": found}


def release(place: Path) -> tuple[Path, dict[str, float]]:
    """A project with a released boosted model, and one of its rows."""
    chance = np.random.default_rng(0)
    rows = chance.normal(size=(3_000, COLUMNS)).round(4)
    answers = np.where((rows[:, 0] * rows[:, 1] + rows[:, 2] ** 2 > 0.5), "yes", "no")
    names = [f"n{number}" for number in range(COLUMNS)]
    with (place / "rows.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*names, "answer"])
        writer.writerows([*row, answer] for row, answer in zip(rows.tolist(), answers.tolist(), strict=True))
    (place / "breakeven.toml").write_text(
        '[product]\nname = "load"\ntask = "tabular-classification"\n[data]\ntrain = "rows.csv"\nanswer = "answer"\n'
        "[budget]\nseconds = 120\n"
    )
    subprocess.run([sys.executable, "-m", "breakeven", "run", str(place), "--only", "boosted"], check=False,
                   stdout=subprocess.DEVNULL, env=environment())  # fmt: skip
    return place, dict(zip(names, rows[0].tolist(), strict=True))


def ours(project: Path) -> list[str]:
    return [sys.executable, "-m", "breakeven", "serve", str(project), "--port", str(PORT)]


def fastapi(project: Path) -> list[str]:
    return [sys.executable, "-m", "uvicorn", "fastapi_app:app", "--app-dir", str(HERE / "peers"), "--port", str(PORT),
            "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"]  # fmt: skip


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **more}


@contextmanager
def running(command: list[str], project: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server on its core until the block ends; waits until it answers."""
    pinned = ["taskset", "-c", SERVER_CORE, *command]
    env = environment(RELEASE=str(project / ".breakeven" / "releases" / "1"))
    process = subprocess.Popen(pinned, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and not _answers():
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _answers() -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/openapi.json", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def load(script: Path, connections: int, seconds: int) -> dict[str, float]:
    """Requests a second, p50 and p99 in ms, and replies that were no 200."""
    done = subprocess.run(
        ["taskset", "-c", CLIENT_CORE, "wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "-s", str(script),
         f"http://127.0.0.1:{PORT}/v1/predict"], capture_output=True, text=True, check=True)  # fmt: skip
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", done.stdout)
    return {
        "per_second": float(re.search(r"Requests/sec:\s+([\d.]+)", done.stdout).group(1)),  # type: ignore[union-attr]
        "p50_ms": _ms(done.stdout, "50%"), "p99_ms": _ms(done.stdout, "99%"),
        "wrong": float(wrong.group(1)) if wrong else 0,
    }  # fmt: skip


def _ms(text: str, name: str) -> float:
    value, unit = re.search(rf"{name}\s+([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]
    return float(value) * {"us": 1e-3, "ms": 1.0, "s": 1e3}[unit]


def memory(process: subprocess.Popen[bytes]) -> float:
    """Proportional memory of a server and its children, in MB."""
    pids = subprocess.run(["pgrep", "-P", str(process.pid)], capture_output=True, text=True).stdout.split()
    total = 0
    for pid in [str(process.pid), *pids]:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        total += int(re.search(r"Pss:\s+(\d+) kB", text).group(1))  # type: ignore[union-attr]
    return total / 1024


def write_readme(record: dict[str, Any]) -> None:
    """README.md from a record; medians of the rounds."""
    ours_, peer = record["servers"]
    lines = ["# Serving beside a peer", "",
             "Written by `python benchmarks/serving/run.py`: a boosted model of 30 numbers, one row a request, all",
             "of the guard on, each server on one core in turns, `wrk` on the other. Medians of the rounds.", "",
             f"{record['when']}, load of the machine {record['load']:.1f}.", "",
             "| server | connections | requests a second | p50 ms | p99 ms | wrong | MB |",
             "|---|---:|---:|---:|---:|---:|---:|"]  # fmt: skip
    for name, found in record["servers"].items():
        for count in CONNECTIONS:
            one = {key: statistics.median(each[key] for each in found[str(count)]) for key in found[str(count)][0]}
            lines.append(f"| {name} | {count} | {one['per_second']:,.0f} | {one['p50_ms']:.2f} | {one['p99_ms']:.2f} "
                         f"| {one['wrong']:.0f} | {found['memory']:.0f} |")  # fmt: skip
    lines += ["", "| connections | ours by the peer's |", "|---:|---:|"]
    for count in CONNECTIONS:
        rates = [statistics.median(each["per_second"] for each in record["servers"][name][str(count)])
                 for name in (ours_, peer)]  # fmt: skip
        lines.append(f"| {count} | {rates[0] / rates[1]:.2f} |")
    notes = HERE / "NOTES.md"
    lines += ["", notes.read_text(encoding="utf-8").rstrip()] if notes.exists() else []
    (HERE / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
