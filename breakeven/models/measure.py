"""Serving figures of an artifact, taken on itself: one answer at a time, and in bulk."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from breakeven.models.model import Billed, Predictor, Writer
from breakeven.prices.here import this_machine
from breakeven.records.measurement import Measurement

if TYPE_CHECKING:
    import pyarrow as pa

Ask = Callable[["pa.Table"], Any]
"""Rows in, answers out."""
SINGLE_SECONDS = 0.1
"""Short: what is served has its single answers timed at the server (serving/measuring.py)."""
SINGLE_MOST = 500
FEWEST, FEWEST_WRITTEN = 20, 5
BULK_SECONDS = 0.3
BULK_ROWS, FEWEST_BULK = 2_000, 32
BULK_MOST_SECONDS = 5.0
"""A slow predictor gets a smaller batch: about so long at the pace of its single answers."""
WRITTEN_ROWS = 16
"""Of a predictor that writes, an answer is many steps: so many are timed in a batch."""
HOSTED_ROWS = 20
"""Answers that cost money are few: one when it is loaded, nine one after another, ten at once."""


def measure_artifact(name: str, folder: Path, predictor: Predictor, rows: pa.Table, load_ms: float) -> Measurement:
    """Time an artifact on real rows: single answers one after another, then batches of up to 2,000.

    An answer of a predictor that writes is a written text. `peak_bytes` is left 0: only the worker knows the size of
    its process.
    """
    if isinstance(predictor, Writer):
        single = _time_single(predictor.write, rows, FEWEST_WRITTEN)
        rate = _time_bulk(predictor.write, _repeated(rows, WRITTEN_ROWS))
    elif _is_billed(predictor):
        few = _repeated(rows, HOSTED_ROWS)
        single = _timed(predictor.predict, few.slice(1, 9) if few.num_rows > 1 else few)
        rate = _time_once(predictor.predict, few.slice(10) if few.num_rows > 10 else few)
    else:
        single = _time_single(predictor.predict, rows, FEWEST)
        rate = _time_bulk(predictor.predict, _repeated(rows, _bulk_rows(single)))
    return Measurement(
        candidate=name,
        machine=this_machine(),
        p50_ms=_quantile(single, 0.50) * 1e3,
        p95_ms=_quantile(single, 0.95) * 1e3,
        requests_per_second=len(single) / sum(single),
        bulk_rows_per_second=rate,
        load_ms=load_ms,
        peak_bytes=0,
        artifact_bytes=folder_bytes(folder),
        rows_timed=len(single),
        **_billing(predictor),
    )


def _is_billed(predictor: Predictor) -> bool:
    return isinstance(predictor, Billed) and predictor.usd_per_request is not None


def _billing(predictor: Predictor) -> dict[str, Any]:
    """What a Measurement tells of answers that cost money."""
    if not isinstance(predictor, Billed):
        return {}
    return {name: getattr(predictor, name) for name in ("usd_per_request", "usd_source", "remote")}


def folder_bytes(folder: Path) -> int:
    """The size of all files of a folder."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _time_single(ask: Ask, rows: pa.Table, fewest: int) -> list[float]:
    """Seconds of single answers to different rows, after a warm-up."""
    for place in range(min(fewest // 2, rows.num_rows)):
        ask(rows.slice(place, 1))
    taken: list[float] = []
    until = time.perf_counter() + SINGLE_SECONDS
    while len(taken) < SINGLE_MOST and (time.perf_counter() < until or len(taken) < fewest):
        row = rows.slice(len(taken) % rows.num_rows, 1)
        begun = time.perf_counter()
        ask(row)
        taken.append(time.perf_counter() - begun)
    return taken


def _bulk_rows(single: list[float]) -> int:
    """How many rows a batch has, by the seconds of single answers."""
    return max(FEWEST_BULK, min(BULK_ROWS, int(BULK_MOST_SECONDS / _quantile(single, 0.5))))


def _timed(ask: Ask, rows: pa.Table) -> list[float]:
    """Seconds of an answer to each row."""
    taken = []
    for place in range(rows.num_rows):
        begun = time.perf_counter()
        ask(rows.slice(place, 1))
        taken.append(time.perf_counter() - begun)
    return taken


def _time_once(ask: Ask, batch: pa.Table) -> float:
    """Rows a second of a single batch."""
    begun = time.perf_counter()
    ask(batch)
    return batch.num_rows / (time.perf_counter() - begun)


def _time_bulk(ask: Ask, batch: pa.Table) -> float:
    """Rows a second in batches, the best of several: what the artifact can do when nothing else runs."""
    best = 0.0
    until = time.perf_counter() + BULK_SECONDS
    while time.perf_counter() < until or not best:
        begun = time.perf_counter()
        ask(batch)
        best = max(best, batch.num_rows / (time.perf_counter() - begun))
    return best


def _repeated(rows: pa.Table, wanted: int) -> pa.Table:
    """At most `wanted` rows, spread over all; fewer when there are not so many."""
    step = max(1, rows.num_rows // wanted)
    return rows.take(list(range(0, rows.num_rows, step))[:wanted])


def _quantile(values: list[float], share: float) -> float:
    """The smallest value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
