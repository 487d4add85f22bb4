"""A number for each row that is equal for equal rows: how exact duplicates are found without comparing texts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""2^64 divided by the golden ratio, made odd (Fibonacci hashing)."""


def row_keys(table: pa.Table, columns: Sequence[str]) -> np.ndarray:
    """Keys (n,) uint64 over the cells of `columns`; an empty cell equals an empty cell only.

    Valid within this process: equal rows have equal keys, and two of a million different rows share one with a
    probability of 3e-8. One batch of cells is held as Python texts at a time.
    """
    keys = np.zeros(table.num_rows, np.uint64)
    for column in columns:
        start = 0
        for chunk in table[column].chunks:
            part = slice(start, start + len(chunk))
            keys[part] = (keys[part] ^ cell_keys(chunk)) * MULTIPLIER
            keys[part] ^= keys[part] >> np.uint64(29)
            start += len(chunk)
    return keys


def cell_keys(cells: pa.Array) -> np.ndarray:
    """Keys (n,) uint64 of single cells; those of empty cells are zero."""
    coded = cells.dictionary_encode()
    values = coded.dictionary.to_pylist()
    hashes = np.fromiter((hash(value) & 0xFFFFFFFFFFFFFFFF for value in values), np.uint64, len(values))
    codes: np.ndarray = coded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)
    keys: np.ndarray = np.append(hashes, np.uint64(0))[codes]
    return keys
