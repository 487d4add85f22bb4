"""Rows that are equal in every input: across the parts, with answers that contradict each other, or just repeated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.rows import PARTS, Rows, has_text
from breakeven.core.words import Message, say
from breakeven.records.audit import Finding
from breakeven.records.dataset import Part

STRONG = 0.05
"""From this share of repeated rows on, the score of a part says little about new rows."""
STRAY = 0.001
"""Below this share it cannot move a score."""
NATURAL = 2.0
"""A table whose rows repeat by nature repeats them across parts at most so many times as often as within train."""
MANY = 0.05
SOME_CONFLICTS = 0.01
PAIRS: tuple[tuple[Part, Part], ...] = (("test", "train"), ("validation", "train"), ("test", "validation"))


class Duplicates(Check):
    """Exact duplicates over all input columns; the answer is not compared."""

    name: ClassVar[str] = "duplicates"

    def describe(self) -> Message:
        return say("rows that are equal in every input, above all those that stand in more than one part")

    def look(self, seen: Seen) -> Iterator[Finding]:
        rows = Rows.of(seen)
        for part, other in PAIRS:
            yield from _straddling(seen, rows, part, other)
        yield from _conflicting(seen, rows)
        yield from _repeated(seen, rows)


def _straddling(seen: Seen, rows: Rows, part: Part, other: Part) -> Iterator[Finding]:
    """Rows of `part` that also stand in `other`."""
    code, other_code = PARTS.index(part), PARTS.index(other)
    both = (rows.part == code) & rows.has(other_code)[rows.groups]
    count, total = int(both.sum()), rows.count(code)
    if not count:
        return
    row = int(np.flatnonzero(both)[0])
    twin = int(np.flatnonzero((rows.groups == rows.groups[row]) & (rows.part == other_code))[0])
    yield finding(
        "duplicates",
        "warning" if count / total >= STRAY and not _natural(seen, rows, count / total) else "note",
        _straddling_words(part, other, count, total),
        say(
            "{file}, for example row {row}, which is row {twin_row} of {other_file}",
            file=seen.files[part], row=int(rows.number[row]),
            twin_row=int(rows.number[twin]), other_file=seen.files[other],
        ),
        _straddling_hint(seen, part, count / total),
        rows=rows.number[both].tolist(),
    )


def _straddling_words(part: Part, other: Part, count: int, total: int) -> Message:
    values = {"count": count, "total": total, "share": count / total}
    if (part, other) == ("test", "train"):
        return say("{count} of the {total} test rows ({share}) also stand in the training rows", **values)
    if (part, other) == ("test", "validation"):
        return say("{count} of the {total} test rows ({share}) also stand in the validation rows", **values)
    return say("{count} of the {total} validation rows ({share}) also stand in the training rows", **values)


def _straddling_hint(seen: Seen, part: Part, share: float) -> Message:
    """What to do: in a file of the user's, drop the rows; in a split of ours, say what belongs together."""
    given = seen.project.data.test if part == "test" else seen.project.data.validation
    if given is None:
        return say(
            "these rows repeat so often that no split parts them; "
            "name in data.group the column that says which rows belong together"
        )
    if share > STRONG:
        return say(
            "the score on them is memory, not skill, and will be far too good: delete them from {file}, "
            "or take {key} out of the project file, then equal rows are kept in one part",
            file=given, key=f"data.{part}",
        )
    return say("delete them from {file}: the score on them is memory, not skill", file=given)


def _conflicting(seen: Seen, rows: Rows) -> Iterator[Finding]:
    """Equal training rows with different answers; numbers may differ by nature."""
    if not seen.labels:
        return
    train = np.flatnonzero(rows.part == 0)
    groups, answers = rows.groups[train], rows.answers[train]
    first = np.zeros(len(rows.first), np.uint64)
    first[groups[::-1]] = answers[::-1]
    clash = np.bincount(groups, weights=answers != first[groups], minlength=len(rows.first)) > 0
    found = train[clash[groups]]
    if not len(found):
        return
    found = found[np.argsort(rows.groups[found], kind="stable")]
    share = len(found) / len(train)
    yield finding(
        "duplicates",
        "warning" if has_text(seen) and share >= SOME_CONFLICTS else "note",
        say(
            "{count} training rows ({share}) have the same input as another but a different answer",
            count=len(found), share=share,
        ),
        say("{file}, column {column}", file=seen.files["train"], column=rows.answer),
        say("decide which answer is right, or add the column that tells them apart: no model can get both right"),
        column=rows.answer,
        rows=rows.number[found].tolist(),
    )


def _repeated(seen: Seen, rows: Rows) -> Iterator[Finding]:
    """Training rows that are copies of an earlier one."""
    train = np.flatnonzero(rows.part == 0)
    copies = train[rows.first[rows.groups[train]] != train]
    share = len(copies) / max(len(train), 1)
    if not len(copies):
        return
    yield finding(
        "duplicates",
        "warning" if has_text(seen) and share >= MANY else "note",
        say("{count} training rows ({share}) are copies of an earlier row", count=len(copies), share=share),
        say("{file}", file=seen.files["train"]),
        say("delete the copies unless they really come that often: each counts as much as a new row"),
        rows=rows.number[copies].tolist(),
    )


def _natural(seen: Seen, rows: Rows, share: float) -> bool:
    """Whether rows of a table without texts repeat across parts about as often as among the training rows."""
    groups = rows.groups[rows.part == 0]
    within = float((np.bincount(groups)[groups] > 1).mean()) if len(groups) else 0.0
    return not has_text(seen) and share <= NATURAL * within


CHECK = Duplicates()
