"""Whether inputs of then and now can be told apart at all: a test in the space of all their features together.

The classifier two-sample test (Lopez-Paz and Oquab 2017; as a test of drift: Rabanser, Günnemann and Lipton 2019). A
linear classifier is taught on half of the rows of both sides to tell them apart. On the other half its score is
a number like any other, and is compared like one: the Kolmogorov-Smirnov distance is the share of rows that are surely
elsewhere (it lies below the total variation distance of the inputs themselves), and its p-value holds without any
permutation, because the classifier has not seen these rows.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import sparse, stats
from scipy.sparse.linalg import lsqr

from breakeven.core.words import say
from breakeven.inputs.ngrams import ngrams, read_units
from breakeven.monitoring.columns import Cells, numbers_of
from breakeven.monitoring.drift import FEWEST_ROWS, Compared
from breakeven.monitoring.words import MOST_CHARACTERS
from breakeven.records.dataset import Column

BUCKETS = 1 << 16
"""N-grams are hashed into so many columns."""
MOST_ROWS = 3_000
"""Of each side; half of them teach."""
MOST_PRODUCTS = 20
"""Of so many columns of numbers all products of two are features: what moves together shows in them."""
DAMP = 1.0
STEPS = 40
"""Least squares with damping, stopped early: the classifier need not be the best, only honest."""


def compare_inputs(columns: Sequence[Column], before: Mapping[str, Cells], now: Mapping[str, Cells],
                   seed: int = 0) -> Compared | None:  # fmt: skip
    """All columns together, n and m rows; None when there are too few of either."""
    chance = np.random.default_rng(seed)
    sizes = [len(side[columns[0].name]) for side in (before, now)]
    if min(sizes) < 2 * FEWEST_ROWS:
        return None
    places = [chance.permutation(size)[:MOST_ROWS] for size in sizes]
    cells = {column.name: [side[column.name][place] for side, chosen in zip((before, now), places, strict=True)
                           for place in chosen] for column in columns}  # fmt: skip
    label = np.repeat([-1.0, 1.0], [len(chosen) for chosen in places])
    taught = _half(columns, cells)
    if min(np.bincount(taught[label < 0], minlength=2).min(), np.bincount(taught[label > 0], minlength=2).min()) < (
        FEWEST_ROWS
    ):
        return None
    score = _scores(_features(columns, cells, taught), label, taught)
    then, today = score[~taught & (label < 0)], score[~taught & (label > 0)]
    test = stats.ks_2samp(then, today, method="asymp")
    auc = float(stats.mannwhitneyu(today, then).statistic) / (len(then) * len(today))
    chance_level, found = (say("a pair is told apart in {share} of the cases", share=share) for share in (0.5, auc))
    return Compared(float(test.statistic), float(test.pvalue), len(today), chance_level, found)


def _half(columns: Sequence[Column], cells: Mapping[str, Cells]) -> np.ndarray:
    """Half of the rows by what is in them (n,) bool: rows that are asked again and again are all in one half, or the
    classifier would know on the other what it has learned by heart."""
    rows = zip(*(cells[column.name] for column in columns), strict=True)
    return np.array([zlib.crc32(repr(row).encode("utf-8", "replace")) & 1 for row in rows], bool)


def _scores(features: sparse.csr_matrix, label: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """The score of a linear classifier that was taught on some of the rows, for every row (n,)."""
    target = label[taught]
    weight = np.where(target > 0, 1 / (target > 0).sum(), 1 / (target < 0).sum()) ** 0.5
    weight /= weight.mean()
    rows = sparse.diags(weight) @ features[taught]
    return np.asarray(features @ lsqr(rows, target * weight, damp=DAMP, iter_lim=STEPS)[0])


def _features(columns: Sequence[Column], cells: Mapping[str, Cells], taught: np.ndarray) -> sparse.csr_matrix:
    """Every row as numbers of about the same size (n, d): blocks of texts, categories and numbers."""
    blocks = [_constant(len(taught))]
    numbers = [numbers_of(cells[column.name]) for column in columns if column.kind == "number"]
    if numbers:
        blocks.append(sparse.csr_matrix(_number_block(np.stack(numbers, axis=1), taught)))
    for column in columns:
        if column.kind == "text":
            blocks.append(_text_block([cell or "" for cell in cells[column.name]]))
        elif column.kind == "category":
            blocks.append(_level_block(cells[column.name]))
    return sparse.hstack(blocks, "csr")


def _constant(rows: int) -> sparse.csr_matrix:
    return sparse.csr_matrix(np.ones((rows, 1)))


def _number_block(numbers: np.ndarray, taught: np.ndarray) -> np.ndarray:
    """Normal scores by the ranks of the taught rows, their squares and products, and what is missing (n, d)."""
    missing = np.isnan(numbers)
    scores = np.zeros_like(numbers)
    for place in range(numbers.shape[1]):
        known = np.sort(numbers[taught & ~missing[:, place], place])
        there = ~missing[:, place]
        if len(known):
            middle = (np.searchsorted(known, numbers[there, place], "left")
                      + np.searchsorted(known, numbers[there, place], "right") + 1) / 2  # fmt: skip
            scores[there, place] = stats.norm.ppf(np.clip(middle / (len(known) + 1), 1e-4, 1 - 1e-4))
    few = scores[:, :MOST_PRODUCTS]
    left, right = np.triu_indices(few.shape[1])
    return np.concatenate([scores, few[:, left] * few[:, right], missing.astype(float)], axis=1)


def _level_block(cells: Cells) -> sparse.csr_matrix:
    """One column a level (n, levels); the missing one is a level."""
    levels = {level: place for place, level in enumerate(dict.fromkeys(cells))}
    places = [levels[cell] for cell in cells]
    return sparse.csr_matrix((np.ones(len(cells)), (np.arange(len(cells)), places)), (len(cells), len(levels)))


def _text_block(texts: Sequence[str]) -> sparse.csr_matrix:
    """Words, pairs of words and three characters in a row, hashed; every text has length 1 (n, BUCKETS)."""
    characters, words = read_units([text[:MOST_CHARACTERS] for text in texts])
    grams = [ngrams(words, 1), ngrams(words, 2), ngrams(characters, 3)]
    hashes = np.concatenate([one for one, _ in grams])
    rows = np.concatenate([one for _, one in grams])
    columns = (hashes >> np.uint64(24)) % np.uint64(BUCKETS)
    counts = sparse.csr_matrix((np.ones(len(rows)), (rows, columns.astype(np.int64))), (len(texts), BUCKETS))
    counts.sum_duplicates()
    counts.data = 1 + np.log(counts.data)
    lengths = np.sqrt(np.asarray(counts.multiply(counts).sum(axis=1)).ravel())
    return sparse.diags(1 / np.maximum(lengths, 1e-9)) @ counts
