"""What each point of error costs, as two tables: of whole ladders (results.jsonl), of single rungs (points.jsonl)."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

LADDERS = """
## What each point of error costs

The ladders above, rung by rung, against `linear` on the validation rows they were all judged by. A machine is priced by
the offer nearest to this one ({hour} USD an hour for a core); a blend is paid for with all rungs before it. *A point,
training*: dollars for each point of error less; *a point, answers*: dollars more for a million answers, for each point.
"""
SINGLE = """
## Single rungs, on the test rows

From [points.jsonl](points.jsonl) (`points.py`): each rung trained to its end on the same 85 % of the rows, processor
time instead of the clock, all rungs asked about the test rows. Error is the mean of the seeds; the difference to
`linear` is paired, with its 95 % interval over 2,000 resamples of the rows. A pupil's bill holds its teacher's.
"""
RESAMPLES = 2_000


def point_tables(newest: dict[tuple[str, str], Any], sets: list[str], points: Path) -> list[str]:
    """The lines of both parts; none of what was not measured."""
    lines = points.read_text(encoding="utf-8").splitlines() if points.exists() else []
    measured = [one for one in map(json.loads, lines) if one["outcome"] == "trained"]
    if not measured:
        return []
    hour = measured[0]["usd_per_core_hour"]
    return [LADDERS.format(hour=f"{hour:.4f}"), *_ladders(newest, sets, hour), SINGLE, *_single(measured)]


def _ladders(newest: dict[tuple[str, str], Any], sets: list[str], hour: float) -> list[str]:
    rows = ["| set | rung | points less | seconds | USD to train | a point, training | answers/s a core "
            "| USD a million | a point, answers |",
            "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    for name in sets:
        rungs = [one for one in newest[name, "upper"]["ladder"] if one["validation"] is not None]
        linear = next(one for one in rungs if one["name"] == "linear")
        seconds = 0.0
        for rung in rungs:
            if rung["name"] == "baseline":
                continue
            seconds += rung["seconds"]
            taken = seconds if rung["name"] == "blend" else rung["seconds"]
            less = 100 * (rung["validation"] - linear["validation"])
            cores = 2 * taken * hour / 3600
            rows.append(f"| {name} | {rung['name']} | {less:+.2f} | {taken:.0f} | "
                        + _money(less, cores, rung["p50_ms"], linear["p50_ms"], hour))  # fmt: skip
    return rows


def _money(less: float, usd: float, ms: float, linear_ms: float, hour: float) -> str:
    """Dollars to train, for a point; answers a second; dollars for a million answers, more of them for a point."""
    million, linear_million = (each / 3600 * hour * 1e3 for each in (ms, linear_ms))
    pays = less > 0
    return (f"{usd:.5f} | {usd / less if pays else 0:.5f} | " if pays else f"{usd:.5f} | | ") + (
        f"{1e3 / ms:,.0f} | {million:.4f} | " + (f"{(million - linear_million) / less:+.4f} |" if pays else "|")
    )


def _single(measured: list[dict[str, Any]]) -> list[str]:
    rows = ["| set | rung | seeds | wrong, % | points less than linear | processor seconds | USD to train "
            "| a point, training | answers/s a core | USD a million | a point, answers | MB |",
            "| --- | --- | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"]  # fmt: skip
    groups: dict[tuple[str, str], dict[int, Any]] = defaultdict(dict)
    for one in measured:
        groups[one["set"], one["rung"]][one["seed"]] = one
    for (name, rung), found in groups.items():
        linear = {seed: groups[name, "linear"][seed] for seed in found}
        wrong, of_linear = _wrong(found), _wrong(linear)
        less, low, high = _paired(of_linear - wrong)
        seconds, ms, linear_ms = (_mean(*each) for each in ((found, "cpu_seconds"), (found, "answer_cpu_ms"),
                                                            (linear, "answer_cpu_ms")))  # fmt: skip
        hour = next(iter(found.values()))["usd_per_core_hour"]
        told = "" if rung == "linear" else f"{less:+.1f} ({low:+.1f} to {high:+.1f})"
        rows.append(f"| {name} | {rung} | {', '.join(map(str, sorted(found)))} | {100 * wrong.mean():.2f} | {told} "
                    f"| {seconds:.0f} | {_money(less, seconds * hour / 3600, ms, linear_ms, hour)} "
                    f"{_mean(found, 'bytes') / 1e6:.1f} |")  # fmt: skip
    return rows


def _wrong(found: dict[int, Any]) -> np.ndarray:
    """(seeds, test rows), 1 where the answer was wrong."""
    table = np.zeros((len(found), next(iter(found.values()))["test_rows"]))
    for line, seed in zip(table, sorted(found), strict=True):
        line[found[seed]["wrong"]] = 1.0
    return table


def _paired(gains: np.ndarray) -> tuple[float, float, float]:
    """Points of error less (seeds, rows), the mean and its interval over the rows."""
    each = 100 * gains.mean(axis=0)
    random = np.random.default_rng(0)
    means = each[random.integers(len(each), size=(RESAMPLES, len(each)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(each.mean()), float(low), float(high)


def _mean(found: dict[int, Any], key: str) -> float:
    return float(np.mean([one[key] for one in found.values()]))
