"""The tables of README.md, made of results.jsonl; what stands before the mark is written by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

MARK = "<!-- tables -->"


def write_tables(results: Path, readme: Path) -> None:
    records = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    parts = {name: [one for one in records if one["part"] == name] for name in ("planted", "quiet", "quality", "ab")}
    text = readme.read_text(encoding="utf-8").partition(MARK)[0]
    tables = [TABLES[name](found) for name, found in parts.items() if found]
    readme.write_text(f"{text}{MARK}\n\n" + "\n\n".join(tables) + "\n", encoding="utf-8")


def planted_table(records: list[dict[str, Any]]) -> str:
    head = ["shift", "set", "all rows", "30 %", "10 %", "2 points more a day"]
    rows = [[one["what"], one["set"], *(_rows(one[f"at {share}"]) for share in ("100%", "30%", "10%")),
             f"day {one['gradual_days']}" if one["gradual_days"] else "—"] for one in records]  # fmt: skip
    return "## Planted shifts: rows until the alarm\n\n" + _table(head, rows)


def quiet_table(records: list[dict[str, Any]]) -> str:
    head = ["days", "rows a day", "alarms", "largest effect seen", "CPU seconds a day", "peak memory, MB"]
    rows = [[str(one["days"]), f"{one['rows_a_day']:,}", str(one["alarms"]), f"{one['largest_effect']:.3f}",
             f"{one['cpu_seconds_a_day']:.1f}", f"{one['peak_mb']:.0f}"] for one in records]  # fmt: skip
    return "## Quiet days\n\n" + _table(head, rows)


def quality_table(records: list[dict[str, Any]]) -> str:
    head = ["set", "shift", "looked at", "tested", "expected", "stated interval", "truth", "inside", "ATC"]
    rows = [[one["set"], one["what"], "no" if one["held_out"] else "yes", f"{one['tested']:.3f}", f"{one['value']:.3f}",
             f"{one['low']:.3f} … {one['high']:.3f}", f"{one['truth']:.3f}", "yes" if one["inside"] else "**no**",
             f"{one['thresholded']:.3f}"] for one in records]  # fmt: skip
    return "## Accuracy expected without any truth\n\n" + _table(head, rows)


def ab_table(records: list[dict[str, Any]]) -> str:
    head = ["two releases", "trials", "ever sure", "median day", "rows of each: one look", "any time", "any time, half"]
    rows = [[one["what"], str(one["trials"]), f"{one['sure']:.1%}", _rows(one["median_days"]), _rows(one["rows_once"]),
             _rows(one["rows_any_time"]), _rows(one["rows_any_time_half"])] for one in records]  # fmt: skip
    return "## A/B tests, looked at every evening for 60 days, 400 truths of each a day\n\n" + _table(head, rows)


def _rows(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


def _table(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


TABLES = {"planted": planted_table, "quiet": quiet_table, "quality": quality_table, "ab": ab_table}
