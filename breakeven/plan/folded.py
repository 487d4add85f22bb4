"""A figure of the ledger as a tree that people can read: sums of sums are one sum, and what is alike is one line.

    a sum of a sum (cash of month 12 = cash of month 11 + …) and a product of a product are written as one
    parts of one name (net of month 1, of month 2 …), or without a name but made alike, become one line with their
        number, total, least and greatest; below it stands the largest of them, as an example
    the same part several times (growth a month, 11 times) becomes one line with that number
    a factor of one (one month) and a nothing in a sum are left out; a figure with one factor left is that factor
    a figure inside a figure of its own name and unit, or made alike (customers of the month before), and one that was
        shown above are not unfolded again

No leaf is lost by it: `leaves` in unfold.py gives all that a figure rests on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from breakeven.records.ledger import Entry, Ledger
from breakeven.records.record import FigureRecord

JOINED = {"sum": "sum", "+": "sum", "×": "×"}
"""Formulas that can be written as one, whatever their brackets."""
FEWEST_ALIKE = 3
Above = tuple[tuple[str, ...], ...]
"""The likeness of what a figure stands in, the outermost first."""
Kind = Literal["figure", "alike", "above", "earlier"]


@dataclass(frozen=True)
class Branch:
    """One line of the tree with what stands below it.

    `kind`: a figure; `alike`, that many of one name, whose `figure` is their sum; `above`, unfolded further up;
    `earlier`, a figure inside a figure of its own name. `times`: how often it stands in its formula.
    """

    figure: FigureRecord
    made_by: str = ""
    kind: Kind = "figure"
    times: int = 1
    least: float | None = None
    greatest: float | None = None
    parts: tuple[Branch, ...] = ()
    cut: bool = False
    """It has parts that are deeper than was asked for."""


class Folder:
    """Folds figures of one ledger; what it has shown once it does not unfold again."""

    def __init__(self, ledger: Ledger, deepest: int | None = None) -> None:
        self.entries = ledger.entries
        self.deepest = deepest
        self._shown: set[int] = set()

    def tree(self, number: int) -> Branch:
        """The tree of an entry. Raises IndexError if the ledger has no such number."""
        return self._branch(number, 0, ())

    def _branch(self, number: int, depth: int, above: Above) -> Branch:
        entry = self.entries[number]
        plain = Branch(entry.figure, entry.made_by)
        if not entry.parts:
            return plain
        if number in self._shown:
            return replace(plain, kind="above")
        own = self._likeness(number)
        if own in above[:-1]:
            return replace(plain, kind="earlier")
        if self.deepest is not None and depth >= self.deepest:
            return replace(plain, cut=True)
        self._shown.add(number)
        parts = self._parts(entry, depth, (*above, own))
        if len(parts) == 1 and entry.made_by == "×" and parts[0].kind == "figure" and parts[0].times == 1:
            kept = {"value": entry.figure.value, "unit": entry.figure.unit}
            name = {"name": entry.figure.name} if entry.figure.name else {}
            return replace(parts[0], figure=parts[0].figure.model_copy(update=kept | name))
        return replace(plain, made_by=JOINED.get(entry.made_by, entry.made_by), parts=parts)

    def _parts(self, entry: Entry, depth: int, above: Above) -> tuple[Branch, ...]:
        """The branches below an entry: joined, counted, and those of one name together."""
        counted = Counter(self._joined(entry))
        alike: dict[tuple[str, ...], list[int]] = {}
        for number in counted:
            alike.setdefault(self._likeness(number), []).append(number)
        found = []
        for numbers in alike.values():
            if len(numbers) < FEWEST_ALIKE:
                found += [replace(self._branch(one, depth + 1, above), times=counted[one]) for one in numbers]
            else:
                found.append(self._alike(numbers, counted, depth + 1, above))
        return tuple(found)

    def _likeness(self, number: int) -> tuple[str, ...]:
        """What figures that are written as one line share: name and unit; without a name, how they are made of what."""
        entry = self.entries[number]
        if entry.figure.name or not entry.parts:
            return (entry.figure.name or f"#{number}", entry.figure.unit)
        parts = sorted({self.entries[part].figure.name for part in entry.parts})
        return ("", entry.figure.unit, entry.made_by, *parts)

    def _alike(self, numbers: Sequence[int], counted: Counter[int], depth: int, above: Above) -> Branch:
        """Many parts of one name as one line, with the largest of them below it."""
        figures = [self.entries[one].figure for one in numbers]
        values = [figure.value for figure in figures]
        largest = numbers[max(range(len(values)), key=lambda one: abs(values[one]))]
        total = sum(value * counted[one] for value, one in zip(values, numbers, strict=True))
        weakest = min((figure.provenance for figure in figures), key=("assumed", "published", "measured").index)
        record = FigureRecord(value=total, unit=figures[0].unit, provenance=weakest, name=figures[0].name)
        deeper = self.deepest is None or depth < self.deepest
        return Branch(
            record, kind="alike", times=len(numbers), least=min(values), greatest=max(values),
            parts=(self._branch(largest, depth + 1, above),) if deeper else (), cut=not deeper,
        )

    def _joined(self, entry: Entry) -> list[int]:
        """The parts of an entry, those of the same formula and no other name replaced by their own parts."""
        kind, name = JOINED.get(entry.made_by), entry.figure.name
        found: list[int] = []
        left = list(reversed(entry.parts))
        while left:
            number = left.pop()
            part = self.entries[number]
            if kind and part.parts and JOINED.get(part.made_by) == kind and part.figure.name in ("", name):
                left.extend(reversed(part.parts))
            elif not _is_neutral(part, kind):
                found.append(number)
        return found


def _is_neutral(entry: Entry, kind: str | None) -> bool:
    """A number of the formula that changes nothing: a factor of one month, the nothing of a month without a round."""
    neutral = {"×": 1.0, "sum": 0.0}.get(kind or "")
    return entry.figure.value == neutral and not entry.parts and not entry.figure.sources
