"""Twenty quiet days of a million answers: how long monitor takes for a day, how much memory, and whether it is quiet.

The rows are real ones that the release has not seen, with its own answers; days differ in their number, hours in
theirs. The log is what a server writes: Parquet, a folder a day; here a file an hour.
"""

from __future__ import annotations

import json
import resource
import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from shifted_sets import SETS, data_folder

import breakeven
from breakeven.inputs.reader import read_table
from breakeven.monitoring.health import artifact_of, assess, tested_rows
from breakeven.monitoring.window import read_window
from breakeven.serving.traffic import user_digest
from breakeven.serving.traffic_store import ANSWERS, FEEDBACK
from breakeven.stages.releases import named
from breakeven.store import Store

USERS = 60_000
INPUTS, TOLD = 0.02, 0.02
"""Shares of the answers whose inputs are kept, and whose truth comes back."""
FIRST = datetime(2026, 9, 1, tzinfo=UTC)


def measure(scratch: Path, days: int = 20, a_day: int = 1_000_000) -> list[dict[str, Any]]:
    """One record: alarms of all days, seconds and bytes of a day."""
    from answered import answered

    one = next(one for one in SETS if one.name == "waimai typos")
    answered(one, scratch)
    project = scratch / one.name.replace(" ", "-")
    pool = _pool(one.split(_shuffled(one))[0].select([*one.inputs, one.answer]), project)
    store = Store(project)
    release = named(store, 1)
    artifact = artifact_of(store, release)
    tested = tested_rows(store, release, artifact)
    chance, alarms, seconds, shown = np.random.default_rng(12), [], [], []
    for day in range(days):
        begin = FIRST + timedelta(days=day)
        rows = int(a_day * chance.uniform(0.8, 1.2))
        shutil.rmtree(project / ".breakeven" / "traffic", ignore_errors=True)
        write_day(project / ".breakeven" / "traffic", begin, rows, pool, chance)
        begun = time.process_time()
        between = begin, begin + timedelta(days=1)
        window = read_window(store, 1, *between)
        health = assess(store, release, artifact, window, tested, between)
        seconds.append(time.process_time() - begun)
        assert health.answers == rows, "answers are counted exactly"
        alarms += [str(alarm) for alarm in health.alarms if "elsewhere" in str(alarm)]
        shown.append(max((shift.effect for shift in health.shifts), default=0.0))
    return [{"part": "quiet", "days": days, "rows_a_day": a_day, "alarms": len(alarms), "which": alarms[:5],
             "largest_effect": max(shown), "cpu_seconds_a_day": float(np.median(seconds)),
             "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000}]  # fmt: skip


def _shuffled(one: Any) -> pa.Table:
    parts = [data_folder() / one.folder / f"{part}.csv.gz" for part in ("train", "dev", "test")]
    every = pa.concat_tables([read_table(part) for part in parts if part.exists()])
    return every.take(np.random.default_rng(5).permutation(every.num_rows))


def _pool(rows: pa.Table, project: Path) -> dict[str, np.ndarray]:
    """Rows that were neither learned from nor tested on, with the answers of the release."""
    from shifted_sets import MOST_BEFORE

    fresh, source, target = rows.slice(MOST_BEFORE), project / "fresh.parquet", project / "fresh-answers.parquet"
    pq.write_table(fresh, source)
    breakeven.predict(project, source, target)
    given = pq.read_table(target)
    inputs = [json.dumps({"text": text}, ensure_ascii=False) for text in fresh.column("text").to_pylist()]
    return {"inputs": np.array(inputs, object), "answer": np.array(given.column("label").to_pylist(), object),
            "confidence": given.column("confidence").to_numpy().astype(np.float32),
            "users": np.array([user_digest(f"user-{number}") for number in range(USERS)], object),
            "truth": np.array(fresh.column("label").to_pylist(), object)}  # fmt: skip


def write_day(folder: Path, begin: datetime, rows: int, pool: dict[str, np.ndarray],
              chance: np.random.Generator) -> None:  # fmt: skip
    """A day of answers and feedback, a file an hour."""
    hours = chance.multinomial(rows, chance.dirichlet(np.full(24, 20.0)))
    for hour, count in enumerate(hours):
        place = chance.integers(0, len(pool["answer"]), count)
        at = pa.array(np.datetime64((begin + timedelta(hours=hour)).replace(tzinfo=None), "ms")
                      + np.sort(chance.integers(0, 3_600_000, count)).astype("timedelta64[ms]"),
                      pa.timestamp("ms", "UTC"))  # fmt: skip
        ids = pa.array([f"{begin:%j}{hour:02}-{number}" for number in range(count)])
        users = pa.array(pool["users"][chance.integers(0, USERS, count)], pa.string())
        inputs = pa.array(pool["inputs"][place], pa.string(), mask=chance.random(count) > INPUTS)
        answers = _table(ANSWERS, count, at=at, id=ids, user=users, inputs=inputs, release=np.ones(count, np.int32),
                         key=[""] * count, seconds=chance.lognormal(-6, 0.4, count), answer=pool["answer"][place],
                         confidence=pool["confidence"][place], arm=["current"] * count)  # fmt: skip
        told = np.flatnonzero(chance.random(count) < TOLD)
        clicks = pa.array(np.full(len(told), "click", object), pa.string(), mask=chance.random(len(told)) > 0.3)
        feedback = _table(FEEDBACK, len(told), at=at.take(told), id=ids.take(told), truth=pool["truth"][place[told]],
                          event=clicks)  # fmt: skip
        target = folder / begin.date().isoformat()
        target.mkdir(parents=True, exist_ok=True)
        pq.write_table(answers, target / f"answers-x-{hour}.parquet", compression="zstd")
        pq.write_table(feedback, target / f"feedback-x-{hour}.parquet", compression="zstd")


def _table(schema: pa.Schema, rows: int, **columns: Any) -> pa.Table:
    """Columns by name; those that are not given are null."""
    arrays = [pa.array(columns[field.name]).cast(field.type) if field.name in columns else pa.nulls(rows, field.type)
              for field in schema]  # fmt: skip
    return pa.table(arrays, schema=schema)
