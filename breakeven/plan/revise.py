"""Which assumptions a run has replaced: measured figures are looked for in the plan that was made before it.

A measured leaf stands for the leaf of its name. Where the old plan has none, the nearest figure that is made of it and
that both plans have exactly once stands for it (answers a second → answers of a machine a month); a sum is not looked
behind, for other things are in it. So does a published leaf, such as the price of the machine that was measured on.
Every replacement is computed by the graph of the old plan itself (`replay.py`), each alone and all together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from breakeven.core.figure import STRENGTH, Provenance
from breakeven.core.units import unit
from breakeven.plan.outcome import outcomes
from breakeven.records.ledger import Entry, Ledger
from breakeven.records.plan import Plan
from breakeven.records.record import FigureRecord
from breakeven.records.revision import Replaced, Revision

ADDED = ("sum", "+", "-")
SAME = 1e-12
"""Values this close, as a share of the value, are the same."""


@dataclass(frozen=True)
class Pair:
    """Numbers of an entry of the old ledger and of the one of the new ledger that is measured in its place."""

    old: int
    new: int


def revise(old: Plan, new: Plan, plan: str, run: str) -> Revision:
    """What the measurements in `new` change in `old`; `plan` and `run` are the names of the two."""
    pairs, alone = counterparts(old.ledger, new.ledger)
    values = _columns(old.ledger, new.ledger, pairs)
    found = outcomes(old, values, len(pairs) + 2)
    marks = [found.record(column) for column in range(len(pairs) + 2)]
    return Revision(
        plan=plan, run=run,
        old_break_even_month=marks[0].break_even_month, old_capital_need_usd=marks[0].capital_need_usd,
        replaced=tuple(
            Replaced(old=old.ledger.entries[pair.old].figure, new=_told(new.ledger, pair.new),
                     break_even_month=mark.break_even_month, capital_need_usd=mark.capital_need_usd)
            for pair, mark in zip(pairs, marks[1:], strict=False)
        ),
        break_even_month=marks[-1].break_even_month, capital_need_usd=marks[-1].capital_need_usd,
        new_break_even_month=new.break_even_month, new_capital_need_usd=new.capital_need_usd,
        without_counterpart=tuple(new.ledger.entries[number].figure for number in alone),
        unchanged=_unchanged(old, {pair.old for pair in pairs}),
    )


def _columns(old: Ledger, new: Ledger, pairs: Sequence[Pair]) -> dict[int, np.ndarray]:
    """For each replaced entry its values: as it was, as measured in the column of its own, and in the last of all."""
    values = {}
    for column, pair in enumerate(pairs, 1):
        before = old.entries[pair.old].figure
        row = np.full(len(pairs) + 2, before.value)
        row[[column, -1]] = _counted(new.entries[pair.new].figure, before.unit)
        values[pair.old] = row
    return values


def counterparts(old: Ledger, new: Ledger) -> tuple[tuple[Pair, ...], tuple[int, ...]]:
    """(pairs, measured leaves of the new ledger without one). A figure that was the same already is in neither."""
    mine, theirs = _by_name(old), _by_name(new)
    above = _above(new)
    pairs: dict[int, Pair] = {}
    alone = []
    for number, entry in enumerate(new.entries):
        if not _is_known_leaf(entry):
            continue
        partner = next((pair for pair in _candidates(number, new, above, mine, theirs, old)), None)
        if partner is None:
            alone += [number] * (entry.figure.provenance is Provenance.MEASURED)
        elif not _same(old.entries[partner.old].figure, new.entries[partner.new].figure):
            pairs.setdefault(partner.old, partner)
    return tuple(pairs.values()), tuple(alone)


def _candidates(
    number: int, new: Ledger, above: dict[int, list[int]], mine: dict[str, list[int]], theirs: dict[str, list[int]],
    old: Ledger,
) -> Iterator[Pair]:
    """The leaf of its name, then what is made of it, nearest first, where both ledgers have one of that name."""
    seen, row = {number}, [number]
    while row:
        for one in row:
            figure = new.entries[one].figure
            others = mine.get(figure.name, []) if figure.name else []
            if len(others) == 1 and len(theirs[figure.name]) == 1 and _alike(old.entries[others[0]].figure, figure):
                yield Pair(others[0], one)
        row = [up for up in dict.fromkeys(up for one in row for up in above.get(one, ()))
               if up not in seen and new.entries[up].made_by not in ADDED]
        seen.update(row)


def _by_name(ledger: Ledger) -> dict[str, list[int]]:
    """Entries by name; a bare number of the formula (a month without training) is not one of its name."""
    found: dict[str, list[int]] = {}
    for number, entry in enumerate(ledger.entries):
        if entry.figure.name and (entry.parts or entry.figure.sources):
            found.setdefault(entry.figure.name, []).append(number)
    return found


def _above(ledger: Ledger) -> dict[int, list[int]]:
    """Which entries are made of each."""
    found: dict[int, list[int]] = {}
    for number, entry in enumerate(ledger.entries):
        for part in dict.fromkeys(entry.parts):
            found.setdefault(part, []).append(number)
    return found


def _is_known_leaf(entry: Entry) -> bool:
    """Measured, or published with its source; not assumed and no number of a formula."""
    return not entry.parts and bool(entry.figure.sources) and entry.figure.provenance is not Provenance.ASSUMED


def _alike(old: FigureRecord, new: FigureRecord) -> bool:
    return unit(old.unit).powers == unit(new.unit).powers


def _counted(figure: FigureRecord, target: str) -> float:
    """The value counted in another unit of its kind."""
    return figure.value * unit(figure.unit).factor_to(unit(target))


def _same(old: FigureRecord, new: FigureRecord) -> bool:
    """Whether nothing is learned: the same value, as sure as before."""
    value = _counted(new, old.unit)
    return STRENGTH[old.provenance] >= STRENGTH[new.provenance] and abs(value - old.value) <= SAME * abs(old.value)


def _told(ledger: Ledger, number: int) -> FigureRecord:
    """The figure as sure as the surest leaf that it is made of, with the sources of these leaves."""
    stack, known = [number], dict[FigureRecord, None]()
    while stack:
        entry = ledger.entries[stack.pop()]
        stack.extend(entry.parts)
        if _is_known_leaf(entry):
            known[entry.figure] = None
    surest = max((leaf.provenance for leaf in known), key=STRENGTH.__getitem__)
    sources = dict.fromkeys(source for leaf in known if leaf.provenance is surest for source in leaf.sources)
    return ledger.entries[number].figure.model_copy(update={"sources": tuple(sources), "provenance": surest})


def _unchanged(plan: Plan, replaced: set[int]) -> tuple[FigureRecord, ...]:
    """The assumed and published leaves that the plan still rests on, not through what was replaced."""
    found: dict[FigureRecord, None] = {}
    stack, seen = [number for month in plan.months for number in month.cells.values()], set(replaced)
    while stack:
        number = stack.pop()
        if number in seen:
            continue
        seen.add(number)
        entry = plan.ledger.entries[number]
        stack.extend(entry.parts)
        if not entry.parts and entry.figure.sources and entry.figure.provenance is not Provenance.MEASURED:
            found[entry.figure] = None
    return tuple(sorted(found, key=lambda figure: (STRENGTH[figure.provenance], figure.name)))
