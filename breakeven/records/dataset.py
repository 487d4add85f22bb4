"""The rows of a project after they were read and split: where they lie and what their columns are."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record

Part = Literal["train", "validation", "test"]


class Column(Record):
    """A column of the data. `kind` is its reading: text, number, category or date."""

    name: str
    kind: Literal["text", "number", "category", "date"]
    role: Literal["input", "answer", "group", "time", "slice", "other"] = "input"
    missing: int = 0
    distinct: int = 0
    levels: tuple[str, ...] = ()
    """The values of a category, the most frequent first; empty for other kinds."""


class Dataset(Record):
    """Rows in files of the store (Arrow IPC, every column as text, an empty cell as null).

    `folds` > 1 says that validation is by cross-validation over train and validation rows together, because
    they are few; then each model scores every row of `train` out of sample.
    """

    digest: str
    folder: str
    """Below the run folder; holds train.arrow, validation.arrow and test.arrow."""
    task: str
    columns: tuple[Column, ...]
    answer: str
    labels: tuple[str, ...] = ()
    """The classes in their fixed order, for an output that has classes."""
    rows: dict[Part, int]
    folds: int = 1
    split: str
    seed: int = 0
    bytes: int = 0
    """The size of the rows as text."""
    test_of: str = ""
    """The digest of the dataset whose test rows these are, where rows were added to its training rows."""
    unlabelled: int = 0
    """Rows without answers that the project has beside them, in unlabelled.arrow; input columns only."""
    chinese: float = 0.0
    """The share of Chinese characters among the letters of the inputs, 0 to 1."""

    @property
    def inputs(self) -> tuple[Column, ...]:
        return tuple(column for column in self.columns if column.role == "input")
