"""Texts that are nearly equal: across the parts, or with answers that contradict each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.near import MOST_CHARS, near_pairs
from breakeven.checks.rows import PARTS, Rows, are_texts, texts_of
from breakeven.core.words import Message, say
from breakeven.records.audit import Finding
from breakeven.records.dataset import Part

MANY = 0.05
FEW = 0.01
MOST_TOTAL_CHARS = 30_000_000
"""Beyond it a random part of the texts is looked at, so that time and memory stay bounded."""


class NearDuplicates(Check):
    """Different texts whose character n-grams are at least 80 % the same."""

    name: ClassVar[str] = "near_duplicates"

    def describe(self) -> Message:
        return say("texts that differ by a few characters, above all those that stand in more than one part")

    def look(self, seen: Seen) -> Iterator[Finding]:
        if not are_texts(seen):
            return
        rows = Rows.of(seen)
        groups, pairs = _near_groups(rows, seen.seed)
        if not len(pairs):
            return
        pairs = np.concatenate([pairs, pairs[:, ::-1]])
        for code in (2, 1):
            yield from _straddling(seen, rows, pairs, code, len(groups))
        yield from _conflicting(seen, rows, pairs)


def _near_groups(rows: Rows, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The groups that were looked at (k,), and the pairs (m, 2) of groups with nearly equal texts."""
    texts = texts_of(rows.table, rows.inputs)
    groups = _sample(texts.take(pa.array(rows.first)) if len(rows.first) < len(rows) else texts, rows, seed)
    pairs = near_pairs(texts.take(pa.array(rows.first[groups])), seed)
    return groups, groups[pairs]


def _sample(texts: pa.ChunkedArray, rows: Rows, seed: int) -> np.ndarray:
    """All groups, or so many of them at random as hold MOST_TOTAL_CHARS characters."""
    total = pc.sum(pc.min_element_wise(pc.utf8_length(texts), MOST_CHARS)).as_py() or 0
    if total <= MOST_TOTAL_CHARS:
        return np.arange(len(rows.first))
    wanted = int(len(rows.first) * MOST_TOTAL_CHARS / total)
    return np.sort(np.random.default_rng(seed).choice(len(rows.first), wanted, replace=False))


def _straddling(seen: Seen, rows: Rows, pairs: np.ndarray, code: int, looked: int) -> Iterator[Finding]:
    """Rows of a part whose text is nearly, but not exactly, that of a training row."""
    part, in_train = PARTS[code], rows.has(0)
    near = np.zeros(len(rows.first), np.int64) - 1
    across = in_train[pairs[:, 0]] & ~in_train[pairs[:, 1]]
    near[pairs[across, 1]] = pairs[across, 0]
    both = np.flatnonzero((rows.part == code) & (near[rows.groups] >= 0))
    if not len(both):
        return
    row, twin = both[0], rows.first[near[rows.groups[both[0]]]]
    share = len(both) / rows.count(code)
    yield finding(
        "near_duplicates",
        "warning" if share >= FEW else "note",
        _straddling_words(part, len(both), share),
        say(
            "{file}, for example row {row} and row {twin_row} of {other_file}: {text} / {other_text}",
            file=seen.files[part], row=int(rows.number[row]),
            twin_row=int(rows.number[twin]), other_file=seen.files["train"],
            text=_shown(rows, row), other_text=_shown(rows, twin),
        ),
        _hint(looked, len(rows.first)),
        rows=rows.number[both].tolist(),
    )


def _straddling_words(part: Part, count: int, share: float) -> Message:
    if part == "test":
        return say("{count} test rows ({share}) are nearly the same as a training row", count=count, share=share)
    return say("{count} validation rows ({share}) are nearly the same as a training row", count=count, share=share)


def _hint(looked: int, total: int) -> Message:
    if looked < total:
        return say(
            "the score on them is partly memory; keep what belongs together in one part with data.group "
            "({looked} of {total} different texts were looked at)",
            looked=looked, total=total,
        )
    return say("the score on them is partly memory; keep what belongs together in one part with data.group")


def _conflicting(seen: Seen, rows: Rows, pairs: np.ndarray) -> Iterator[Finding]:
    """Nearly equal training rows with different answers: the places to look for wrong labels."""
    if not seen.labels:
        return
    train = rows.has(0)
    first = rows.first[pairs]
    clash = train[pairs].all(axis=1) & (rows.answers[first[:, 0]] != rows.answers[first[:, 1]])
    found = first[clash & (pairs[:, 0] < pairs[:, 1])]
    if not len(found):
        return
    numbers = rows.number[found].ravel().tolist()
    yield finding(
        "near_duplicates",
        "warning" if len(found) / rows.count(0) >= MANY else "note",
        say("pairs of training rows that are nearly the same but have different answers: {count}", count=len(found)),
        say(
            "{file}, for example rows {row} and {twin_row}: {text} / {other_text}",
            file=seen.files["train"], row=numbers[0], twin_row=numbers[1],
            text=_shown(rows, found[0, 0]), other_text=_shown(rows, found[0, 1]),
        ),
        say("read them: this is where wrong answers in the data are found soonest"),
        column=rows.answer,
        rows=numbers,
        count=len(found),
    )


def _shown(rows: Rows, row: int) -> str:
    """A row's text in one short line."""
    text = " ".join(str(cell) for name in rows.inputs if (cell := rows.table[name][int(row)].as_py()))
    short = " ".join(text.split())
    return short if len(short) <= 60 else short[:59] + "…"


CHECK = NearDuplicates()
