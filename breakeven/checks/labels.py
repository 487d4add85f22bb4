"""The answers of a task with classes: enough of them, in the right parts, each written one way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks.check import Check, Seen, finding
from breakeven.checks.rows import PARTS
from breakeven.core.words import Message, say
from breakeven.inputs.cells import NO_VALUE, to_numbers
from breakeven.inputs.reader import ROW
from breakeven.records.audit import Finding
from breakeven.records.dataset import Part

SHOWN = 10


class Labels(Check):
    """Whether the classes can be learned and measured at all."""

    name: ClassVar[str] = "labels"

    def describe(self) -> Message:
        return say("a single class, classes too small to split, labels that only the test rows have, spellings")

    def look(self, seen: Seen) -> Iterator[Finding]:
        if not seen.labels:
            return
        counts = {part: _counts(seen, part) for part in PARTS if part in seen.parts}
        if len(seen.labels) == 1:
            yield _one_class(seen)
            return
        yield from _too_small(seen, counts)
        yield from _unlearnable(seen, counts)
        yield from _unmeasured(seen, counts)
        yield from _spellings(seen)
        yield from _not_answers(seen)


def _counts(seen: Seen, part: Part) -> Counter[str]:
    counted = pc.value_counts(seen.parts[part][seen.project.data.answer].drop_null())
    return Counter(dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True)))


def _rows_with(seen: Seen, part: Part, labels: list[str]) -> list[int]:
    """The numbers of the rows of a part that have one of some labels."""
    answers = seen.parts[part][seen.project.data.answer]
    rows: list[int] = seen.parts[part][ROW].filter(pc.is_in(answers, pa.array(labels, answers.type))).to_pylist()
    return rows


def _where(seen: Seen, part: Part = "train") -> Message:
    return say("{file}, column {column}", file=seen.files[part], column=seen.project.data.answer)


def _one_class(seen: Seen) -> Finding:
    return finding(
        "labels", "blocking",
        say("every answer is {label}: with one class there is nothing to learn", label=seen.labels[0]),
        _where(seen),
        say("add rows with other answers, or name the right column in data.answer"),
        column=seen.project.data.answer,
    )


def _too_small(seen: Seen, counts: dict[Part, Counter[str]]) -> Iterator[Finding]:
    """Classes with a single row to learn from, or with fewer rows than there are parts to split them into."""
    ours = [part for part in PARTS if part in counts and seen.files[part] == seen.files["train"]]
    totals = sum((counts[part] for part in ours), Counter())
    single = sorted(label for label, count in totals.items() if count == 1)
    small = sorted(label for label, count in totals.items() if 1 < count < len(ours))
    if single:
        rows = sorted(row for part in ours for row in _rows_with(seen, part, single))
        yield finding(
            "labels", "blocking",
            say("{count} classes have a single row: {labels}", count=len(single), labels=_shown(single)),
            _where(seen),
            _single_hint(seen, len(single)),
            column=seen.project.data.answer, rows=rows, count=len(single),
        )
    if small:
        yield finding(
            "labels", "warning",
            say("{count} classes have fewer rows than there are parts to share them: {labels}",
                count=len(small), labels=_shown(small)),
            _where(seen),
            say("collect more of them: a class that a part lacks is not measured there"),
            column=seen.project.data.answer, count=len(small),
        )


def _single_hint(seen: Seen, single: int) -> Message:
    """Many classes of one row each that read as numbers are amounts, not classes."""
    values = to_numbers(pa.array(seen.labels, pa.large_string()))
    if single > len(seen.labels) / 2 and (values == values).all():
        return say('the answers look like amounts, not classes: use task = "regression"')
    return say("collect at least two or three more rows of each, merge them into another class, or delete them")


def _unlearnable(seen: Seen, counts: dict[Part, Counter[str]]) -> Iterator[Finding]:
    """Labels of a part that no training row has."""
    for part in PARTS[1:]:
        unknown = sorted(set(counts.get(part, ())) - set(seen.labels))
        if not unknown:
            continue
        rows = _rows_with(seen, part, unknown)
        yield finding(
            "labels", "blocking" if seen.files[part] != seen.files["train"] else "warning",
            say("{labels}: these labels stand in no training row, but in {count} test rows",
                labels=_shown(unknown), count=len(rows))
            if part == "test"
            else say("{labels}: these labels stand in no training row, but in {count} validation rows",
                     labels=_shown(unknown), count=len(rows)),
            _where(seen, part),
            say("add training rows with them, or write them as the training rows do: {known}",
                known=_shown(list(seen.labels))),
            column=seen.project.data.answer, rows=rows,
        )


def _unmeasured(seen: Seen, counts: dict[Part, Counter[str]]) -> Iterator[Finding]:
    missing = sorted(set(seen.labels) - set(counts.get("test", ())))
    if missing and counts.get("test"):
        yield finding(
            "labels", "warning",
            say("no test row has these labels, so they are not measured: {labels}", labels=_shown(missing)),
            _where(seen, "test"),
            say("add test rows with them, or leave data.test out: then each class is shared among the parts"),
            column=seen.project.data.answer, count=len(missing),
        )


def _spellings(seen: Seen) -> Iterator[Finding]:
    """Labels that differ in case, width or spaces only."""
    plain = pc.utf8_lower(pc.utf8_normalize(pa.array(seen.labels, pa.large_string()), form="NFKC"))
    together: dict[str, list[str]] = {}
    for label, key in zip(seen.labels, plain.to_pylist(), strict=True):
        together.setdefault("".join(key.split()), []).append(label)
    for same in together.values():
        if len(same) > 1:
            yield finding(
                "labels", "warning",
                say("these labels differ in spelling only: {labels}", labels=[repr(label) for label in same]),
                _where(seen),
                say("write them one way, unless they mean different things"),
                column=seen.project.data.answer,
                rows=_rows_with(seen, "train", same[1:]),
            )


def _not_answers(seen: Seen) -> Iterator[Finding]:
    """Labels that programs write where there is no answer."""
    empty = [label for label in seen.labels if label.strip().lower() in NO_VALUE]
    if empty:
        yield finding(
            "labels", "warning",
            say("these labels read like a missing answer: {labels}", labels=empty),
            _where(seen),
            say("leave the cell empty if the answer is not known, then the row is left out"),
            column=seen.project.data.answer,
            rows=_rows_with(seen, "train", empty),
        )


def _shown(labels: list[str]) -> list[str]:
    """The first few labels, each cut to a readable length."""
    shown = [label if len(label) <= 40 else label[:39] + "…" for label in labels[:SHOWN]]
    return [*shown, "…"] if len(labels) > SHOWN else shown


CHECK = Labels()
