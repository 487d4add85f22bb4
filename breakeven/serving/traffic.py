"""The traffic log: what was answered, and what was the truth of it, kept beside the project as Parquet.

    .breakeven/traffic/2026-11-22/answers-PID-N.parquet     at id release key user seconds answer confidence inputs
    .breakeven/traffic/2026-11-22/feedback-PID-N.parquet    at id truth reward event

Writing never holds up an answer: lines wait in a bounded buffer that a thread empties; what does not fit is dropped
and counted. Inputs are kept only for the share that was asked for, with personal data masked; a user is kept as a
digest. Days older than the retention time are removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from breakeven.core.errors import StorageError
from breakeven.inputs.masking import mask
from breakeven.serving.batching import Rows
from breakeven.store import new_file

ANSWERS = pa.schema([
    ("at", pa.timestamp("ms", "UTC")), ("id", pa.string()), ("release", pa.int32()), ("key", pa.string()),
    ("user", pa.string()), ("seconds", pa.float32()), ("answer", pa.string()), ("confidence", pa.float32()),
    ("inputs", pa.string()), ("arm", pa.string()),
])  # fmt: skip
FEEDBACK = pa.schema([
    ("at", pa.timestamp("ms", "UTC")), ("id", pa.string()), ("truth", pa.string()), ("reward", pa.float64()),
    ("event", pa.string()),
])  # fmt: skip
SCHEMAS = {"answers": ANSWERS, "feedback": FEEDBACK}
LOG = logging.getLogger("breakeven.serving")
SCAN_LINES = 65_536
MOST_LINES = 50_000
"""Lines that wait to be written; about 50 MB of the longest texts."""
FLUSH_SECONDS = 2.0
FOLDER = "traffic"
CURRENT, TRIAL = "current", "trial"
"""Which of two releases gave an answer: the one that answers, or one on trial. An answer that failed is null."""


@dataclass
class TrafficLog:
    """The log of one process. `share` of the requests are kept with their inputs; `days` is the retention time."""

    folder: Path
    share: float = 0.0
    days: int = 30
    dropped: int = 0
    _lines: deque[tuple[str, dict[str, Any]]] = field(default_factory=deque)
    _stop: threading.Event = field(default_factory=threading.Event)
    _number: int = 0
    _thread: threading.Thread | None = None
    _chance: random.Random = field(default_factory=random.Random)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def answered(self, release: int, key: str, user: str | None, seconds: float, rows: Rows,
                 outputs: list[dict[str, Any]], arm: str = CURRENT) -> None:  # fmt: skip
        """Keep the answers of one request; each output has its `id`, and nothing else where the release failed."""
        now = datetime.now(UTC)
        kept = rows.to_pylist() if self.share and self._chance.random() < self.share else [None] * len(outputs)
        for inputs, output in zip(kept, outputs, strict=True):
            answer = output.get("label", output.get("number"))
            self._add("answers", {
                "at": now, "id": output["id"], "release": release, "key": key, "user": user_digest(user),
                "seconds": seconds, "answer": None if answer is None else str(answer),
                "confidence": output.get("confidence"), "inputs": inputs, "arm": arm,
            })  # fmt: skip

    def feedback(self, answer: str, truth: str | None, reward: float | None, event: str | None = None) -> None:
        """Keep what the truth of an answer was, what it was worth, or what its user did then."""
        self._add("feedback", {"at": datetime.now(UTC), "id": answer, "truth": truth, "reward": reward, "event": event})

    def _add(self, kind: str, line: dict[str, Any]) -> None:
        if len(self._lines) >= MOST_LINES:
            self.dropped += 1
        else:
            self._lines.append((kind, line))

    def _run(self) -> None:
        while not self._stop.wait(FLUSH_SECONDS):
            self.flush()
            self._forget_old()

    def flush(self) -> None:
        """Write what waits. A disk that is full costs the lines, never an answer."""
        waiting = [self._lines.popleft() for _ in range(len(self._lines))]
        for kind, schema in SCHEMAS.items():
            lines = [line for its_kind, line in waiting if its_kind == kind]
            for line in lines:
                if line.get("inputs") is not None:
                    line["inputs"] = masked_json(line["inputs"])
            if lines:
                try:
                    self._write(kind, pa.Table.from_pylist(lines, schema=schema))
                except (OSError, StorageError, pa.ArrowException):  # a full disk: the answers go on
                    self.dropped += len(lines)
                    LOG.exception("%d lines of the traffic log are lost", len(lines))

    def _write(self, kind: str, table: pa.Table) -> None:
        self._number += 1
        day = datetime.now(UTC).date().isoformat()
        with new_file(self.folder / day / f"{kind}-{os.getpid()}-{time.time_ns()}-{self._number}.parquet") as temporary:
            pq.write_table(table, temporary, compression="zstd")

    def _forget_old(self) -> None:
        oldest = datetime.now(UTC).date() - timedelta(days=self.days)
        for folder in self.folder.glob("????-??-??"):
            if date.fromisoformat(folder.name) < oldest:
                shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Write what waits and end."""
        self._stop.set()
        if self._thread:
            self._thread.join()
        self.flush()


def masked_json(row: dict[str, str | None]) -> str:
    """A row as JSON, with tags in the place of personal data."""
    return json.dumps({name: None if cell is None else mask(cell) for name, cell in row.items()}, ensure_ascii=False)


def user_digest(user: str | None) -> str | None:
    """How a user is kept: findable by who knows the name, not readable by who reads the log."""
    return None if user is None else hashlib.sha256(user.encode()).hexdigest()[:32]


def scan_traffic(folder: Path, kind: str, since: datetime | None = None,
                 columns: Sequence[str] | None = None) -> Iterator[pa.Table]:  # fmt: skip
    """The lines of a kind (`answers`, `feedback`), day after day and a bounded number at a time; those of the days
    before `since` are left out. Of `columns` alone, where they are named."""
    days = sorted(day for day in folder.glob("????-??-??") if since is None or day.name >= since.date().isoformat())
    schema = SCHEMAS[kind] if columns is None else pa.schema([SCHEMAS[kind].field(name) for name in columns])
    for day in days:
        for file in sorted(day.glob(f"{kind}-*.parquet")):
            yield from _scan_file(file, schema)


def _scan_file(file: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """A file in stretches of SCAN_LINES; a column that an older version did not write is null."""
    with pq.ParquetFile(file) as opened:
        there = [name for name in schema.names if name in opened.schema_arrow.names]
        for batch in opened.iter_batches(SCAN_LINES, columns=there):
            columns = [batch.column(name) if name in there else pa.nulls(batch.num_rows, schema.field(name).type)
                       for name in schema.names]  # fmt: skip
            yield pa.Table.from_arrays(columns, schema=schema)


def read_traffic(folder: Path, kind: str, since: datetime | None = None) -> pa.Table:
    """All lines of a kind at once, for logs that are small enough; empty where there are none."""
    tables = list(scan_traffic(folder, kind, since))
    return pa.concat_tables(tables) if tables else SCHEMAS[kind].empty_table()


def forget_user(folder: Path, user: str) -> int:
    """Remove every line of a user, and the feedback to it; returns how many answers are gone. Raises StorageError."""
    import pyarrow.compute as pc

    gone: set[str] = set()
    for kind, column in (("answers", "user"), ("feedback", "id")):
        wanted = pa.array([user_digest(user)] if kind == "answers" else sorted(gone), pa.string())
        for file in sorted(folder.glob(f"????-??-??/{kind}-*.parquet")):
            table = pq.read_table(file, schema=SCHEMAS[kind])
            theirs = pc.fill_null(pc.is_in(table.column(column), wanted), False)
            if not pc.any(theirs).as_py():
                continue
            if kind == "answers":
                gone |= set(table.filter(theirs).column("id").to_pylist())
            left = table.filter(pc.invert(theirs))
            with new_file(file) as temporary:
                pq.write_table(left, temporary, compression="zstd")
    return len(gone)
