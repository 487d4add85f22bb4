"""Texts as TF-IDF vectors of hashed n-grams.

Columns fall into blocks (single words, word groups, characters …). A value is (1 + ln count) * idf with
idf = ln((1 + texts) / (1 + texts that hold it)) + 1, and each block of a row is scaled to length 1, so that the many
characters do not drown the few words.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
import pyarrow as pa
from safetensors.numpy import load_file, save_file

from breakeven.inputs.input import Folds, View
from breakeven.inputs.ngrams import Grams, Units, leading, ngrams, read_units
from breakeven.inputs.overlap import KIND, overlap_grams, paired_cells
from breakeven.inputs.texts import joined_cells
from breakeven.inputs.vocabulary import Vocabulary
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    from scipy import sparse

Blocks = tuple[tuple[str, ...], ...]

PLAIN: Blocks = (
    ("word 1", "word 2"),
    ("character 2", "character 3", "character 4"),
)
PLACES: Blocks = (
    ("word 1", "leading 3"),
    ("word 2", "word 3", "skip 2"),
    ("character 2", "character 3", "character 4", "character 5"),
)
PAIRS: Blocks = (
    ("word 1", "word 2", "skip 2"),
    ("character 2", "character 3", "character 4", "character 5"),
)
"""Kinds of n-grams by block. `leading 3`: the first three words with their places; `skip 2`: word pairs over a gap; a
block `overlap` is added where there are two texts."""

BATCH_CHARACTERS = 500_000
LEARN_CHARACTERS = 8_000_000
"""So much text, spread evenly over the rows, is enough to learn the vocabulary from."""
MOST_COLUMNS = 1_500_000
MOST_WEIGHTS = 40_000_000
"""Columns times classes; many classes leave fewer columns."""


class TextVectors(View):
    """A CSR matrix (n, columns) float32 of the cells of all columns of a row, joined by line breaks.

    Two columns have one more block: how much they have in common (`overlap.py`).
    """

    name: ClassVar[str] = "vectors"
    variants: ClassVar[tuple[dict[str, Any], ...]] = ({"blocks": PLAIN}, {"blocks": PLACES}, {"blocks": PAIRS})

    def __init__(self, columns: tuple[Column, ...], blocks: Blocks = PLAIN, most: int = MOST_COLUMNS) -> None:
        self.columns = tuple(column.name for column in columns)
        self.blocks, self.most = (*blocks, (KIND,)) if len(columns) == 2 else blocks, most
        self.vocabulary = Vocabulary(np.zeros(0, np.uint64))
        self.block_of = np.zeros(0, np.uint8)
        self.having = np.zeros(0, np.uint16)
        self.texts = 0
        self.idf = np.zeros(0, np.float32)

    def fit(self, rows: pa.Table, target: np.ndarray) -> sparse.csr_matrix:
        """Learn vocabulary and idf; of the target only the number of classes is looked at."""
        counts = self._learn(rows, target)
        self.having, self.texts = _having(counts), counts.shape[0]
        self.idf = _idf(self.having, self.texts)
        return self._weigh(counts, self.idf)

    def fit_folds(self, rows: pa.Table, target: np.ndarray, folds: Folds) -> Iterator[tuple[Any, Any]]:
        """As the contract says; the n-grams are counted once, and each fold knows those of its own rows only."""
        counts = self._learn(rows, target)
        for fit, score in folds:
            mine = counts[fit]
            idf = _idf(_having(mine), mine.shape[0])
            yield self._weigh(mine, idf), self._weigh(counts[score], idf)

    def transform(self, rows: pa.Table) -> sparse.csr_matrix:
        return self._weigh(self._count(self._texts(rows)), self.idf)

    def keep(self, columns: np.ndarray) -> None:
        """Forget all columns but these (ascending); the values of the others do not change by more than their scale."""
        self.vocabulary = Vocabulary(self.vocabulary.hashes[columns])
        self.block_of, self.having, self.idf = self.block_of[columns], self.having[columns], self.idf[columns]

    def save(self, folder: Path) -> None:
        tensors = {"hashes": np.ascontiguousarray(self.vocabulary.packed()), "having": self.having}
        save_file(tensors, folder / "vectors.safetensors")
        sizes = np.bincount(self.block_of, minlength=len(self.blocks)).tolist()
        learned = {"columns": self.columns, "blocks": self.blocks, "sizes": sizes, "texts": self.texts}
        (folder / "vectors.json").write_text(json.dumps(learned, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        learned = json.loads((folder / "vectors.json").read_text(encoding="utf-8"))
        view = cls((), tuple(tuple(kinds) for kinds in learned["blocks"]))
        view.columns = tuple(learned["columns"])
        tensors = load_file(folder / "vectors.safetensors")
        view.vocabulary = Vocabulary.unpacked(tensors["hashes"])
        view.block_of = np.repeat(np.arange(len(view.blocks), dtype=np.uint8), learned["sizes"])
        view.having, view.texts = tensors["having"], learned["texts"]
        view.idf = _idf(view.having, view.texts)
        return view

    # --- learning

    def _learn(self, rows: pa.Table, target: np.ndarray) -> sparse.csr_matrix:
        """Choose the vocabulary; the counts of its n-grams in all rows."""
        classes = int(target.max(initial=0)) + 1 if target.dtype.kind == "i" else 1
        most = min(self.most, MOST_WEIGHTS // classes)
        texts = self._texts(rows)
        sample = _spread(texts, LEARN_CHARACTERS)
        found: list[list[np.ndarray]] = [[] for _ in self.blocks]
        for batch in _batches(sample):
            for seen, block in zip(found, self._grams(batch), strict=True):
                seen.extend(grams[0] for grams in block)
        hashes, self.block_of = _choose([np.concatenate(block) for block in found], most)
        self.vocabulary = Vocabulary(hashes)
        return self._count(texts)

    def _texts(self, rows: pa.Table) -> list[str | None]:
        overlap = any(KIND in kinds for kinds in self.blocks)
        return paired_cells(rows, self.columns) if overlap else joined_cells(rows, self.columns)

    def _grams(self, texts: Sequence[str | None]) -> list[list[Grams]]:
        """The n-grams of a batch, by block."""
        characters, words = read_units(texts)
        return [
            [overlap_grams(texts) if kind == KIND else _grams_of(kind, characters, words) for kind in block]
            for block in self.blocks
        ]

    # --- vectors

    def _count(self, texts: Sequence[str | None]) -> sparse.csr_matrix:
        """How often each known n-gram is in each text (n, columns)."""
        from scipy import sparse  # late: a process that answers with trees does without

        parts = [self._count_batch(batch) for batch in _batches(texts)]
        return sparse.vstack(parts, "csr") if len(parts) > 1 else parts[0]

    def _count_batch(self, texts: Sequence[str | None]) -> sparse.csr_matrix:
        grams = [grams for block in self._grams(texts) for grams in block]
        columns = self.vocabulary.find(np.concatenate([hashes for hashes, _ in grams]))
        rows = np.concatenate([rows for _, rows in grams])
        known = columns >= 0
        return _counted(rows[known], columns[known], (len(texts), len(self.vocabulary)))

    def _weigh(self, counts: sparse.csr_matrix, idf: np.ndarray) -> sparse.csr_matrix:
        """Counts as TF-IDF, each block of a row of length 1."""
        from scipy import sparse  # late: a process that answers with trees does without

        values = (1 + np.log(counts.data)) * idf[counts.indices]
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        places = rows * len(self.blocks) + self.block_of[counts.indices]
        lengths = np.sqrt(np.bincount(places, values.astype(np.float64) ** 2, minlength=1))
        values /= np.maximum(lengths, 1e-12)[places].astype(np.float32)
        return sparse.csr_matrix((values, counts.indices, counts.indptr), shape=counts.shape)


def _grams_of(kind: str, characters: Units, words: Units) -> Grams:
    """The n-grams that a name such as `word 2` asks for."""
    name, _, number = kind.partition(" ")
    match name:
        case "word":
            return ngrams(words, int(number))
        case "skip":
            return ngrams(words, int(number), gap=1)
        case "leading":
            return leading(words, int(number))
        case "character":
            return ngrams(characters, int(number))
    raise ValueError(f"no n-grams are named {kind!r}")


def _spread(texts: list[str | None], characters: int) -> list[str | None]:
    """Every text, or every k-th, so that they hold about so many characters at most."""
    total = sum(len(text) for text in texts if text)
    return texts[:: max(1, -(-total // characters))]


def _batches(texts: Sequence[str | None]) -> Iterator[Sequence[str | None]]:
    """Stretches of texts of about BATCH_CHARACTERS; at least one, if an empty one."""
    if len(texts) <= 64:
        yield texts
        return
    sizes = np.cumsum([len(text) + 1 if text else 1 for text in texts])
    begun = 0
    while begun < len(texts):
        before = sizes[begun - 1] if begun else 0
        ended = max(begun + 1, int(np.searchsorted(sizes, before + BATCH_CHARACTERS, "right")))
        yield texts[begun:ended]
        begun = ended


def _choose(blocks: list[np.ndarray], most: int) -> tuple[np.ndarray, np.ndarray]:
    """At most so many distinct hashes, the most frequent ones, block after block; and the block of each (uint8)."""
    counted = [np.unique(hashes, return_counts=True) for hashes in blocks]
    hashes = np.concatenate([hashes for hashes, _ in counted])
    counts = np.concatenate([count for _, count in counted])
    block_of = np.repeat(np.arange(len(counted), dtype=np.uint8), [len(each) for each, _ in counted])
    if len(hashes) > most:  # among equally frequent ones the order of their hashes is as good as a lot
        kept = np.sort(np.lexsort((hashes, -counts))[:most])
        hashes, block_of = hashes[kept], block_of[kept]
    return hashes, block_of


def _counted(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> sparse.csr_matrix:
    """Occurrences as counts; the columns of a row stand in ascending order."""
    from scipy import sparse  # late: a process that answers with trees does without

    ones = np.ones(len(rows), np.float32)
    counts = sparse.csr_matrix((ones, (rows, columns)), shape=shape)
    counts.sum_duplicates()
    return counts


def _having(counts: sparse.csr_matrix) -> np.ndarray:
    """How many rows have each column (uint16, what is more counts as 65,535)."""
    return np.minimum(np.bincount(counts.indices, minlength=counts.shape[1]), 65_535).astype(np.uint16)


def _idf(having: np.ndarray, texts: int) -> np.ndarray:
    """ln((1 + n) / (1 + df)) + 1 by column (float32); 0 for a column that no row has."""
    idf = np.log((1 + texts) / (1 + having.astype(np.float64))) + 1
    return np.where(having > 0, idf, 0).astype(np.float32)
