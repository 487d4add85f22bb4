"""Which words have become more or less frequent: shares of texts, a test for each, corrected for their number."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from scipy import stats

from breakeven.core.words import Message, say
from breakeven.monitoring.drift import FEWEST_ROWS, SURE, Compared
from breakeven.records.health import WordShift

MOST_CHARACTERS = 2_000
"""Of a text; what is further back is left out."""
MOST_WORDS = 2_000
"""The words that are in the most texts of both sides together are compared; each costs in the correction."""
FEWEST_TEXTS = 10
"""Of both sides together; rarer words cannot move much."""
SHOWN = 10
PART = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_\u3040-\u30ff\u3400-\u9fff]+")


def words_of(text: str) -> list[str]:
    """Runs of letters and digits, and each Chinese or Japanese character, in lower case; numbers are as long as they
    are (`#3`), so that an order number is no new word."""
    parts = PART.findall(text[:MOST_CHARACTERS].lower())
    return [f"#{len(part)}" if part.isdigit() else part for part in parts]


def grams_of(words: Sequence[str]) -> set[str]:
    """The words of a text, and its pairs of neighbours."""
    return {*words, *(_joined(one, two) for one, two in pairwise(words))}


def _joined(one: str, two: str) -> str:
    return one + two if one >= "\u3040" and two >= "\u3040" else f"{one} {two}"


def compare_words(before: Sequence[Sequence[str]], now: Sequence[Sequence[str]]) -> Compared | None:
    """Texts as words; None when there are too few.

    Of each word the difference of its share of texts, with the chi-squared test of two shares; the p-values of all
    words are corrected by Benjamini and Hochberg (1995). The effect is the largest difference among the sure ones, and
    p the smallest corrected one: that of no word moving at all (Simes 1986).
    """
    n, m = len(before), len(now)
    if min(n, m) < FEWEST_ROWS:
        return None
    counts = [Counter(gram for words in texts for gram in grams_of(words)) for texts in (before, now)]
    common = [(gram, count) for gram, count in (counts[0] + counts[1]).most_common(MOST_WORDS) if count >= FEWEST_TEXTS]
    if not common:
        return None
    grams = [gram for gram, _ in common]
    then, today = (np.array([count[gram] for gram in grams], float) for count in counts)
    p = stats.false_discovery_control(_chances(then, n, today, m))
    difference = today / m - then / n
    order = np.argsort(np.where(p <= SURE, -np.abs(difference), 1.0), kind="stable")[:SHOWN]
    moved = tuple(WordShift(word=grams[k], before=then[k] / n, now=today[k] / m, p=float(p[k]))
                  for k in order if p[k] <= SURE)  # fmt: skip
    effect = abs(moved[0].now - moved[0].before) if moved else 0.0
    shown = moved[:3]
    told = _told([(one.word, one.before) for one in shown]), _told([(one.word, one.now) for one in shown])
    return Compared(effect, float(p.min()), m, *told, words=moved)


def _chances(then: np.ndarray, n: int, today: np.ndarray, m: int) -> np.ndarray:
    """The p-value of each word's two shares being one, by the chi-squared test with Yates' correction."""
    pooled = (then + today) / (n + m)
    off = np.maximum(np.abs(today / m - then / n) - 0.5 * (1 / n + 1 / m), 0)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / n + 1 / m))
    return np.asarray(2 * stats.norm.sf(off / error))


def _told(words: list[tuple[str, float]]) -> Message:
    """Words with their shares of the texts."""
    return say("{words}", words=[f"{word} {share:.0%}" for word, share in words] or ["—"])
