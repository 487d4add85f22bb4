"""breakeven's side: a project file for a set, the run, and `predict` on its test file to see the score again."""

from __future__ import annotations

import json
import statistics
from pathlib import Path
from typing import Any

from process import Finished, run_measured
from score import read_column, score_answers
from sets import DataSet

ENDINGS = (0, 3, 4)
"""Released, target missed (as it must be: nobody reaches 0.999), stopped by the budget."""
SAME = 1e-9


def run_product(
    python: Path,
    data_set: DataSet,
    seconds: float,
    seed: int,
    folder: Path,
    log: Path,
    cap: float,
    models: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """A run in a folder of its own; what it told of itself and what its answers are worth.

    `models` is the table [models] of the project file.
    """
    project = folder / "project"
    project.mkdir()
    (project / "breakeven.toml").write_text(project_file(data_set, seconds, seed, models), encoding="utf-8")
    told = folder / "run.json"
    command = [str(python), "-m", "breakeven"]
    finished = run_measured([*command, "run", str(project), "--json"], log, cap, told)
    record: dict[str, Any] = bill(finished)
    if finished.exit_code not in ENDINGS:
        return record | {"outcome": "too late" if finished.exit_code is None else "failed"}
    answers = folder / "answers.csv"
    test = data_set.file("test")
    question = ["predict", str(test), "--project", str(project), "--out", str(answers)]
    predicted = run_measured([*command, *question], log, cap)
    if predicted.exit_code != 0:
        return record | {"outcome": "failed"}
    value = score_answers(data_set, answers, f"score_{data_set.positive}")
    return record | _story(json.loads(told.read_text()), project, value) | {
        "outcome": "done", "value": value, "predict_seconds": predicted.seconds, "characters": _characters(data_set),
    }


def project_file(data_set: DataSet, seconds: float, seed: int, models: dict[str, Any] | None = None) -> str:
    """A target that nobody reaches, so that the ladder climbs to its best."""
    data = {
        "train": str(data_set.file("train")), "test": str(data_set.file("test")), "answer": data_set.answer,
        "seed": seed,
    }
    if dev := data_set.file("dev"):
        data["validation"] = str(dev)
    if data_set.input:
        data["input"] = data_set.input
    if data_set.drop:
        data["drop"] = list(data_set.drop)
    tables = {
        "product": {"name": data_set.name, "task": data_set.task},
        "data": data,
        "target": {"metric": data_set.metric, "at_least": 0.999},
        "budget": {"seconds": seconds},
    }
    if models:
        tables["models"] = models
    return toml(tables)


def toml(tables: dict[str, dict[str, Any]]) -> str:
    """A project file; strings, numbers and lists of strings look the same in JSON and TOML."""
    lines = []
    for name, keys in tables.items():
        lines += [f"[{name}]", *(f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()), ""]
    return "\n".join(lines)


def bill(finished: Finished) -> dict[str, Any]:
    """What a process took."""
    return {
        "exit_code": finished.exit_code,
        "ready_seconds": finished.seconds,
        "peak_bytes": finished.peak_bytes,
        "main_peak_bytes": finished.main_peak_bytes,
        "cpu_seconds": finished.cpu_seconds,
        "elsewhere": finished.elsewhere,
    }


def _characters(data_set: DataSet) -> float | None:
    """The mean length of a text: how fast it is answered hangs on it."""
    test = data_set.file("test")
    if not data_set.input or not test:
        return None
    return statistics.mean(len(text) for text in read_column(test, data_set.input))


def _story(told: dict[str, Any], project: Path, value: float) -> dict[str, Any]:
    """What a run told: the ladder, the choice, how it serves, and whether its test score is the one counted here."""
    chosen = next((one for one in told["candidates"] if "test" in one), None)
    if chosen is None:
        return {"released": None}
    run = json.loads((project / ".breakeven" / "runs" / told["run"] / "run.json").read_text())
    rung = next(rung for rung in run["rungs"] if rung["name"] == chosen["name"])
    return {
        "released": chosen["name"],
        "reported": chosen["test"]["value"],
        "reproduced": abs(chosen["test"]["value"] - value) < SAME,
        "artifact_bytes": chosen["artifact"]["bytes"],
        "p50_ms": chosen["serve"]["p50_ms"],
        "p95_ms": chosen["serve"]["p95_ms"],
        "bulk_rows_per_second": rung["measurement"]["bulk_rows_per_second"],
        "told_seconds": told["seconds"],
        "ladder": [_rung(one) for one in told["candidates"]],
    }


def _rung(one: dict[str, Any]) -> dict[str, Any]:
    """A rung of the ladder in few words."""
    return {
        "name": one["name"],
        "outcome": one["outcome"],
        "validation": one["validation"]["value"] if one["validation"] else None,
        "seconds": one["train"]["seconds"] if one["train"] else None,
        "p50_ms": one["serve"]["p50_ms"] if one["serve"] else None,
        "bytes": one["artifact"]["bytes"] if one["artifact"] else None,
        "reason": one["reason"],
    }
