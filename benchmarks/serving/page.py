"""README.md from the records: the newest of each part, its figures, and each aim as met or missed."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from bench import HERE, Bench
from page_faults import lifecycle, overload, soak
from page_speed import net, peers, start

TABLES: dict[str, tuple[str, Callable[[dict[str, Any]], list[str]]]] = {
    "peers": ("Beside its peers", peers),
    "net": ("A model that is itself the cost", net),
    "overload": ("Four times the capacity", overload),
    "lifecycle": ("Rollback, end, death", lifecycle),
    "soak": ("A million requests", soak),
    "start": ("Start-up and memory", start),
}
"""Of each part its title and its lines of Markdown."""
HEAD = """# Serving

Written by `python benchmarks/serving/run.py` from `results.jsonl`. A server has one core, the sender the other. Figures
are medians of rounds in which the servers take turns.

`breakeven serve` runs with all of its guard: keys (64 clients, each with its own, as one may ask 1,000 times a second),
limits, deadlines, the traffic log. The peers run without keys, which none has by default, and are set up in the way
that is quickest on one core (`peer_servers.py`). Ray Serve is there twice: as it comes, behind its proxy, and
`direct`, tuned for throughput and without the proxy.
"""


def write(bench: Bench) -> None:
    """The page; parts without a record are said to be missing."""
    records = newest(bench)
    parts = [section(name, records.get(name)) for name in TABLES]
    notes = HERE / "NOTES.md"
    words = [HEAD, *parts, *([notes.read_text(encoding="utf-8").rstrip() + "\n"] if notes.exists() else [])]
    bench.page.write_text("\n".join(words), encoding="utf-8")


def newest(bench: Bench) -> dict[str, dict[str, Any]]:
    """The last record of each part."""
    lines = bench.results.read_text(encoding="utf-8").splitlines() if bench.results.exists() else []
    records = [json.loads(line) for line in lines]
    return {record["part"]: record for record in records if "part" in record}


def section(name: str, record: dict[str, Any] | None) -> str:
    title, table = TABLES[name]
    if record is None:
        return f"## {title}\n\nNot measured yet: `python benchmarks/serving/run.py --only {name}`.\n"
    return "\n".join([f"## {title}", "", _when(record), "", *table(record["found"]), ""])


def _when(record: dict[str, Any]) -> str:
    of = record["machine"]
    quick = " **A quick run, which says nothing.**" if record["quick"] else ""
    busy = " **The machine was busy with other work.**" if of["load"] > of["cores"] + 0.5 else ""
    when = record["when"][:16].replace("T", " ")
    return (f"{when} UTC, {of['processor']}, {of['cores']} cores, load {of['load']:.1f}, commit {of['commit']}."
            f"{quick}{busy}")  # fmt: skip
