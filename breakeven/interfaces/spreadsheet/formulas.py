"""Entries of a ledger as formulas of a spreadsheet: the same graph, in the words of Excel and LibreOffice.

Each cell holds a number in its entry's own unit; the factors between units stand in the formula.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from breakeven.core.figure import WHOLE
from breakeven.plan.replay import factors
from breakeven.records.ledger import Ledger

MOST_ARGUMENTS = 200
"""A function of Excel takes 255."""


def literal(value: float) -> str:
    """A number as a formula writes it, a negative one in brackets."""
    text = repr(float(value)).removesuffix(".0").upper()
    return f"({text})" if value < 0 else text


def formula(ledger: Ledger, number: int, parts: Sequence[str]) -> str:
    """The formula of a computed entry, without `=`; `parts` are the cells, or the bracketed formulas, of its parts.

    Raises KeyError for a formula that the graph does not know.
    """
    entry = ledger.entries[number]
    own = factors(ledger, entry)
    if entry.made_by in ROUNDED:
        text = ROUNDED[entry.made_by](parts[0])
        return text if own[0] == 1.0 else f"{text}*{literal(own[0])}"
    scaled = [part if factor == 1.0 else f"{part}*{literal(factor)}" for part, factor in zip(parts, own, strict=True)]
    return JOINED[entry.made_by](scaled)


def bracketed(text: str) -> str:
    """A formula as a part of another: a function call stands as it is."""
    whole = text.endswith(")") and text.startswith(("SUM(", "MAX(", "MIN(")) and text.count("(") == 1
    return text if whole else f"({text})"


def _call(name: str) -> Callable[[Sequence[str]], str]:
    def joined(parts: Sequence[str]) -> str:
        if len(parts) <= MOST_ARGUMENTS:
            return f"{name}({','.join(parts)})"
        return joined([joined(parts[:MOST_ARGUMENTS]), *parts[MOST_ARGUMENTS:]])

    return joined


JOINED: dict[str, Callable[[Sequence[str]], str]] = {
    "+": "+".join, "-": "-".join, "×": "*".join, "÷": "/".join, "^": "^".join,
    "sum": _call("SUM"), "max": _call("MAX"), "min": _call("MIN"),
}
ROUNDED: dict[str, Callable[[str], str]] = {
    "rounded up": lambda part: f"-INT({literal(WHOLE)}-{part})",  # INT goes down, so its mirror goes up, below zero too
    "rounded down": lambda part: f"INT({part}+{literal(WHOLE)})",
}
