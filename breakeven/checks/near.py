"""Texts that are nearly equal: MinHash signatures, banding, then the exact Jaccard similarity of what they propose.

A text is the set of its overlapping character n-grams: pairs where the writing has no spaces between words
(Chinese, Japanese, Korean), threes elsewhere; case, width, spaces and punctuation do not count. Two sets of
similarity J agree in a MinHash value with probability J (Broder 1997), so that with 9 bands of 4 values a pair at
J = 0.8 is proposed with probability 1 - (1 - 0.8^4)^9 = 0.991, and a pair at J = 0.2 with 0.014.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

THRESHOLD = 0.8
BANDS, BAND_VALUES = 9, 4
VALUES = BANDS * BAND_VALUES
PROMISING = 0.55
"""A proposed pair whose signatures agree less is let go: four standard deviations below the threshold."""
NEIGHBOURS = 4
"""In a bucket each text is compared with so many after it, and with the first, so that work stays linear."""
MOST_CHARS = 2_000
"""Of a longer text only the beginning is looked at."""
MOST_PAIRS = 300_000
BATCH_CHARS = 2_000_000


def near_pairs(texts: pa.ChunkedArray, seed: int = 0, threshold: float = THRESHOLD) -> np.ndarray:
    """Pairs (m, 2) of row numbers, the lower first, ascending, whose similarity is at least `threshold`."""
    signatures, filled = _signatures(texts, seed)
    pairs = _proposed(signatures[filled], seed)
    pairs = filled[pairs[_agreement(signatures, filled[pairs]) >= PROMISING * threshold / THRESHOLD]]
    near: np.ndarray = pairs[_jaccard(texts, pairs) >= threshold]
    return near


# --- n-grams -------------------------------------------------------------------------------------------------


@cache
def _counted() -> np.ndarray:
    """For each code point up to 0xFFFF: is it a letter or a digit? (65536,) bool."""
    return np.array([chr(point).isalnum() for point in range(1 << 16)])


def _code_points(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The letters and digits of all texts one after the other (uint32), and how many each text has."""
    cut = pc.utf8_slice_codeunits(pc.fill_null(texts, ""), 0, MOST_CHARS)
    plain = pc.utf8_lower(pc.utf8_normalize(cut, form="NFKC"))
    lengths = pc.utf8_length(plain).to_numpy(zero_copy_only=False).astype(np.int64)
    points = np.frombuffer("".join(plain.to_pylist()).encode("utf-32-le", "surrogatepass"), np.uint32)
    kept = (points >= 1 << 16) | _counted()[np.minimum(points, (1 << 16) - 1)]
    ends = np.concatenate([[0], np.cumsum(kept)])[np.cumsum(lengths)]
    return points[kept], np.diff(ends, prepend=0)


def _spaceless(points: np.ndarray) -> np.ndarray:
    """Which code points belong to writing without spaces between words."""
    return (points >= 0x2E80) & (points < 0xD7B0) | (points >= 0x20000) & (points < 0x32000)


def ngrams(texts: pa.Array) -> tuple[np.ndarray, np.ndarray]:
    """The hashed n-grams of all texts one after the other (uint32), one for each letter, and their counts."""
    points, counts = _code_points(texts)
    last = np.zeros(len(points) + 2, bool)
    last[np.cumsum(counts[counts > 0]) - 1] = True
    padded = np.concatenate([points, np.zeros(2, np.uint32)])
    second = np.where(last[:-2], 0, padded[1:-1])
    third = np.where(last[:-2] | last[1:-1] | _spaceless(points), 0, padded[2:])
    mixed = points * np.uint32(0x9E3779B1) ^ second * np.uint32(0x85EBCA77) ^ third * np.uint32(0xC2B2AE3D)
    mixed = (mixed ^ mixed >> np.uint32(15)) * np.uint32(0x2C1B3C6D)
    mixed = (mixed ^ mixed >> np.uint32(12)) * np.uint32(0x297A2D39)
    return mixed ^ mixed >> np.uint32(15), counts


def _batches(texts: pa.ChunkedArray) -> Iterator[tuple[int, pa.Array]]:
    """Stretches of about BATCH_CHARS characters, each with the number of its first text."""
    start = 0
    for chunk in texts.chunks:
        rows = max(1, int(BATCH_CHARS * len(chunk) / max(chunk.nbytes, 1)))
        for low in range(0, len(chunk), rows):
            part = chunk.slice(low, rows)
            yield start + low, part
        start += len(chunk)


# --- signatures and candidates -------------------------------------------------------------------------------


def _signatures(texts: pa.ChunkedArray, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """MinHash values (n, VALUES) uint16, and the numbers of the texts that have any n-gram."""
    random = np.random.default_rng(seed)
    factors = random.integers(0, 1 << 32, VALUES, np.uint32) | np.uint32(1)
    shifts = random.integers(0, 1 << 32, VALUES, np.uint32)
    signatures = np.zeros((len(texts), VALUES), np.uint16)
    filled = []
    for start, batch in _batches(texts):
        grams, counts = ngrams(batch)
        rows = start + np.flatnonzero(counts)
        starts = (np.cumsum(counts) - counts)[counts > 0]
        filled.append(rows)
        for place in range(VALUES if len(rows) else 0):
            lowest = np.minimum.reduceat(grams * factors[place] + shifts[place], starts)
            signatures[rows, place] = lowest.astype(np.uint16)  # the low bits: the high ones are all near zero
    return signatures, np.concatenate(filled) if filled else np.zeros(0, np.int64)


def _proposed(signatures: np.ndarray, seed: int) -> np.ndarray:
    """Pairs (m, 2) that agree in all values of some band; at most MOST_PAIRS, drawn at random beyond."""
    bands = np.ascontiguousarray(signatures).view(np.uint64)
    found = [_neighbours(bands[:, band]) for band in range(bands.shape[1])] if len(signatures) else []
    pairs = _distinct(np.concatenate(found)) if found else np.zeros(0, np.int64)
    if len(pairs) > MOST_PAIRS:
        pairs = np.sort(np.random.default_rng(seed).choice(pairs, MOST_PAIRS, replace=False))
    return np.stack([pairs >> 32, pairs & 0xFFFFFFFF], axis=1)


def _neighbours(keys: np.ndarray) -> np.ndarray:
    """Pairs with equal keys, each as one number low << 32 | high: neighbours in a bucket, and all with its first."""
    order = np.argsort(keys, kind="stable")
    ranked = keys[order]
    first = np.flatnonzero(np.concatenate([[True], ranked[1:] != ranked[:-1]]))
    leaders = np.repeat(order[first], np.diff(first, append=len(order)))
    pairs = [leaders << 32 | order]
    for step in range(1, NEIGHBOURS + 1):
        same = ranked[step:] == ranked[:-step]
        pairs.append(order[:-step][same] << 32 | order[step:][same])
    together = np.concatenate(pairs)
    proposed: np.ndarray = together[together >> 32 != together & 0xFFFFFFFF]
    return proposed


def _distinct(values: np.ndarray) -> np.ndarray:
    """The distinct values, ascending. Sorting takes a tenth of the time of numpy's hash table (numpy.unique)."""
    ranked = np.sort(values)
    distinct: np.ndarray = ranked[np.concatenate([[True], ranked[1:] != ranked[:-1]])[: len(ranked)]]
    return distinct


def _agreement(signatures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """The share of equal MinHash values of each pair: an unbiased estimate of its similarity."""
    shares = np.zeros(len(pairs))
    for low in range(0, len(pairs), 100_000):
        part = pairs[low : low + 100_000]
        shares[low : low + 100_000] = (signatures[part[:, 0]] == signatures[part[:, 1]]).mean(axis=1)
    return shares


# --- the exact similarity ------------------------------------------------------------------------------------


def _jaccard(texts: pa.ChunkedArray, pairs: np.ndarray) -> np.ndarray:
    """The Jaccard similarity of the n-gram sets of each pair."""
    similarity = np.zeros(len(pairs))
    step = 20_000
    for low in range(0, len(pairs), step):
        rows, local = np.unique(pairs[low : low + step], return_inverse=True)
        similarity[low : low + step] = _jaccard_of(texts.take(pa.array(rows)), local.reshape(-1, 2))
    return similarity


def _jaccard_of(texts: pa.ChunkedArray, pairs: np.ndarray) -> np.ndarray:
    grams, counts = ngrams(texts.combine_chunks())
    keys = _distinct(np.repeat(np.arange(len(counts)), counts) << 32 | grams.astype(np.int64))
    sizes = np.bincount(keys >> 32, minlength=len(counts))
    starts = np.cumsum(sizes) - sizes
    left, right = pairs[:, 0], pairs[:, 1]
    ends = np.cumsum(sizes[left])
    places = np.arange(ends[-1]) + np.repeat(starts[left] - (ends - sizes[left]), sizes[left])
    wanted = np.repeat(right, sizes[left]) << 32 | keys[places] & 0xFFFFFFFF
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    shared = np.add.reduceat((keys[at] == wanted).astype(np.int64), ends - sizes[left])
    similarity: np.ndarray = shared / (sizes[left] + sizes[right] - shared)
    return similarity
