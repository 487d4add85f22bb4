"""Rows of a table as vectors for models that weigh and add.

| kind of column | becomes |
|---|---|
| number, part of a date | its value scaled to spread 1 and cut at 5; its place between knots; a mark where missing |
| category | a column a level; an unseen or missing one is none of them |
| text | TF-IDF of words and characters beside its size, see `text_vectors.py` |

The knots are quantiles of the rows and of the distinct values (where most rows hold a zero, the latter). A value
between two knots is shared by both, the nearer one has more of it, so that weights on them draw any bent line, as
generalised additive models do.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import pyarrow as pa

from breakeven.inputs.frame import Frame
from breakeven.inputs.input import View
from breakeven.inputs.text_vectors import TextVectors
from breakeven.inputs.values import Values
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    from scipy import sparse

KNOTS = 16
FARTHEST = 5.0
TEXT_COLUMNS = 100_000
"""The most n-grams of free text beside other columns."""

Cells = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Row, column and value of the entries of a matrix."""


class RowVectors(View):
    """A CSR matrix (n, d) float32, built on the frame that trees read."""

    name: ClassVar[str] = "vectors"

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.frame = Frame(columns)
        texts = tuple(column for column in columns if column.kind == "text")
        self.text = TextVectors(texts, most=TEXT_COLUMNS) if texts else None
        self.features: list[Levels | Scale] = []

    def fit(self, rows: pa.Table, target: np.ndarray) -> sparse.csr_matrix:
        """Learn levels, scales and knots; the target is not looked at."""
        frame = self.frame.fit(rows, target)
        categorical = set(self.frame.categorical)
        self.features = [
            Levels.learn(frame[:, place]) if place in categorical else Scale.learn(frame[:, place])
            for place in range(frame.shape[1])
        ]
        texts = self.text.fit(rows, target) if self.text else None
        return self._joined(frame, texts)

    def transform(self, rows: pa.Table) -> sparse.csr_matrix:
        return self._joined(self.frame.transform(rows), self.text.transform(rows) if self.text else None)

    def transform_values(self, values: Values) -> sparse.csr_matrix:
        texts = self.text.transform(values.table()) if self.text else None
        return self._joined(self.frame.transform_values(values), texts)

    def save(self, folder: Path) -> None:
        self.frame.save(folder)
        if self.text:
            self.text.save(folder)
        learned = [feature.learned() for feature in self.features]
        (folder / "vectors_row.json").write_text(json.dumps(learned), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        view = cls(())
        view.frame = Frame.load(folder)
        view.text = TextVectors.load(folder) if (folder / "vectors.json").exists() else None
        learned = json.loads((folder / "vectors_row.json").read_text(encoding="utf-8"))
        view.features = [Levels(**one) if "levels" in one else Scale(**one) for one in learned]
        return view

    def _joined(self, frame: np.ndarray, texts: sparse.csr_matrix | None) -> sparse.csr_matrix:
        from scipy import sparse  # late: a process that answers with trees does without

        parts: list[Cells] = []
        start = 0
        for place, feature in enumerate(self.features):
            rows, columns, values = feature.cells(frame[:, place])
            parts.append((rows, columns + start, values))
            start += feature.width
        rows, columns, values = (np.concatenate(each) for each in zip(*parts, strict=True))
        matrix = sparse.csr_matrix((values.astype(np.float32), (rows, columns)), shape=(len(frame), start))
        return matrix if texts is None else sparse.hstack([matrix, texts], "csr")


class Levels:
    """A category: a column a level."""

    def __init__(self, levels: int) -> None:
        self.width = levels

    @classmethod
    def learn(cls, codes: np.ndarray) -> Levels:
        return cls(int(np.nanmax(codes, initial=-1)) + 1)

    def learned(self) -> dict[str, object]:
        return {"levels": self.width}

    def cells(self, codes: np.ndarray) -> Cells:
        known = np.flatnonzero(codes < self.width)
        return known, codes[known].astype(np.int64), np.ones(len(known))


class Scale:
    """A number: missing, scaled value, and its places between the knots."""

    def __init__(self, mean: float, spread: float, knots: list[float]) -> None:
        self.mean, self.spread = mean, spread
        self.knots = np.array(knots)
        self.width = 2 + len(knots)

    @classmethod
    def learn(cls, values: np.ndarray) -> Scale:
        known = values[np.isfinite(values)]
        if not len(known):
            return cls(0.0, 1.0, [])
        low, high = np.quantile(known, (0.001, 0.999))
        calm = np.clip(known, low, high)  # one wild value must not set the scale
        shares = np.linspace(0, 1, KNOTS)
        knots = np.unique([np.quantile(known, shares), np.quantile(np.unique(known), shares)])
        return cls(float(calm.mean()), float(calm.std()) or 1.0, knots.tolist() if len(knots) > 2 else [])

    def learned(self) -> dict[str, object]:
        return {"mean": self.mean, "spread": self.spread, "knots": self.knots.tolist()}

    def cells(self, values: np.ndarray) -> Cells:
        missing = np.flatnonzero(~np.isfinite(values))
        known = np.flatnonzero(np.isfinite(values))
        scaled = np.clip((values[known] - self.mean) / self.spread, -FARTHEST, FARTHEST)
        rows, columns = [missing, known], [np.zeros(len(missing), np.int64), np.ones(len(known), np.int64)]
        parts = [np.ones(len(missing)), scaled]
        if len(self.knots):
            left, share = self._between(values[known])
            rows += [known, known]
            columns += [left + 2, left + 3]
            parts += [1 - share, share]
        return np.concatenate(rows), np.concatenate(columns), np.concatenate(parts)

    def _between(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The knot on the left of each value and how much of the value belongs to the knot on the right."""
        left = np.clip(np.searchsorted(self.knots, values, "right") - 1, 0, len(self.knots) - 2)
        share = (values - self.knots[left]) / (self.knots[left + 1] - self.knots[left])
        return left, np.clip(share, 0, 1)
