"""Texts that carry their own answer: a tag at either end, or the label written out as a word."""

from __future__ import annotations

import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.tell import map_error, value_codes

FIRST = r"^[^\p{L}\p{N}_]*(?P<word>[\p{L}\p{N}_]+)"
LAST = r"(?P<word>[\p{L}\p{N}_]+)[^\p{L}\p{N}_]*$"
MOST_TEXTS = 10_000
MOST_LABELS = 200
FEWEST_ROWS = 10
INSIDE, OUTSIDE = 0.95, 0.05
"""A label is written out if so many texts of its class hold it, and at most so many of the others."""


def end_word_error(cells: pa.ChunkedArray, classes: np.ndarray, pattern: str, seed: int) -> float:
    """The share of texts whose class cannot be told from their first or last word."""
    words = pc.struct_field(pc.extract_regex(cells[:MOST_TEXTS], pattern), "word")
    return map_error(value_codes(words)[0], classes[:MOST_TEXTS], seed)


def written_out(cells: pa.ChunkedArray, classes: np.ndarray, labels: tuple[str, ...]) -> dict[str, np.ndarray]:
    """The labels that stand as a word in nearly every text of their class and hardly any other, with those rows."""
    cells, classes = cells[:MOST_TEXTS], classes[:MOST_TEXTS]
    found = {}
    for number, label in enumerate(labels[:MOST_LABELS]):
        own = classes == number
        if own.sum() < FEWEST_ROWS or own.all() or not _is_word(label):
            continue
        holds = pc.fill_null(pc.match_substring_regex(cells, _pattern(label)), False).to_numpy()
        if holds[own].mean() >= INSIDE and holds[~own].mean() <= OUTSIDE:
            found[label] = np.flatnonzero(own & holds)
    return found


def _is_word(label: str) -> bool:
    """Whether a label can be looked for: 0, 1 or A stand in any text."""
    return not label.isdigit() and len(label) >= (3 if label.isascii() else 2)


def _pattern(label: str) -> str:
    """The label as a whole word in any case; a separator in it may be a space, a dash, an underscore or nothing."""
    words = [re.escape(word) for word in re.split(r"[\s_-]+", label) if word]
    edge = r"\b" if label.isascii() else ""
    return "(?i)" + edge + r"[\s_-]?".join(words) + edge
