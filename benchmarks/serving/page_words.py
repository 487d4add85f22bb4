"""How the page writes figures, tables and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def verdict(met: bool) -> str:
    return "met" if met else "**missed**"


def number(value: float | None, digits: int = 0) -> str:
    return "unknown" if value is None else f"{value:,.{digits}f}"


def pair(one: float | None, other: float | None, digits: int = 1) -> str:
    return f"{number(one, digits)} / {number(other, digits)}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Markdown; the first column is words, the others are numbers."""
    return [f"| {' | '.join(head)} |", "|---|" + "---:|" * (len(head) - 1), *(f"| {' | '.join(row)} |" for row in rows)]


def statuses(counts: dict[str, int]) -> str:
    return ", ".join(f"{status}: {count:,}" for status, count in sorted(counts.items()))


def total(every: Sequence[dict[str, Any]], name: str) -> int:
    """The sum of a count over the rounds."""
    return int(sum(each[name] for each in every))
