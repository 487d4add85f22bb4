"""Which rows make up which batch: a function of (seed, number of the batch) alone, so any step can be made again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from breakeven.models.nn.padding import padded_arrays

POOL = 40
"""Batches whose rows are sorted by length together: little padding, and still well mixed."""


class LengthBatches:
    """Rows dealt to batches of about equal length; every row once an epoch, in another order each time.

    `lengths` (n,) are the tokens of each row. A batch holds at most `rows` rows and, when `tokens` is given, at most so
    many tokens with padding (but always one row).
    """

    def __init__(self, lengths: Sequence[int] | np.ndarray, rows: int, seed: int, tokens: int | None = None) -> None:
        self.lengths = np.asarray(lengths)
        self.rows, self.seed, self.tokens = rows, seed, tokens
        self.epochs: list[tuple[int, list[np.ndarray]]] = []

    @property
    def per_epoch(self) -> int:
        """Batches of the first epoch; by tokens, later epochs may have one more or fewer."""
        return len(self._epoch(0)[1])

    def __call__(self, number: int) -> np.ndarray:
        """The row numbers of a batch."""
        epoch = len(self.epochs) - 1 if self.epochs and self.epochs[-1][0] <= number else 0
        first, batches = self._epoch(epoch)
        while number >= first + len(batches):
            epoch += 1
            first, batches = self._epoch(epoch)
        return batches[number - first]

    def _epoch(self, epoch: int) -> tuple[int, list[np.ndarray]]:
        """The number of an epoch's first batch, and its batches."""
        while len(self.epochs) <= epoch:
            first = self.epochs[-1][0] + len(self.epochs[-1][1]) if self.epochs else 0
            self.epochs.append((first, self._deal(len(self.epochs))))
        return self.epochs[epoch]

    def _deal(self, epoch: int) -> list[np.ndarray]:
        random = np.random.default_rng((self.seed, epoch))
        order = random.permutation(len(self.lengths))
        pool = self.rows * POOL
        batches = []
        for start in range(0, len(order), pool):
            part = order[start : start + pool]
            batches += self._cut(part[np.argsort(self.lengths[part], kind="stable")])
        return [batches[place] for place in random.permutation(len(batches))]

    def _cut(self, rows: np.ndarray) -> list[np.ndarray]:
        """Rows that are sorted by length, in batches."""
        if self.tokens is None:
            return [rows[start : start + self.rows] for start in range(0, len(rows), self.rows)]
        cuts, begun = [], 0
        for place, row in enumerate(rows):
            count = place - begun + 1
            if count > 1 and (count > self.rows or count * self.lengths[row] > self.tokens):
                cuts.append(place)
                begun = place
        return np.split(rows, cuts)


def sorted_batches(lengths: Sequence[int] | np.ndarray, rows: int) -> list[np.ndarray]:
    """Row numbers in batches by length, the longest first, for answering: memory that suffices once suffices always."""
    order = np.argsort(-np.asarray(lengths), kind="stable")
    return [order[start : start + rows] for start in range(0, len(order), rows)]


def padded(rows: Sequence[Sequence[int]], pad: int = 0, multiple: int = 1) -> tuple[Tensor, Tensor]:
    """Token numbers (n, longest) and which of them are real (n, longest), padded on the right; at least one column."""
    ids, mask = padded_arrays(rows, pad, multiple)
    return torch.from_numpy(ids), torch.from_numpy(mask)


class WindowBatches:
    """Windows of a long row of tokens, for language models: inputs and the tokens one further (rows, length) each."""

    def __init__(self, tokens: np.ndarray, rows: int, length: int, seed: int) -> None:
        self.tokens, self.rows, self.length, self.seed = tokens, rows, min(length, len(tokens) - 1), seed

    def __call__(self, number: int) -> tuple[Tensor, Tensor]:
        random = np.random.default_rng((self.seed, number))
        starts = random.integers(0, len(self.tokens) - self.length, self.rows)
        windows = self.tokens[starts[:, None] + np.arange(self.length + 1)].astype(np.int64)
        return torch.from_numpy(windows[:, :-1]), torch.from_numpy(windows[:, 1:])
