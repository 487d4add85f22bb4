"""Rows of two texts as vectors: what each of them says, how they differ, and what they share.

The row's vector is u, v, |u - v| and u * v side by side (Conneau et al. 2017; Reimers and Gurevych 2019 leave out the
product). The entries of a product of two vectors of length 1 are small; times the root of their number they are as
large as the others, and a head of about equal weights on them reads off the cosine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from breakeven.records.dataset import Column

Read = Callable[[Sequence[str]], np.ndarray]
"""Texts in, their vectors (n, d) out."""


def are_pairs(columns: Sequence[Column]) -> bool:
    """Whether the texts of a row are read apart: there are two."""
    return len(columns) == 2


def texts_of(rows: Sequence[Any]) -> list[str]:
    """All texts of the rows; of pairs the first ones, then the second ones."""
    if rows and not isinstance(rows[0], str):
        return [first for first, _ in rows] + [second for _, second in rows]
    return list(rows)


def vectors_of(rows: Sequence[Any], pair: bool, read: Read) -> np.ndarray:
    """A vector a row (n, d); of a pair (n, 4 d)."""
    if not pair:
        return read(rows)
    both = read(texts_of(rows))
    return compared(both[: len(rows)], both[len(rows) :])


def compared(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Both vectors (n, d) of each row, their distance in each direction and their product (n, 4 d)."""
    product = first * second * np.float32(np.sqrt(first.shape[1]))
    return np.hstack([first, second, np.abs(first - second), product])
