"""N-grams of characters and words as hashes, a whole batch of texts at a time and without a tokenizer.

All texts of a batch become one array of code points, each text framed by a boundary (code 0). A *unit* is a
character or a word; a word is a run of letters and digits, or one Chinese or Japanese character, or one sign. The
boundary is a unit, too, so that an n-gram can say "at the beginning" and "at the end". The hash of an n-gram is a
polynomial in the hashes of its units, modulo 2^64 (Karp and Rabin 1987), made for all places at once.

Text is compared after Unicode NFKC normalisation (full width to half width …), in lower case, with runs of white
space as one space.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

Grams = tuple[np.ndarray, np.ndarray]
"""Hashes (m,) uint64 with the lower 24 bits 0, and the row of each (m,) int32, ascending."""

SPACE, WORD, SINGLE, SIGN = 0, 1, 2, 3
"""Kinds of code points: white space or boundary; part of a word; a word by itself; punctuation and symbols."""
BOUNDARY = 0

_WORD_MASK = (1 << 64) - 1
_UPPER = np.uint64(_WORD_MASK ^ 0xFFFFFF)
"""Forty bits tell a million known n-grams from others with one mistake in a million, and take five bytes to keep."""
_BASE = np.uint64(0x9E3779B97F4A7C15)
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_SPACELESS = ((0x3040, 0x30FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF))
"""Hiragana, Katakana and Han in the basic plane; the planes 2 and 3 hold Han alone."""


@dataclass(frozen=True)
class Units:
    """Characters or words of a batch in their order: hash (u,) uint64, row (u,) int32, and where the boundaries are.

    The boundary before a text belongs to its row; the last unit is the boundary behind the last text.
    """

    hashes: np.ndarray
    rows: np.ndarray
    ends: np.ndarray


def read_units(texts: Sequence[str | None]) -> tuple[Units, Units]:
    """The characters and the words of texts (None counts as empty)."""
    codes = _code_points(texts)
    kinds = _kinds()[np.minimum(codes, len(_kinds()) - 1)]
    codes, kinds = _squeeze(codes, kinds)
    ends = codes == BOUNDARY
    rows = np.cumsum(ends, dtype=np.int32) - np.int32(1)
    characters = Units(_mixed(codes.astype(np.uint64)), rows, ends)
    return characters, _words(characters, kinds)


def ngrams(units: Units, n: int, gap: int = 0) -> Grams:
    """All n-grams that lie in one text, the boundary only at their first or last place.

    `gap` units are left out between one place and the next (a skip-gram). Single units leave out the boundaries.
    """
    step = gap + 1
    span = (n - 1) * step
    places = len(units.hashes) - span
    if places <= 0:
        return np.zeros(0, np.uint64), np.zeros(0, np.int32)
    hashes = np.full(places, _salt(n, gap), np.uint64)
    for k in range(0, span + 1, step):
        hashes *= _BASE
        hashes += units.hashes[k : k + places]
    kept = _inside(units.ends, span, places)
    return _mixed(hashes[kept]) & _UPPER, units.rows[:places][kept]


def leading(words: Units, count: int) -> Grams:
    """The first `count` words of each text, each hashed with its place: `what` at the start is not `what` later."""
    places = np.arange(len(words.hashes))
    after = places - np.maximum.accumulate(np.where(words.ends, places, 0))
    kept = (after >= 1) & (after <= count)
    placed = words.hashes[kept] + _BASE * (after[kept].astype(np.uint64) + _salt(0, 1))
    return _mixed(placed) & _UPPER, words.rows[kept]


def _code_points(texts: Sequence[str | None]) -> np.ndarray:
    """Normalised code points of all texts, each text behind a boundary and one at the end (uint32)."""
    joined = "\0".join(text.replace("\0", " ") if text else "" for text in texts)
    if not joined.isascii():
        joined = unicodedata.normalize("NFKC", joined)
    framed = f"\0{joined.lower()}\0" if texts else "\0"
    return np.frombuffer(framed.encode("utf-32-le", "surrogatepass"), np.uint32)


@cache
def _kinds() -> np.ndarray:
    """The kind of each code point; those past the end of the table are as its last."""
    kinds = np.full(0x40001, SIGN, np.uint8)
    for code in range(0x10000):
        letter = chr(code)
        kinds[code] = WORD if letter.isalnum() or letter == "_" else SPACE if letter.isspace() else SIGN
    for first, last in _SPACELESS:
        area = kinds[first : last + 1]
        area[area == WORD] = SINGLE
    kinds[0x20000:0x40000] = SINGLE
    kinds[BOUNDARY] = SPACE
    return kinds


def _squeeze(codes: np.ndarray, kinds: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Runs of white space become one space, those beside a boundary nothing."""
    space = kinds == SPACE
    kept = np.ones(len(codes), bool)
    kept[1:] = ~(space[1:] & space[:-1])
    kept |= codes == BOUNDARY
    kept[:-1] &= ~(space[:-1] & (codes[1:] == BOUNDARY)) | (codes[:-1] == BOUNDARY)
    codes, kinds = codes[kept], kinds[kept]
    return np.where((kinds == SPACE) & (codes != BOUNDARY), np.uint32(32), codes), kinds


def _words(characters: Units, kinds: np.ndarray) -> Units:
    """Runs of word characters, single characters and signs; a word's hash is the polynomial of its characters."""
    unit = (kinds != SPACE) | characters.ends
    starts = unit.copy()
    starts[1:] &= (kinds[1:] != WORD) | (kinds[:-1] != WORD)
    first = np.flatnonzero(starts)
    place = np.arange(len(kinds)) - first[np.cumsum(starts) - 1]
    powers = np.full(place.max(initial=0) + 1, _BASE, np.uint64)
    powers[0] = 1
    powers = np.multiply.accumulate(powers)
    terms = np.where(unit, characters.hashes * powers[place], np.uint64(0))
    return Units(_mixed(np.add.reduceat(terms, first)), characters.rows[first], characters.ends[first])


def _inside(ends: np.ndarray, span: int, places: int) -> np.ndarray:
    """Which places begin an n-gram of one text (places,)."""
    if span == 0:
        return ~ends
    if span == 1:
        return ~(ends[:-1] & ends[1:])
    before = np.cumsum(ends, dtype=np.int32)
    return before[span - 1 : span - 1 + places] == before[:places]


def named_hashes(numbers: np.ndarray, kind: int) -> np.ndarray:
    """Hashes (m,) of things that are no n-grams, by their number (m,) uint64; things of another `kind` have others."""
    return _mixed((numbers + np.uint64(1)) * _BASE ^ _salt(0, kind)) & _UPPER


def _salt(n: int, gap: int) -> np.uint64:
    """Sets n-grams of one kind apart from those of another."""
    return np.uint64(((n << 8 | gap) * 0xD6E8FEB86659FD93) & _WORD_MASK)


def _mixed(values: np.ndarray) -> np.ndarray:
    """Each value scrambled, so that every bit of it moves every bit of the hash (splitmix64, Steele et al. 2014)."""
    mixed = (values ^ (values >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    return mixed ^ (mixed >> np.uint64(31))
