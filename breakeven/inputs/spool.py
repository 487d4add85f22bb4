"""Rows on the disk as Arrow files: written a batch at a time, mapped back without reading them into memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa

from breakeven.core.errors import DataError
from breakeven.core.words import say
from breakeven.inputs.reader import ROW, open_rows


def file_digest(path: Path) -> str:
    """The SHA-256 of a file's contents. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def spool(path: Path, folder: Path, plain: bool = False) -> pa.Table:
    """All rows of a data file, kept as Arrow files in `folder` and mapped from there. Raises DataError. `plain` is that
    of `open_rows`.

    JSON lines may bring a column late: then another Arrow file is begun, and the column is empty in the rows before.
    """
    tables: list[pa.Table] = []
    batches = open_rows(path, plain)
    batch = next(batches, None)
    while batch is not None:
        schema = batch.schema
        place = folder / f"{path.name}.{len(tables)}.arrow"
        with pa.OSFile(str(place), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            while batch is not None and batch.schema.equals(schema):
                writer.write_table(batch)
                batch = next(batches, None)
        tables.append(mapped(place))
    if not tables:
        raise DataError(
            say("the file holds no rows"), str(path), say("it needs a header line and at least one row below it")
        )
    return pa.concat_tables(tables, promote_options="default")


def mapped(path: Path) -> pa.Table:
    """The rows of an Arrow file, mapped from the disk."""
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def write_rows(path: Path, schema: pa.Schema, batches: Iterator[pa.Table]) -> pa.Table:
    """Keep batches of rows as one Arrow file and map it."""
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
        for batch in batches:
            writer.write_table(batch)
    return mapped(path)


def chosen(table: pa.Table, mask: np.ndarray, columns: list[str]) -> Iterator[pa.Table]:
    """Some columns of the rows in `mask` (n,), batch by batch; a column that the table lacks is empty."""
    start = 0
    for batch in table.to_batches():
        part = mask[start : start + batch.num_rows]
        start += batch.num_rows
        if not part.any():
            continue
        rows = pa.Table.from_batches([batch]).filter(pa.array(part))
        cells = {
            name: rows[name].cast(pa.large_string()) if name in rows.column_names else _empty(rows.num_rows)
            for name in columns
        }
        yield pa.table({**cells, ROW: rows[ROW]})


def _empty(rows: int) -> pa.Array:
    return pa.nulls(rows, pa.large_string())
