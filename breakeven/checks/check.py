"""The contract of a check: a function from the rows and the project to findings. It never raises for bad data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from breakeven.core.words import Message
from breakeven.records.audit import Finding
from breakeven.records.dataset import Column, Part
from breakeven.records.project import Project
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    import pyarrow as pa

MOST_ROWS = 10
"""How many example rows a finding names."""


@dataclass(frozen=True)
class Seen:
    """What a check may look at: the rows of each part, with the column `_row` (number in its file, from 1)."""

    project: Project
    task: Task
    parts: dict[Part, pa.Table]
    files: dict[Part, str]
    """The file each part came from, as the project names it."""
    columns: tuple[Column, ...]
    labels: tuple[str, ...] = ()
    folder: str = ""
    seed: int = 0
    extras: dict[str, object] = field(default_factory=dict)


class Check(ABC):
    """One thing to look for."""

    name: ClassVar[str]

    @abstractmethod
    def describe(self) -> Message:
        """What it looks for, in a sentence."""

    @abstractmethod
    def look(self, seen: Seen) -> Iterator[Finding]:
        """All findings, the worst first."""


def finding(
    check: str,
    level: Literal["blocking", "warning", "note"],
    what: Message,
    where: Message,
    hint: Message,
    column: str = "",
    rows: list[int] | tuple[int, ...] = (),
    count: int = 0,
) -> Finding:
    """A finding; of `rows` the first few are kept, `count` says how many there are in all."""
    return Finding(
        check=check,
        level=level,
        what=MessageRecord.of(what),
        where=MessageRecord.of(where),
        hint=MessageRecord.of(hint),
        column=column,
        rows=tuple(int(row) for row in rows[:MOST_ROWS]),
        count=count or len(rows),
    )
