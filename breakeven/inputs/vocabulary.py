"""Which hashes are known, and the column of each: an open-addressing hash table that is asked for millions at once.

Sorted keys with `numpy.searchsorted` take about 17 steps a key; here nearly every key is settled by one look.
"""

from __future__ import annotations

from typing import Self

import numpy as np

EMPTY = np.int32(-1)


class Vocabulary:
    """The columns 0 … V - 1 of V distinct hashes (uint64, the lower 24 bits 0), in their order."""

    def __init__(self, hashes: np.ndarray) -> None:
        self.hashes = np.ascontiguousarray(hashes, np.uint64)
        bits = max(4, int(len(hashes) * 3).bit_length())
        self._shift = np.uint64(64 - bits)
        self._mask = np.int64((1 << bits) - 1)
        self._columns = np.full(1 << bits, EMPTY)
        self._keys = np.zeros(1 << bits, np.uint64)
        self._fill()

    def __len__(self) -> int:
        return len(self.hashes)

    def find(self, hashes: np.ndarray) -> np.ndarray:
        """The column of each hash (m,) int32, -1 where it is not known."""
        slots = self._slots(hashes)
        found = self._columns[slots]
        wrong = (self._keys[slots] != hashes) & (found >= 0)
        asked = np.flatnonzero(wrong)
        while len(asked):
            slots = (slots[wrong] + 1) & self._mask
            columns = self._columns[slots]
            found[asked] = columns
            wrong = (self._keys[slots] != hashes[asked]) & (columns >= 0)
            asked = asked[wrong]
        return found

    def packed(self) -> np.ndarray:
        """The hashes in five bytes each (V, 5) uint8."""
        return self.hashes.astype("<u8").view(np.uint8).reshape(-1, 8)[:, 3:]

    @classmethod
    def unpacked(cls, packed: np.ndarray) -> Self:
        """The vocabulary that was packed."""
        whole = np.zeros((len(packed), 8), np.uint8)
        whole[:, 3:] = packed
        return cls(whole.view("<u8").reshape(-1).astype(np.uint64))

    def _slots(self, hashes: np.ndarray) -> np.ndarray:
        """Where each hash is looked for first: its upper bits."""
        return (hashes >> self._shift).astype(np.int64)

    def _fill(self) -> None:
        """All keys to their slots; of those that meet in one, the first stays and the others move on together."""
        waiting = np.arange(len(self.hashes), dtype=np.int32)
        slots = self._slots(self.hashes)
        while len(waiting):
            free = self._columns[slots] == EMPTY
            self._columns[slots[free][::-1]] = waiting[free][::-1]
            self._keys[slots[free][::-1]] = self.hashes[waiting[free]][::-1]
            left = self._columns[slots] != waiting
            waiting, slots = waiting[left], (slots[left] + 1) & self._mask
