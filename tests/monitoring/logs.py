"""Traffic logs made by hand: so many answers on each day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq

from breakeven.serving.traffic import CURRENT
from breakeven.serving.traffic_place import FOLDER
from breakeven.serving.traffic_store import ANSWERS, FEEDBACK
from breakeven.store import Store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def write_days(store: Store, counts: list[int], now: datetime = NOW, arm: str = CURRENT, truths: int = 0) -> None:
    """A log with so many answers on each day, the last one today; every tenth told truth is wrong."""
    for back, count in zip(range(len(counts) - 1, -1, -1), counts, strict=True):
        day = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
        lines = [
            {"at": day + timedelta(seconds=i % 40_000), "id": f"{arm}-{back}-{i}", "release": 1, "key": "",
             "user": None, "seconds": 0.002, "answer": "a" if i else None, "confidence": 0.9, "inputs": None,
             "arm": arm}
            for i in range(count)
        ]  # fmt: skip
        told = [{"at": day, "id": line["id"], "truth": "a" if i % 10 else "b", "reward": None}
                for i, line in enumerate(lines[1 : truths + 1])]  # fmt: skip
        place = store.folder / FOLDER / day.date().isoformat()
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.Table.from_pylist(lines, schema=ANSWERS), place / f"answers-{arm}.parquet")
        pq.write_table(pa.Table.from_pylist(told, schema=FEEDBACK), place / f"feedback-{arm}.parquet")
