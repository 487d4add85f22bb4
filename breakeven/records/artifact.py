"""An artifact is a folder that can answer: tensors, JSON and text files, never a pickle."""

from __future__ import annotations

from breakeven.records.dataset import Column
from breakeven.records.record import Record


class Artifact(Record):
    """`artifact.json` of the folder: which family wrote it and what it takes and gives."""

    family: str
    """Family and version, `linear/1`: readers of `/1` are kept for ever."""
    task: str
    input: str
    output: str
    columns: tuple[Column, ...]
    """The input columns, in the order of training."""
    answer: str
    labels: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


def asking_columns(artifact: Artifact) -> tuple[Column, ...]:
    """The columns that a client sends: all but the answer that models of texts read; that, where there is no other."""
    return tuple(column for column in artifact.columns if column.name != artifact.answer) or artifact.columns
