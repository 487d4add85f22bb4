"""Rows as plain texts, for models that bring a tokenizer of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from breakeven.inputs.input import View
from breakeven.records.dataset import Column


class Texts(View):
    """A list of n strings: the cells of all columns of a row, joined by line breaks; an empty row is an empty one.

    With `pair` the two cells of a row stay apart, as (first, second), for tokenizers that read pairs.
    """

    name: ClassVar[str] = "texts"

    def __init__(self, columns: tuple[Column, ...], pair: bool = False) -> None:
        self.columns = tuple(column.name for column in columns)
        self.pair = pair

    def fit(self, rows: pa.Table, target: np.ndarray) -> list[Any]:
        return self.transform(rows)

    def transform(self, rows: pa.Table) -> list[Any]:
        if self.pair:
            first, second = (rows.column(name).to_pylist() for name in self.columns)
            return [(left or "", right or "") for left, right in zip(first, second, strict=True)]
        return [text or "" for text in joined_cells(rows, self.columns)]

    def save(self, folder: Path) -> None:
        learned = {"columns": self.columns, "pair": self.pair}
        (folder / "texts.json").write_text(json.dumps(learned, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        view = cls(())
        learned = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
        view.columns, view.pair = tuple(learned["columns"]), learned.get("pair", False)
        return view


def joined_cells(rows: pa.Table, columns: Sequence[str]) -> list[str | None]:
    """The text of each row: its cells that are not empty, joined by line breaks."""
    cells = [rows.column(name).to_pylist() for name in columns]
    if len(cells) == 1:
        return cells[0]
    return ["\n".join(cell for cell in row if cell) for row in zip(*cells, strict=True)]
