"""Which entry of the ledger stands in which cell.

What the plan rests on stands on the first sheet, one line each; the lines of the plan on the second, a column a month.
What lies between stands on the third where it is used more than once or would make a formula too long to be read;
else it is written into the formula that uses it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from xlsxwriter.utility import xl_rowcol_to_cell as _cell

from breakeven.interfaces.spreadsheet.formulas import bracketed, formula, literal
from breakeven.records.ledger import Ledger
from breakeven.records.plan import Plan

FIGURES = "figures"
"""Of a row of the workings that no line of the plan uses."""
LONGEST = 160
"""Characters of a formula written into another."""
FIRST_ROW = 3
FIRST_MONTH = 2
"""Rows and columns count from 0."""
VALUE_COLUMN = 1


@dataclass(frozen=True)
class Place:
    """A cell: `sheet` is `summary`, `assumptions`, `plan` or `workings`."""

    sheet: str
    row: int
    column: int


@dataclass
class Layout:
    """Places by entry, formulas (without `=`) by place, and what the rows of the workings are called."""

    plan: Plan
    names: dict[str, str]
    """What each sheet is called in the file."""
    lines: tuple[str, ...]
    figures: dict[int, int] = field(default_factory=dict)
    """Further entries and the row of the first sheet in which each stands."""
    places: dict[int, Place] = field(default_factory=dict)
    cells: dict[Place, tuple[int, str]] = field(default_factory=dict)
    """Of each computed cell its entry and its formula."""
    titles: list[tuple[str, str, str]] = field(default_factory=list)
    """(line, name, how it is made) of each row of the workings."""
    inline: dict[int, str] = field(default_factory=dict)
    beside: dict[int, int] = field(default_factory=dict)
    """How many cells a row of further figures has."""

    def __post_init__(self) -> None:
        self._walk = list(_walk(self.plan, self.lines, self.figures))
        self._uses = _uses(self.plan, [number for number, _, _ in self._walk])
        self._put_assumptions()
        self._put_lines()
        for number, row in self.figures.items():
            if self.plan.ledger.entries[number].parts:
                self.places.setdefault(number, Place("summary", row, VALUE_COLUMN))
        rows: dict[tuple[str, ...], int] = {}
        paths = {number: (month, path) for number, month, path in self._walk}
        for number in sorted(paths):
            if self.plan.ledger.entries[number].parts:
                self._put(number, *paths[number], rows)
        self._repeat_lines()

    @property
    def assumptions(self) -> list[int]:
        """The entries of the first sheet in their order."""
        return [number for number, place in self.places.items() if place.sheet == "assumptions"]

    def text(self, number: int) -> str:
        """How a formula of any sheet writes an entry: its cell, its own formula in brackets, or a number."""
        place = self.places.get(number)
        if place is not None:
            return self.reference(place)
        entry = self.plan.ledger.entries[number]
        return bracketed(self.inline[number]) if entry.parts else literal(entry.figure.value)

    def reference(self, place: Place, sheet: str = "") -> str:
        """A cell as a formula on `sheet` writes it."""
        fixed = place.sheet == "assumptions"
        return self.seen_from(sheet, f"{self._prefix(place.sheet)}{_cell(place.row, place.column, fixed, fixed)}")

    def seen_from(self, sheet: str, text: str) -> str:
        """A formula on its own sheet: cells beside it need no name of a sheet."""
        return text.replace(self._prefix(sheet), "") if sheet else text

    def _prefix(self, sheet: str) -> str:
        return f"'{self.names[sheet]}'!"

    def _put_assumptions(self) -> None:
        row = FIRST_ROW
        for number, _, _ in self._walk:
            entry = self.plan.ledger.entries[number]
            if not entry.parts and entry.figure.sources:
                self.places[number] = Place("assumptions", row, VALUE_COLUMN)
                row += 1

    def _put_lines(self) -> None:
        """The first cell of the plan that shows an entry is its place."""
        for month in self.plan.months:
            for row, line in enumerate(self.lines):
                number = month.cells[line]
                if self.plan.ledger.entries[number].parts:
                    self.places.setdefault(number, Place("plan", FIRST_ROW + row, FIRST_MONTH + month.month - 1))

    def _put(self, number: int, month: int, path: tuple[str, ...], rows: dict[tuple[str, ...], int]) -> None:
        """Write an entry down: in its cell of the plan, in the workings, or into what uses it."""
        place = self.places.get(number)
        parts = [self.text(part) for part in self.plan.ledger.entries[number].parts]
        text = formula(self.plan.ledger, number, parts)
        if place is None and self._uses[number] == 1 and len(text) <= LONGEST:
            self.inline[number] = text
            return
        if place is None:
            place = self.places[number] = self._place(number, month, path, rows)
        self.cells[place] = (number, self.seen_from(place.sheet, text))

    def _place(self, number: int, month: int, path: tuple[str, ...], rows: dict[tuple[str, ...], int]) -> Place:
        """A cell of the workings: of the months in the month's column, of further figures beside its like."""
        if path[0] != FIGURES:
            return Place("workings", self._row(path, number, rows), FIRST_MONTH + month - 1)
        entry = self.plan.ledger.entries[number]
        row = self._row((*path[:2], entry.figure.name, entry.made_by), number, rows)
        self.beside[row] = self.beside.get(row, 0) + 1
        return Place("workings", row, FIRST_MONTH + self.beside[row] - 1)

    def _row(self, path: tuple[str, ...], number: int, rows: dict[tuple[str, ...], int]) -> int:
        """The row of a path of the workings; a new one gets its title."""
        if path not in rows:
            entry = self.plan.ledger.entries[number]
            rows[path] = FIRST_ROW + len(rows)
            self.titles.append((path[0], entry.figure.name, entry.made_by))
        return rows[path]

    def _repeat_lines(self) -> None:
        """Cells whose entry stands elsewhere point to it."""
        for month in self.plan.months:
            for row, line in enumerate(self.lines):
                place = Place("plan", FIRST_ROW + row, FIRST_MONTH + month.month - 1)
                self._point(place, month.cells[line])
        for number, row in self.figures.items():
            self._point(Place("summary", row, VALUE_COLUMN), number)

    def _point(self, place: Place, number: int) -> None:
        if place not in self.cells:
            self.cells[place] = (number, self.seen_from(place.sheet, self.text(number)))


def _walk(plan: Plan, lines: tuple[str, ...], figures: Iterable[int]) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    """(number, month, path) of every entry below the plan's cells, in the month and by the way that first uses it.

    The path is the same in each month, so that a row of the workings holds the same thing all along; no two entries
    of a month share one. What only `figures` use stands in the last month.
    """
    seen: set[int] = set()
    for month in plan.months:
        roots: list[tuple[int, tuple[str, ...]]] = [(month.cells[line], (line,)) for line in lines]
        if month is plan.months[-1]:
            roots += [(number, (FIGURES, str(place))) for place, number in enumerate(figures)]
        taken: set[tuple[str, ...]] = set()
        for root in roots:
            for number, path in _below(plan.ledger, root, seen, taken):
                yield number, month.month, path


def _below(ledger: Ledger, root: tuple[int, tuple[str, ...]], seen: set[int],
           taken: set[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """The entries below a root that were not seen before, each with a path of its own."""
    stack = [root]
    while stack:
        number, path = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        while path in taken:
            path = (*path[:-1], path[-1] + "'")
        taken.add(path)
        yield number, path
        parts = ledger.entries[number].parts
        stack.extend((part, (*path, _step(ledger, part, place))) for place, part in reversed(list(enumerate(parts))))


def _step(ledger: Ledger, number: int, place: int) -> str:
    entry = ledger.entries[number]
    return entry.figure.name or f"{entry.made_by} {place}"


def _uses(plan: Plan, numbers: Iterable[int]) -> dict[int, int]:
    """How often each of these entries is a part of another."""
    uses: dict[int, int] = {}
    for number in numbers:
        for part in plan.ledger.entries[number].parts:
            uses[part] = uses.get(part, 0) + 1
    return uses
