"""Rows to files, a batch at a time: CSV, JSON lines or Parquet by the ending, each of the first two also gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import say

Write = Callable[[pa.Table], None]


@contextmanager
def open_writer(place: Path, named: Path) -> Iterator[Write]:
    """A function that writes tables into the file `place`, in the form that the ending of `named` asks for.

    Raises DataError for an unknown ending.
    """
    endings = [suffix.lower() for suffix in named.suffixes]
    packed = endings[-1:] == [".gz"]
    match endings[-2:-1] if packed else endings[-1:]:
        case [".csv"]:
            with _open_text(place, packed, "utf-8-sig") as text:
                yield _csv_writer(text)
        case [".jsonl" | ".ndjson" | ".json"]:
            with _open_text(place, packed, "utf-8") as text:
                yield lambda table: text.writelines(
                    json.dumps(row, ensure_ascii=False) + "\n" for row in table.to_pylist()
                )
        case [".parquet" | ".pq"] if not packed:
            yield from _parquet_writer(place)
        case _:
            raise DataError(
                say("files of type {ending} cannot be written", ending="".join(endings) or "?"),
                str(named),
                say("name it .csv, .jsonl or .parquet"),
            )


@contextmanager
def _open_text(place: Path, packed: bool, encoding: str) -> Iterator[IO[str]]:
    opener: Any = gzip.open if packed else open
    with opener(place, "wb") as raw, io.TextIOWrapper(raw, encoding=encoding, newline="") as text:
        yield text


def _csv_writer(text: IO[str]) -> Write:
    """CSV with a byte order mark, so that Excel reads Chinese right."""
    rows = csv.writer(text)
    begun = False

    def write(table: pa.Table) -> None:
        nonlocal begun
        if not begun:
            rows.writerow(table.column_names)
            begun = True
        rows.writerows(zip(*(column.to_pylist() for column in table.columns), strict=True))

    return write


def _parquet_writer(place: Path) -> Iterator[Write]:
    import pyarrow.parquet as pq

    writer: pq.ParquetWriter | None = None

    def write(table: pa.Table) -> None:
        nonlocal writer
        writer = writer or pq.ParquetWriter(place, table.schema)
        writer.write_table(table)

    try:
        yield write
    finally:
        if writer:
            writer.close()
