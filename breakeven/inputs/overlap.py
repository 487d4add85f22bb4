"""How much two texts have in common, as n-grams of a kind of their own: `overlap`.

A row of two columns is read as one text with a separator in it. Five shares are taken (Jaccard's of words and character
pairs, how much of the shorter side's words and character pairs the other one has, shorter by longer length); each
gives one n-gram that names the share and its tenth, so that a linear model learns any bent line over it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from breakeven.inputs.ngrams import Grams, named_hashes

KIND = "overlap"
SEPARATOR = "\x1f"
"""The sign between the two texts; n-grams take it as white space."""
TENTHS = 10
_WORDS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W_]+")


def paired_cells(rows: pa.Table, columns: tuple[str, ...]) -> list[str | None]:
    """The two cells of each row, joined by the separator."""
    first, second = (rows.column(name).to_pylist() for name in columns)
    return [f"{left or ''}{SEPARATOR}{right or ''}" for left, right in zip(first, second, strict=True)]


def overlap_grams(texts: Sequence[str | None]) -> Grams:
    """The n-grams of the shares of each text; a text without a separator has none."""
    named, rows = [], []
    for row, text in enumerate(texts):
        first, found, second = (text or "").partition(SEPARATOR)
        if not found:
            continue
        for measure, share in enumerate(shares(first, second)):
            named.append(measure * (TENTHS + 1) + int(share * TENTHS + 1e-9))
            rows.append(row)
    return named_hashes(np.array(named, np.uint64), 1), np.array(rows, np.int32)


def shares(first: str, second: str) -> tuple[float, ...]:
    """The five shares, each 0 to 1; of an empty text all are 0."""
    left, right = _plain(first), _plain(second)
    words = set(_WORDS.findall(left)), set(_WORDS.findall(right))
    signs = _pairs(left), _pairs(right)
    longer = max(len(left), len(right))
    length = min(len(left), len(right)) / longer if longer else 0.0
    return (*_common(*words), *_common(*signs), length)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold().strip()


def _pairs(text: str) -> set[str]:
    return {text[place : place + 2] for place in range(len(text) - 1)}


def _common(first: set[str], second: set[str]) -> tuple[float, float]:
    """Jaccard's share, and the share of the smaller set that the other one has."""
    if not first or not second:
        return 0.0, 0.0
    both = len(first & second)
    return both / len(first | second), both / min(len(first), len(second))
