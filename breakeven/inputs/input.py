"""The contract of an input: all that is known of one kind of thing that comes in.

Rows are a `pyarrow.Table` in which every column is text and an empty cell is null. An input says what its
columns are, how a row is shown to people, and which views it offers to models. An input never knows a model.
"""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.inputs.values import Values

Folds = Sequence[tuple["np.ndarray", "np.ndarray"]]
"""Pairs of row numbers (fit, score)."""


class View(ABC):
    """How a model reads rows: learned on training rows, kept in the artifact, the same when serving.

    `name` is what models ask for: `vectors` (a scipy CSR matrix, float32), `frame` (a float64 array with NaN
    for missing and category codes, see `Frame` in frame.py), `texts` (a list of strings). A view is a value: `fit`
    returns self and the matrix of the rows it was fitted on.
    """

    name: ClassVar[str]
    variants: ClassVar[tuple[dict[str, Any], ...]] = ({},)
    """Settings worth trying, the most useful first."""

    @abstractmethod
    def fit(self, rows: pa.Table, target: np.ndarray) -> Any:
        """Learn from training rows (n, target in the output's encoding) and return their matrix (n, d)."""

    def fit_folds(self, rows: pa.Table, target: np.ndarray, folds: Folds) -> Iterator[tuple[Any, Any]]:
        """For each fold the matrices of its fit and of its score rows, learned on its fit rows alone."""
        for fit, score in folds:
            view = copy.deepcopy(self)
            yield view.fit(rows.take(fit), target[fit]), view.transform(rows.take(score))

    @abstractmethod
    def transform(self, rows: pa.Table) -> Any:
        """The matrix (n, d) of rows; values never seen in training have no effect."""

    def transform_values(self, values: Values) -> Any:
        """The same matrix for rows that came as values of JSON; views that need no text for it are quicker here."""
        return self.transform(values.table())

    @abstractmethod
    def save(self, folder: Path) -> None:
        """Write what was learned into `folder` as tensors and JSON; file names begin with the view's name."""

    @classmethod
    @abstractmethod
    def load(cls, folder: Path) -> Self:
        """The view that was saved in `folder`."""


class Input(ABC):
    """One kind of thing that comes in."""

    name: ClassVar[str]

    @abstractmethod
    def describe(self) -> Message:
        """What it is, in a sentence."""

    @abstractmethod
    def columns(self, sample: pa.Table, names: tuple[str, ...]) -> tuple[Column, ...]:
        """The input columns with their kinds, read from a sample of training rows."""

    @abstractmethod
    def show(self, row: dict[str, str | None]) -> str:
        """A row in a line for people, at most about 200 characters."""

    @abstractmethod
    def views(self) -> dict[str, type[View]]:
        """The views that this input offers, by name (imported here, on use)."""

    def view(self, name: str, columns: tuple[Column, ...], **settings: Any) -> View:
        """A fresh view. Raises UsageError when this input has none of that name."""
        offered = self.views()
        if name not in offered:
            raise UsageError(
                say("the input {input} has no view {view}", input=self.name, view=name),
                f"breakeven/inputs/{self.name}.py",
                say("it offers: {views}", views=sorted(offered)),
            )
        return offered[name](columns, **settings)  # type: ignore[call-arg]
