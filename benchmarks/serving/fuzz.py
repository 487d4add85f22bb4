"""100,000 wrong requests against real servers: no 5xx, no hang, no leak. The figures go to fuzz.jsonl.

    python benchmarks/serving/fuzz.py [--cases 100000] [--seed 0]

Three servers in turns, a third of the cases each: texts, a table, and texts behind keys. tests/serving/fuzzing.py makes
the cases; the same seed makes the same ones. Memory and descriptors are noted a hundred times, and the slope of their
second half is told a thousand cases (Theil and Sen). Damaged Arrow streams come on top, a tenth as many.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyarrow as pa
from scipy.stats import theilslopes

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))

import breakeven  # noqa: E402
from breakeven.serving.keys import add_key  # noqa: E402
from tests.road.projects import make_project  # noqa: E402
from tests.serving.fuzzing import Cases, send_all  # noqa: E402
from tests.serving.servers import Server, server  # noqa: E402
from tests.serving.test_answers import rows_of  # noqa: E402
from tests.serving.test_arrow import damaged, stream  # noqa: E402

LOOKS = 100
RESULTS = HERE / "fuzz.jsonl"


@dataclass
class Watched:
    """Memory and descriptors of a process as it goes."""

    process: psutil.Process
    every: int
    seen: list[tuple[int, int, int]] = field(default_factory=list)

    def __call__(self, done: int) -> None:
        if done % self.every == 0:
            self.seen.append((done, self.process.memory_info().rss, self.process.num_fds()))

    def slopes(self) -> tuple[float, float]:
        """Bytes and descriptors a thousand cases, over the second half."""
        half = self.seen[len(self.seen) // 2 :]
        done = [one[0] / 1000 for one in half]
        return tuple(float(theilslopes([one[place] for one in half], done)[0]) for place in (1, 2))  # type: ignore[return-value]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    wanted = parser.parse_args()
    records = []
    with tempfile.TemporaryDirectory() as place:
        for name, task, keyed in (("texts", "text-classification", False), ("table", "tabular-classification", False),
                                  ("texts behind keys", "text-classification", True)):  # fmt: skip
            project = make_project(Path(place) / name.replace(" ", "-"), task=task, target="")
            breakeven.run(project, only=("baseline", "linear"))
            key = add_key(project / "keys.json", "fuzz", ("predict", "feedback")) if keyed else ""
            with server(project, "--processes", "1", *(("--keys", project / "keys.json") if keyed else ())) as found:
                record = {"server": name, **measured(found, project, key, wanted.cases // 3, wanted.seed)}
            records.append(record)
            print(json.dumps(record, indent=1))
    with RESULTS.open("a", encoding="utf-8") as file:
        when = datetime.now(UTC).isoformat(timespec="seconds")
        file.write(json.dumps({"when": when, "seed": wanted.seed, "servers": records}) + "\n")
    return int(any(record["faults"] or record["tracebacks"] or record["restarts"] for record in records))


def measured(found: Server, project: Path, key: str, count: int, seed: int) -> dict[str, Any]:
    """Send the cases and damaged streams to a server; what came back, and what it did to the server."""
    rows, before = rows_of(project)[:3], found.children()
    watched = Watched(psutil.Process(before[0]), max(1, count // LOOKS))
    begun = time.monotonic()
    cases = Cases(seed, [{"inputs": rows}, {"inputs": rows[:1], "user": "ann"}], key)
    told = asyncio.run(send_all(found.host, found.port, cases, count, each=watched))
    seconds = time.monotonic() - begun
    bulk = arrow(found, rows, key, count // 10, seed)
    memory, descriptors = watched.slopes()
    return {
        "cases": told.cases, "seconds": round(seconds), "statuses": dict(sorted(told.statuses.items())),
        "closed_without_answer": told.silent, "arrow_cases": sum(bulk.values()), "arrow_statuses": dict(bulk),
        "faults": [(what, repr(b"".join(pieces)[:600])) for what, pieces in told.faults[:20]],
        "tracebacks": [line for line in found.log if "Traceback" in line or "Error" in line][:10],
        "restarts": int(found.children() != before), "bytes_per_1000_cases": round(memory),
        "descriptors_per_1000_cases": round(descriptors, 3), "mb_at_end": round(watched.seen[-1][1] / 1e6, 1),
    }  # fmt: skip


def arrow(found: Server, rows: list[dict[str, Any]], key: str, count: int, seed: int) -> Counter[int]:
    """How often each status came back for damaged Arrow streams; 0 where the connection ended without one."""
    chance, statuses = random.Random(seed), Counter[int]()
    whole = stream(pa.Table.from_pylist(rows))
    headers = {"content-type": "application/vnd.apache.arrow.stream"}
    headers |= {"authorization": f"Bearer {key}"} if key else {}
    with httpx.Client(timeout=30, headers=headers) as client:
        for _ in range(count):
            try:
                statuses[client.post(f"{found.url}/v1/predict", content=damaged(whole, chance)).status_code] += 1
            except httpx.TransportError:
                statuses[0] += 1
    return statuses


if __name__ == "__main__":
    sys.exit(main())
