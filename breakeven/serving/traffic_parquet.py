"""Traffic kept beside the project as Parquet: a folder a day.

    .breakeven/traffic/2026-11-22/answers-WRITER-NUMBER.parquet     at id release key user seconds answer …
    .breakeven/traffic/2026-11-22/feedback-WRITER-NUMBER.parquet    at id truth reward
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from breakeven.core.errors import StorageError
from breakeven.core.words import say
from breakeven.serving.traffic_merging import files_of, locked, merge_day, sweep
from breakeven.serving.traffic_store import SCHEMAS, Batch, Kind, LinesRefused, StoreAway, TrafficStore, columns_of
from breakeven.store import new_file

SCAN_LINES = 65_536


class ParquetTraffic(TrafficStore):
    """Files that are only added; each is written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = str(folder)

    def write(self, batch: Batch) -> None:
        try:
            table = pa.Table.from_pylist(list(batch.lines), schema=SCHEMAS[batch.kind])
        except (pa.ArrowException, UnicodeError, TypeError, ValueError) as fault:
            raise LinesRefused(str(fault)) from None
        day = datetime.now(UTC).date().isoformat()
        _write(table, self.folder / day / f"{batch.kind}-{batch.writer}-{batch.first}.parquet")

    def scan(self, kind: Kind, since: datetime | None = None, columns: Sequence[str] | None = None,
             ) -> Iterator[pa.Table]:  # fmt: skip
        with locked(self.folder):
            yield from self._scan(kind, since, columns)

    def _scan(self, kind: Kind, since: datetime | None = None, columns: Sequence[str] | None = None,
              ) -> Iterator[pa.Table]:  # fmt: skip
        oldest, schema = since.date().isoformat() if since else "", columns_of(kind, columns)
        for day in sorted(day for day in self.folder.glob("????-??-??") if day.name >= oldest):
            for file in files_of(day, kind):
                yield from _scan_file(file, schema)

    def forget_user(self, digest: str) -> int:
        """Feedback goes first: after a kill between the two the answers still tell whose it was."""
        with locked(self.folder, alone=True):
            return self._forget_user(digest)

    def _forget_user(self, digest: str) -> int:
        theirs = pc.field("user") == digest
        answers = (table.filter(theirs) for table in self._scan("answers", columns=("id", "user")))
        gone = [name for table in answers for name in table.column("id").to_pylist()]
        self._remove("feedback", "id", gone)
        self._remove("answers", "user", [digest])
        return len(gone)

    def _remove(self, kind: Kind, column: str, wanted: list[str]) -> None:
        """Write the files anew that hold a wanted value in a column."""
        for day in self.folder.glob("????-??-??"):
            sweep(day, kind)
        for file in sorted(self.folder.glob(f"????-??-??/{kind}-*.parquet")):
            table = pq.read_table(file, schema=SCHEMAS[kind])
            theirs = pc.fill_null(pc.is_in(table.column(column), pa.array(wanted, pa.string())), False)
            if pc.any(theirs).as_py():
                _write(table.filter(pc.invert(theirs)), file)

    def tidy(self) -> None:
        """Merge small files; where the disk does not take it they stay as they are."""
        with locked(self.folder, alone=True, wait=False) as free, suppress(StorageError, OSError):
            for day in sorted(self.folder.glob("????-??-??")) if free else ():
                for kind in SCHEMAS:
                    merge_day(day, kind, SCHEMAS[kind])

    def forget_before(self, day: date) -> None:
        for folder in self.folder.glob("????-??-??"):
            if date.fromisoformat(folder.name) < day:
                shutil.rmtree(folder, ignore_errors=True)


def _scan_file(file: Path, schema: pa.Schema) -> Iterator[pa.Table]:
    """A file in stretches of SCAN_LINES; a column that an older version did not write is null."""
    with pq.ParquetFile(file) as opened:
        there = [name for name in schema.names if name in opened.schema_arrow.names]
        for batch in opened.iter_batches(SCAN_LINES, columns=there):
            columns = [batch.column(name) if name in there else pa.nulls(batch.num_rows, schema.field(name).type)
                       for name in schema.names]  # fmt: skip
            yield pa.Table.from_arrays(columns, schema=schema)


def _write(table: pa.Table, file: Path) -> None:
    """Raises StoreAway where the disk does not take it."""
    try:
        with new_file(file) as temporary:
            pq.write_table(table, temporary, compression="zstd")
    except StorageError as fault:
        raise StoreAway(*fault.lines()) from None
    except OSError as fault:
        raise StoreAway(say("a file cannot be written: {fault}", fault=fault.strerror), str(file)) from None
