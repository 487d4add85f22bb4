"""The probability of the next byte by the few bytes before it: interpolated modified Kneser-Ney smoothing.

Formulas: S. Chen and J. Goodman, "An empirical study of smoothing techniques for language modeling", 1998, section 3.
An n-gram of up to eight bytes is one 64-bit number, so counting is sorting and looking up is a binary search.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from breakeven.models.rendering import START
from breakeven.store import write_bytes

MOST_ORDER = 8
FILE = "ngrams.safetensors"
BLOCK = 1 << 20
"""Bytes that are scored at once."""


@dataclass(frozen=True)
class Level:
    """All n-grams of one order: `grams` (g,) ascending, what each is worth alone, (count - discount) / total;
    `contexts` (c,) ascending, what each leaves to the shorter n-grams."""

    grams: np.ndarray
    worth: np.ndarray
    contexts: np.ndarray
    left: np.ndarray

    @classmethod
    def of(cls, grams: np.ndarray, counts: np.ndarray) -> Level:
        """Discounts by the numbers of n-grams seen once, twice, three and four times."""
        seen = np.bincount(np.minimum(counts, 5), minlength=6)[1:5].astype(np.float64)
        discounts = _discounts(seen)[np.minimum(counts, 3)]
        contexts, place = np.unique(grams >> np.uint64(8), return_inverse=True)
        totals = np.bincount(place, counts)
        left = np.bincount(place, discounts) / totals
        worth = (counts - discounts) / totals[place]
        return cls(grams, worth.astype(np.float32), contexts, left.astype(np.float32))

    def mixed(self, grams: np.ndarray, below: np.ndarray) -> np.ndarray:
        """The probabilities (n,) of the last bytes of `grams`, given those by the next shorter n-grams."""
        worth = _look_up(self.grams, self.worth, grams, 0.0)
        left = _look_up(self.contexts, self.left, grams >> np.uint64(8), 1.0)
        return worth + left * below


def _discounts(seen: np.ndarray) -> np.ndarray:
    """Of n-grams counted 0, 1, 2 and 3 or more times (4,). Too few to tell: half of the count seen once."""
    if not seen[:3].all():
        return np.array([0.0, 0.5, 0.75, 0.75])
    y = seen[0] / (seen[0] + 2 * seen[1])
    found = [i - (i + 1) * y * seen[i] / seen[i - 1] for i in (1, 2, 3)]
    return np.array([0.0, *(min(max(d, 0.05), i - 0.05) for i, d in enumerate(found, 1))])


def _look_up(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray, otherwise: float) -> np.ndarray:
    if not len(keys):
        return np.full(len(wanted), otherwise)
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[place] == wanted, values[place].astype(np.float64), otherwise)


@dataclass(frozen=True)
class ByteNgrams:
    """Levels from the single byte up; the order is their number."""

    levels: tuple[Level, ...]

    @classmethod
    def fit(cls, texts: Iterable[bytes], order: int) -> ByteNgrams:
        """Count the n-grams of rendered texts, each of which begins with START and is a world of its own."""
        data = np.frombuffer(b"".join(texts), np.uint8)
        levels: list[Level] = []
        longer = np.empty(0, np.uint64)
        for length in range(order, 0, -1):
            grams, counts = np.unique(_grams(data, length), return_counts=True)
            if length < order:
                counts = _continuations(grams, counts, longer, length)
            levels.append(Level.of(grams, counts))
            longer = grams
        return cls(tuple(reversed(levels)))

    @property
    def entries(self) -> int:
        return sum(len(level.grams) for level in self.levels)

    def nats(self, texts: list[tuple[bytes, np.ndarray]]) -> np.ndarray:
        """The negative log-likelihood (n,) of the marked bytes of rendered texts."""
        sizes = [len(text) for text, _ in texts]
        data = np.frombuffer(b"".join(text for text, _ in texts), np.uint8)
        row = np.repeat(np.arange(len(texts)), sizes)
        marks = np.concatenate([mark for _, mark in texts]) if texts else np.empty(0, bool)
        starts = np.cumsum([0, *sizes[:-1]])
        nats = np.zeros(len(texts))
        for first in range(0, len(data), BLOCK):
            places = np.arange(first, min(first + BLOCK, len(data)))
            places = places[marks[places]]
            shares = self._shares(data, places, places - starts[row[places]])
            nats += np.bincount(row[places], -np.log(shares), len(texts))
        return nats

    def _shares(self, data: np.ndarray, places: np.ndarray, offset: np.ndarray) -> np.ndarray:
        """The probability of the byte at each place; `offset` is how far its text goes back."""
        shares = np.full(len(places), 1 / 256)
        gram = np.zeros(len(places), np.uint64)
        for back, level in enumerate(self.levels):
            reaches = offset >= back
            byte = data[np.maximum(places - back, 0)].astype(np.uint64)
            gram = gram | (byte << np.uint64(8 * back))
            shares = np.where(reaches, level.mixed(gram, shares), shares)
        return shares

    def next(self, text: bytes) -> np.ndarray:
        """The probabilities (256,) of the byte behind a rendered text."""
        shares = np.full(256, 1 / 256)
        gram = np.arange(256, dtype=np.uint64)
        for back, level in enumerate(self.levels):
            if back:
                if back > len(text):
                    break
                gram = gram | np.uint64(text[-back] << (8 * back))
            shares = level.mixed(gram, shares)
        return shares

    def save(self, folder: Path) -> None:
        from safetensors.numpy import save

        tensors = {}
        for number, level in enumerate(self.levels, 1):
            for name in ("grams", "worth", "contexts", "left"):
                tensors[f"{name}_{number}"] = np.ascontiguousarray(getattr(level, name))
        write_bytes(folder / FILE, save(tensors))

    @classmethod
    def load(cls, folder: Path) -> ByteNgrams:
        from safetensors.numpy import load

        tensors = load((folder / FILE).read_bytes())
        names = ("grams", "worth", "contexts", "left")
        order = len(tensors) // len(names)
        return cls(tuple(Level(*(tensors[f"{name}_{n}"] for name in names)) for n in range(1, order + 1)))


def _grams(data: np.ndarray, length: int) -> np.ndarray:
    """All n-grams of one length that lie within one text and end on something else than its START."""
    size = len(data) - length + 1
    if size <= 0:
        return np.empty(0, np.uint64)
    grams = np.zeros(size, np.uint64)
    inside = np.ones(size, bool)
    for place in range(length):
        byte = data[place : place + size]
        grams = (grams << np.uint64(8)) | byte
        if place:
            inside &= byte != START[0]
    if length == 1:
        inside = data != START[0]
    return grams[inside]


def _continuations(grams: np.ndarray, counts: np.ndarray, longer: np.ndarray, length: int) -> np.ndarray:
    """How many different bytes stand before each n-gram; one at the START has its plain count."""
    tails, before = np.unique(longer & np.uint64((1 << (8 * length)) - 1), return_counts=True)
    found = _look_up(tails, before, grams, 0.0).astype(np.int64)
    begins = (grams >> np.uint64(8 * (length - 1))) == START[0]
    return np.where(begins & (length > 1), counts, np.maximum(found, 1))
