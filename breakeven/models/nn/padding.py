"""Rows of token numbers as one rectangle, for torch and for onnxruntime alike."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def padded_arrays(rows: Sequence[Sequence[int]], pad: int = 0, multiple: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Token numbers (n, longest) and which of them are real (n, longest), int64, padded on the right.

    There is at least one column; the number of columns is a multiple of `multiple`.
    """
    longest = max([1, *(len(row) for row in rows)])
    width = -(-longest // multiple) * multiple
    ids = np.full((len(rows), width), pad, np.int64)
    mask = np.zeros((len(rows), width), np.int64)
    for place, row in enumerate(rows):
        ids[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return ids, mask
