"""Rows packed into one long run of tokens, and the windows of it that a batch holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from breakeven.models.nn.gpt import NOT_SCORED
from breakeven.models.nn.loop import Batch

Encoded = tuple[np.ndarray, np.ndarray]
"""Token numbers (n,) of a row, and which of them are scored."""


@dataclass(frozen=True)
class Packed:
    """Rows one after the other: token numbers (n,) int32 and which are scored (n,)."""

    ids: np.ndarray
    marks: np.ndarray

    @classmethod
    def of(cls, rows: Sequence[Encoded], seed: int) -> Packed:
        """The rows in an order drawn by the seed."""
        order = np.random.default_rng(seed).permutation(len(rows))
        return cls(np.concatenate([rows[row][0] for row in order]), np.concatenate([rows[row][1] for row in order]))

    def __len__(self) -> int:
        return len(self.ids)

    def windows(self, starts: np.ndarray, length: int) -> Batch:
        """Windows of `length` tokens as `ids`, and as `targets` the tokens one further; NOT_SCORED where none counts.
        The run is taken as a ring."""
        places = (starts[:, None] + np.arange(length + 1)) % len(self)
        ids = self.ids[places].astype(np.int64)
        targets = np.where(self.marks[places[:, 1:]], ids[:, 1:], NOT_SCORED)
        tensors = {"ids": torch.from_numpy(ids[:, :-1].copy()), "targets": torch.from_numpy(targets)}
        return Batch(tensors, targets.size)


@dataclass(frozen=True)
class PackedBatches:
    """The batch of a number: windows that begin at places drawn by (seed, number), a row of equal strides apart so that
    each batch sees all parts of the text. `share` is (which, of how many) for processes that split a batch."""

    packed: Packed
    rows: int
    length: int
    seed: int
    share: tuple[int, int] = (0, 1)

    def __call__(self, number: int) -> Batch:
        random = np.random.default_rng((self.seed, number))
        stride = len(self.packed) / self.rows
        starts = (random.integers(0, len(self.packed)) + (np.arange(self.rows) * stride)).astype(np.int64)
        which, many = self.share
        return self.packed.windows(starts[which::many] % len(self.packed), self.length)
