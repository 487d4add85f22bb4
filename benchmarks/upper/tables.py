"""The page of the benchmark: what the upper rungs bring, and what each of them costs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from point_tables import point_tables

BARS = {"banking77": 0.75, "trec6": 0.75, "agnews_small": 0.97, "financial_phrasebank": 0.97}
"""The test error with the upper rungs, as a share of that without them, that is to be reached."""
HEAD = """# Upper rungs: what a pretrained encoder brings

Rendered by `run.py` from [results.jsonl](results.jsonl). The same rows, two ladders on two cores: without pretrained
weights (baseline, linear, boosted, blend), and with all-MiniLM-L6-v2 (22 million parameters, English) for rungs that
take an encoder. Each run may take its seconds in all; the test rows are opened once, for the released candidate.
"""

SCRATCH = """
## Without any weights

The upper ladder holds `small_net` alone, trained on the rows of the set. It must never be worse than the lower one: the
choice is made on validation rows, so that chance may still move the error of a few test rows either way.
"""
NEVER_WORSE = 1.0


def write_readme(results: Path) -> None:
    """Render README.md beside the results; of several runs of a set with the same rungs the newest counts."""
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    newest = {(one["set"], one["rungs"]): one for one in lines if one["outcome"] == "done"}
    sets = [name for name in BARS if (name, "lower") in newest and (name, "upper") in newest]
    bare = [name for name, rungs in newest if rungs == "scratch" and (name, "lower") in newest]
    parts = [HEAD, "## Error on the test rows\n", *_errors(sets, newest, "upper"), SCRATCH]
    parts += [*_errors(bare, newest, "scratch"), "\n## The rungs, on validation rows\n"]
    parts += _rungs([(name, "upper") for name in sets] + [(name, "scratch") for name in bare], newest)
    parts += point_tables(newest, sets, results.with_name("points.jsonl"))
    notes = results.with_name("NOTES.md")
    parts += ["\n## Notes\n", notes.read_text(encoding="utf-8")] if notes.exists() else []
    results.with_name("README.md").write_text("\n".join(parts).rstrip() + "\n", encoding="utf-8")


def _errors(sets: list[str], newest: dict[tuple[str, str], Any], rungs: str) -> list[str]:
    rows = ["| set | without, % | with, % | ratio | to reach | verdict | released | MB | p95 ms | s without | s with |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for name in sets:
        lower, upper = newest[name, "lower"], newest[name, rungs]
        bar = BARS[name] if rungs == "upper" else NEVER_WORSE
        ratio = (1 - upper["value"]) / (1 - lower["value"])
        verdict = "met" if ratio <= bar else "**missed**"
        rows.append(
            f"| {name} | {100 * (1 - lower['value']):.2f} | {100 * (1 - upper['value']):.2f} | {ratio:.3f} "
            f"| {bar} | {verdict} | {upper['released']} | {upper['artifact_bytes'] / 1e6:.1f} "
            f"| {upper['p95_ms']:.2f} | {lower['ready_seconds']:.0f} | {upper['ready_seconds']:.0f} |"
        )
    return rows


def _rungs(runs: list[tuple[str, str]], newest: dict[tuple[str, str], Any]) -> list[str]:
    rows = ["| set | rung | wrong, % | seconds to train | p50 ms | MB |", "| --- | --- | ---: | ---: | ---: | ---: |"]
    for name, ladder in runs:
        for rung in newest[name, ladder]["ladder"]:
            if rung["outcome"] == "refused" and rung["seconds"] is None:
                continue  # a family for other rows
            if rung["validation"] is None:
                rows.append(f"| {name} | {rung['name']} | {rung['outcome']}: {rung['reason']} | | | |")
                continue
            size = rung["bytes"] / 1e6 if rung["bytes"] else 0.0
            rows.append(f"| {name} | {rung['name']} | {100 * (1 - rung['validation']):.2f} | {rung['seconds']:.1f} "
                        f"| {rung['p50_ms']:.2f} | {size:.1f} |")  # fmt: skip
    return rows
