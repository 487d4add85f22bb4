"""Many small files of the traffic log become one: a server writes every two seconds, and each file costs two
milliseconds to open, a minute and a half for a day.

A merged file names its sources, is renamed into place whole, and only then the sources are removed: after a kill
between the two a reader leaves those out that a merged file names. Readers share a lock that merging and forgetting
hold alone.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from breakeven.store import new_file

SETTLED_SECONDS = 600.0
"""Files that are younger are left alone: a batch whose writing was not acknowledged is written again under its name."""
FEWEST_FILES = 16
MOST_FILES = 2_000
"""Merged in one step, so that the lock is held for some seconds at most."""
SOURCES = b"breakeven.sources"
LOCK = ".lock"


@contextmanager
def locked(folder: Path, alone: bool = False, wait: bool = True) -> Iterator[bool]:
    """Hold the lock of a log, shared or alone; False where it was not free and nobody waits. Who may only read the
    folder holds none."""
    if not os.access(folder, os.W_OK):
        yield not alone
        return
    with (folder / LOCK).open("a") as held:
        try:
            fcntl.flock(held, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield True


def files_of(day: Path, kind: str) -> list[Path]:
    """The files of a day, without those that a merged one holds already."""
    files = sorted(day.glob(f"{kind}-*.parquet"))
    gone = {name for file in files if _is_merged(file) for name in _sources(file)}
    return [file for file in files if file.name not in gone]


def sweep(day: Path, kind: str) -> None:
    """Remove what a merged file holds already. The lock is held alone."""
    kept = set(files_of(day, kind))
    for file in day.glob(f"{kind}-*.parquet"):
        if file not in kept:
            file.unlink(missing_ok=True)


def merge_day(day: Path, kind: str, schema: pa.Schema) -> int:
    """Merge the settled small files of a day into one; returns how many. The lock is held alone."""
    sweep(day, kind)
    oldest = time.time() - SETTLED_SECONDS
    small = [file for file in files_of(day, kind) if not _is_merged(file) and file.stat().st_mtime < oldest]
    small = small[:MOST_FILES]
    if len(small) < FEWEST_FILES:
        return 0
    names = json.dumps([file.name for file in small]).encode()
    target = day / f"{kind}-merged-{time.time_ns()}.parquet"
    with new_file(target) as temporary, pq.ParquetWriter(
        temporary, schema.with_metadata({SOURCES: names}), compression="zstd"
    ) as writer:
        writer.write_table(pa.concat_tables([_whole(file, schema) for file in small]))
    sweep(day, kind)
    return len(small)


def _whole(file: Path, schema: pa.Schema) -> pa.Table:
    """A file with all columns; those that an older version did not write are null."""
    return pq.read_table(file, schema=schema).replace_schema_metadata(None)


def _is_merged(file: Path) -> bool:
    return "-merged-" in file.name


def _sources(file: Path) -> list[str]:
    found: list[str] = json.loads((pq.read_schema(file).metadata or {}).get(SOURCES, b"[]"))
    return found
