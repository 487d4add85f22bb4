"""The parts of a dataset as the audit left them: Arrow files, mapped from the disk rather than read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from breakeven.records.dataset import Dataset, Part


def read_part(folder: Path, *parts: Part) -> pa.Table:
    """The rows of some parts, one after the other. `folder` is the dataset's own."""
    tables = []
    for part in parts:
        with pa.memory_map(str(folder / f"{part}.arrow")) as source:
            tables.append(pa.ipc.open_file(source).read_all())
    return pa.concat_tables(tables)


def training_rows(folder: Path) -> pa.Table:
    """All rows that may be fitted: training rows, then validation rows, as folds count them."""
    return read_part(folder, "train", "validation")


def group_values(rows: pa.Table, dataset: Dataset) -> list[str | None] | None:
    """The values of the group column, when the dataset has one."""
    name = next((column.name for column in dataset.columns if column.role == "group"), None)
    return rows.column(name).to_pylist() if name else None
