"""chrF: how much of the characters of a text, in runs of one to six, another text has (Popović 2015).

For each length of run, precision is the share of the written text's runs that the true one has, recall the share of the
true text's runs that the written one has; both are averaged over the lengths that occur in both texts, and joined
with recall weighing twice (F2; Popović 2016). White space does not count. Over many texts the counts are added up
first.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

LONGEST, BETA = 6, 2.0
WIDTH = 3 * LONGEST
"""Of the counts of a pair of texts: runs of the written text, of the true one, and those in both, by length."""


def chrf_counts(truth: str, written: str) -> np.ndarray:
    """The counts (WIDTH,) of one pair; where the true text is shorter than a run, the written one counts none."""
    counts = np.zeros((3, LONGEST))
    true_signs, signs = "".join(truth.split()), "".join(written.split())
    for place in range(LONGEST):
        expected, found = _runs(true_signs, place + 1), _runs(signs, place + 1)
        if expected:
            counts[:, place] = found.total(), expected.total(), (found & expected).total()
    return counts.ravel()


def _runs(text: str, length: int) -> Counter[str]:
    return Counter(text[place : place + length] for place in range(len(text) - length + 1))


def chrf(counts: np.ndarray) -> float:
    """The score (0 to 1; published ones are often times 100) of counts (WIDTH,) that may be sums over many pairs."""
    found, expected, both = counts.reshape(3, LONGEST)
    there = (found > 0) & (expected > 0)
    if not there.any():
        return 0.0
    precision = float((both[there] / found[there]).mean())
    recall = float((both[there] / expected[there]).mean())
    below = BETA**2 * precision + recall
    return (1 + BETA**2) * precision * recall / below if below else 0.0
