"""A ledger computed again, with other values for some of its leaves: a number each, or an array of draws each.

Uncertainty, the tornado and the spreadsheet all rest on this one reading of the graph; no formula is written twice.
Each entry is computed in its own unit, by the factors between its unit and those of its parts. What does not rest on a
changed leaf keeps the value that the ledger holds, and an array is let go as soon as nothing needs it any more: ten
thousand draws of a plan take the memory of a few hundred numbers a draw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, reduce

import numpy as np
from numpy.typing import NDArray

from breakeven.core.figure import WHOLE
from breakeven.core.units import unit
from breakeven.records.ledger import Entry, Ledger

Draws = NDArray[np.float64]
Value = float | Draws
ROUNDED: dict[str, Callable[[Value], Value]] = {
    "rounded up": lambda value: np.ceil(value - WHOLE), "rounded down": lambda value: np.floor(value + WHOLE)
}
SIGNS: dict[str, Callable[[Value, Value], Value]] = {
    "+": np.add, "-": np.subtract, "×": np.multiply, "÷": np.divide, "sum": np.add, "max": np.maximum,
    "min": np.minimum, "^": np.power,
}


def replay(ledger: Ledger, leaves: Mapping[int, Value], wanted: Iterable[int]) -> dict[int, Value]:
    """The values of the entries `wanted`, each in its own unit, when `leaves` (number → value, in its unit) are so.

    Values are numbers or arrays of one shape (draws,). Raises KeyError for a formula that the graph does not know.
    """
    asked = tuple(wanted)
    order = _touched(ledger, leaves, asked)
    known: dict[int, Value] = dict(leaves)
    left = _uses(ledger, order)
    left.update(dict.fromkeys(asked, 1 << 60))
    for number in order:
        entry = ledger.entries[number]
        known[number] = _computed(ledger, entry, known)
        for part in entry.parts:
            left[part] -= 1
            if not left[part] and part not in leaves:
                known.pop(part, None)
    return {number: known[number] if number in known else ledger.entries[number].figure.value for number in asked}


def _touched(ledger: Ledger, leaves: Mapping[int, Value], wanted: Sequence[int]) -> list[int]:
    """The entries that rest on a changed leaf and on which something wanted rests, in the order of the ledger."""
    changed = set(leaves)
    for number, entry in enumerate(ledger.entries):
        if number not in changed and any(part in changed for part in entry.parts):
            changed.add(number)
    needed, stack = set[int](), list(wanted)
    while stack:
        number = stack.pop()
        if number in changed and number not in leaves and number not in needed:
            needed.add(number)
            stack.extend(ledger.entries[number].parts)
    return sorted(needed)


def _uses(ledger: Ledger, order: Sequence[int]) -> dict[int, int]:
    """How often each entry is a part of those that are computed."""
    uses: dict[int, int] = {}
    for number in order:
        for part in ledger.entries[number].parts:
            uses[part] = uses.get(part, 0) + 1
    return uses


def _computed(ledger: Ledger, entry: Entry, known: Mapping[int, Value]) -> Value:
    """One entry from its parts."""
    values = [known[part] if part in known else ledger.entries[part].figure.value for part in entry.parts]
    if entry.made_by in ROUNDED:
        return ROUNDED[entry.made_by](values[0]) * factors(ledger, entry)[0]
    turned = zip(values, factors(ledger, entry), strict=True)
    return reduce(SIGNS[entry.made_by], [value if factor == 1.0 else value * factor for value, factor in turned])


def factors(ledger: Ledger, entry: Entry) -> tuple[float, ...]:
    """What each part is multiplied by before the formula, so that its result is in the entry's unit."""
    own = scale(entry.figure.unit)
    scales = [scale(ledger.entries[part].figure.unit) for part in entry.parts]
    if entry.made_by == "×":
        return (scales[0] * scales[1] / own, 1.0)
    if entry.made_by == "÷":
        return (scales[0] / scales[1] / own, 1.0)
    return tuple(each / own for each in scales)


@cache
def scale(text: str) -> float:
    """How many base units one of a unit is."""
    return unit(text).scale
