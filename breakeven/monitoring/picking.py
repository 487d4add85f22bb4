"""Which rows to label next: of each answer those that the model is unsure of, far apart, and a share drawn by chance.

    unsure   each answer gets as many rows as its share of the traffic; of its least confident rows (four times as
             many) one after another the row that is farthest from all picked so far (k-center greedy: Gonzalez 1985;
             Sener and Savarese 2018 for labels), weighted by how unsure it is
    random   the given share, drawn evenly from all rows: an estimate of accuracy from these alone is unbiased

Unsure rows alone are hard, odd and rare, and a model that learns from them forgets how often the easy ones come: on
trec6 they were far worse than chance (docs/loop.md). The shares of the answers and a half by chance hold against it.
Texts are compared by the cosine of hashed words and three-character groups, other cells as words: no model is loaded.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from scipy import sparse

CANDIDATES = 4
"""For each row that is wanted, so many of the least sure are looked at."""
MOST_CANDIDATES = 4_000
WIDTH = 1 << 18
Inputs = Mapping[str, str | None]


def pick(inputs: Sequence[Inputs], confidence: np.ndarray, answers: Sequence[str], wanted: int, random_share: float,
         seed: int) -> np.ndarray:  # fmt: skip
    """Places of the rows to label, the random ones last: (k,) of n rows; `confidence` (n,) between 0 and 1.

    The number of random ones is `random_count(wanted, random_share)`, of fewer rows in all fewer.
    """
    rows, chance = len(inputs), np.random.default_rng(seed)
    wanted = min(wanted, rows)
    drawn = chance.choice(rows, random_count(wanted, random_share), replace=False)
    left = np.setdiff1d(np.arange(rows), drawn)
    _, answer, counts = np.unique(np.asarray(answers, object)[left].astype(str), return_inverse=True,
                                  return_counts=True)  # fmt: skip
    picked = [
        _unsure([inputs[place] for place in here], confidence[here], here, quota)
        for number, quota in enumerate(quotas(counts, wanted - len(drawn))) if quota
        for here in (left[answer == number],)
    ]  # fmt: skip
    return np.concatenate([*picked, drawn]).astype(int)


def quotas(counts: np.ndarray, wanted: int) -> list[int]:
    """How many of `wanted` each gets, by its count: whole numbers, the largest remainders rounded up."""
    exact = counts / max(1, counts.sum()) * wanted
    given = np.floor(exact).astype(int)
    given[np.argsort(given - exact, kind="stable")[: wanted - given.sum()]] += 1
    return [int(number) for number in given]


def _unsure(inputs: Sequence[Inputs], confidence: np.ndarray, places: np.ndarray, wanted: int) -> np.ndarray:
    """The places of the rows that are unsure and far apart: (wanted,) of n."""
    near = np.argsort(confidence, kind="stable")[: min(MOST_CANDIDATES, CANDIDATES * wanted)]
    chosen = spread_out(vectors([inputs[row] for row in near]), 1.0 - confidence[near], wanted)
    return places[near[chosen]]


def random_count(wanted: int, share: float) -> int:
    return round(wanted * share)


def spread_out(points: sparse.csr_matrix, worth: np.ndarray, wanted: int) -> np.ndarray:
    """Places (wanted,) of rows of `points` (n, d; of length 1) by k-center greedy.

    The next is the one whose distance to the nearest picked one, times its worth, is the largest; the first is the one
    of the largest worth.
    """
    picked: list[int] = []
    distance = np.ones(points.shape[0])
    while len(picked) < min(wanted, points.shape[0]):
        place = int(np.argmax(np.where(np.isin(np.arange(len(distance)), picked), -1.0, distance * worth)))
        picked.append(place)
        likeness = np.asarray((points @ points[place].T).todense()).ravel()
        distance = np.minimum(distance, 1.0 - likeness)
    return np.array(picked, int)


def vectors(inputs: Sequence[Inputs]) -> sparse.csr_matrix:
    """Rows (n, WIDTH) of length 1; what is said twice counts once."""
    indices, starts = [], [0]
    for row in inputs:
        indices += sorted({zlib.crc32(part.encode()) % WIDTH for part in _parts(row)} or {0})
        starts.append(len(indices))
    found = sparse.csr_matrix((np.ones(len(indices)), indices, starts), shape=(len(inputs), WIDTH))
    lengths = np.sqrt(np.asarray(found.sum(axis=1)).ravel())
    return sparse.csr_matrix(sparse.diags(1.0 / np.maximum(lengths, 1e-9)) @ found)


def _parts(row: Inputs) -> Iterator[str]:
    """Words and groups of three characters of every cell."""
    for name, cell in row.items():
        text = (cell or "").lower()
        yield from (f"{name}:{word}" for word in text.split())
        yield from (f"{name}#{text[place : place + 3]}" for place in range(max(0, len(text) - 2)))
