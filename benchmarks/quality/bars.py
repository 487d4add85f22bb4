"""What the product must reach on the sets, and whether the results reach it: counted, not claimed."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

OURS, AUTOGLUON = "breakeven", "autogluon_medium"
MEDIAN_RATIO, LARGEST_RATIO = 0.97, 1.02
TEXT_SECONDS = 120.0
AUC_LESS, TIME_SHARE = 0.0005, 0.5
ARTIFACT_BYTES, P95_MS = 30e6, 5.0
BULK_ROWS, SHORT_CHARACTERS = 20_000, 100.0
OVERHEAD_SECONDS, TIMES_THE_DATA = 10.0, 3.0
SETS_WANTED = {"text": 6, "table": 3}
"""Fewer sets than these leave a bar open."""
Known = dict[tuple[str, str], dict[str, Any]]


class Bar(NamedTuple):
    """One thing to reach, what was measured, and how that stands: met, missed or not measured."""

    wanted: str
    measured: str
    verdict: str


def bars(known: Known, overheads: Sequence[dict[str, Any]]) -> list[Bar]:
    """All bars, in the order of the plan."""
    ours = {name: one for (name, tool), one in known.items() if tool == OURS and one["outcome"] == "done"}
    texts = {name: one for name, one in ours.items() if one["kind"] == "text"}
    tables = {name: one for name, one in ours.items() if one["kind"] == "table"}
    ratios = {name: ratio for name, one in texts.items() if (ratio := error_ratio(known, name, one)) is not None}
    theirs = {n: known[n, AUTOGLUON] for n in tables if known.get((n, AUTOGLUON), {}).get("outcome") == "done"}
    less = {name: theirs[name]["value"] - tables[name]["value"] for name in theirs}
    shares = {name: tables[name]["ready_seconds"] / theirs[name]["ready_seconds"] for name in theirs}
    short = {name: one for name, one in texts.items() if (one.get("characters") or 0) < SHORT_CHARACTERS}
    return [
        _median(ratios),
        _worst("texts: error at most 1.02 of the best peer's on every set", ratios, "{:.3f}", "text",
               lambda ratio: ratio <= LARGEST_RATIO),
        _worst("texts: ready within 120 s", _field(texts, "ready_seconds"), "{:.1f} s", "text",
               lambda seconds: seconds <= TEXT_SECONDS),
        _worst("tables: ROC AUC at least AutoGluon medium's less 0.0005", less, "{:+.4f} less", "table",
               lambda missing: missing <= AUC_LESS),
        _worst("tables: in at most half of AutoGluon's time", shares, "{:.2f}", "table",
               lambda share: share <= TIME_SHARE),
        _worst("released artifact under 30 MB", _field(ours, "artifact_bytes", 1e-6), "{:.1f} MB", "all",
               lambda size: size * 1e6 < ARTIFACT_BYTES),
        _worst("single answers under 5 ms at p95, in process", _field(ours, "p95_ms"), "{:.2f} ms", "all",
               lambda ms: ms < P95_MS),
        _worst("bulk: 20,000 short texts (under 100 characters on average) a second",
               _field(short, "bulk_rows_per_second"), "{:,.0f}", "", lambda rate: rate >= BULK_ROWS, lowest=True),
        _reproduced(ours),
        _worst("besides training and measuring: under 10 s on 50,000 rows",
               {one["set"]: one["overhead_seconds"] for one in overheads}, "{:.1f} s", "",
               lambda seconds: seconds < OVERHEAD_SECONDS),
        _worst("peak memory of the main process grows by less than 3 times the data",
               {one["set"]: one["times_the_data"] for one in overheads}, "{:.1f} times", "",
               lambda times: times < TIMES_THE_DATA),
    ]


def error_ratio(known: Known, name: str, ours: dict[str, Any]) -> float | None:
    """Our error to that of the best peer on a set; None where no peer was measured."""
    peers = [1 - one["value"] for (n, t), one in known.items() if n == name and t != OURS and one["outcome"] == "done"]
    return (1 - ours["value"]) / min(peers) if peers else None


def _field(records: dict[str, dict[str, Any]], field: str, factor: float = 1.0) -> dict[str, float]:
    return {name: one[field] * factor for name, one in records.items() if one.get(field) is not None}


def _median(ratios: dict[str, float]) -> Bar:
    wanted = "texts: error at most 0.97 of the best peer's on the median set"
    if len(ratios) < SETS_WANTED["text"]:
        return Bar(wanted, f"{len(ratios)} sets", "not measured")
    median = statistics.median(ratios.values())
    return Bar(wanted, f"{median:.3f}", _verdict(median <= MEDIAN_RATIO))


def _worst(
    wanted: str, values: dict[str, float], form: str, kind: str, good: Callable[[float], bool], lowest: bool = False
) -> Bar:
    """A bar that every set must pass: the worst is shown, and all that miss it are named."""
    if len(values) < SETS_WANTED.get(kind, sum(SETS_WANTED.values()) if kind == "all" else 1):
        return Bar(wanted, f"{len(values)} sets", "not measured")
    worst = (min if lowest else max)(values, key=lambda name: values[name])
    missed = [f"{name} {form.format(value)}" for name, value in values.items() if not good(value)]
    shown = "; ".join(missed) if missed else f"worst {form.format(values[worst])} ({worst})"
    return Bar(wanted, shown, _verdict(not missed))


def _reproduced(ours: dict[str, dict[str, Any]]) -> Bar:
    wanted = "`predict` on the test file gives exactly the reported test score"
    if not ours:
        return Bar(wanted, "0 sets", "not measured")
    missed = [name for name, one in ours.items() if not one.get("reproduced")]
    return Bar(wanted, ", ".join(missed) or f"all {len(ours)} sets", _verdict(not missed))


def _verdict(good: bool) -> str:
    return "met" if good else "**missed**"
