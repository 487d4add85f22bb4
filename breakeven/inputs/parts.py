"""The parts of a dataset as the audit left them: Arrow files, mapped from the disk rather than read."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from breakeven.inputs.spool import mapped
from breakeven.records.dataset import Dataset, Part

UNLABELLED = "unlabelled.arrow"


def read_part(folder: Path, *parts: Part) -> pa.Table:
    """The rows of some parts, one after the other. `folder` is the dataset's own."""
    return pa.concat_tables([mapped(folder / f"{part}.arrow") for part in parts])


def unlabelled_rows(folder: Path) -> pa.Table | None:
    """The rows without answers, None when the project has none."""
    return mapped(folder / UNLABELLED) if (folder / UNLABELLED).exists() else None


def training_rows(folder: Path) -> pa.Table:
    """All rows that may be fitted: training rows, then validation rows, as folds count them."""
    return read_part(folder, "train", "validation")


def group_values(rows: pa.Table, dataset: Dataset) -> list[str | None] | None:
    """The values of the group column, when the dataset has one."""
    name = next((column.name for column in dataset.columns if column.role == "group"), None)
    return rows.column(name).to_pylist() if name else None
