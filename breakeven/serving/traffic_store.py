"""Where the lines of the traffic log are kept: the contract of a store, and the columns of its two kinds of lines."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

import pyarrow as pa

from breakeven.core.errors import StorageError

Kind = Literal["answers", "feedback"]
ANSWERS = pa.schema([
    ("at", pa.timestamp("ms", "UTC")), ("id", pa.string()), ("release", pa.int32()), ("key", pa.string()),
    ("user", pa.string()), ("seconds", pa.float32()), ("answer", pa.string()), ("confidence", pa.float32()),
    ("inputs", pa.string()), ("arm", pa.string()), ("prompt_tokens", pa.int32()), ("tokens", pa.int32()),
    ("first_seconds", pa.float32()),
])  # fmt: skip
FEEDBACK = pa.schema([
    ("at", pa.timestamp("ms", "UTC")), ("id", pa.string()), ("truth", pa.string()), ("reward", pa.float64()),
    ("event", pa.string()),
])  # fmt: skip
SCHEMAS: dict[Kind, pa.Schema] = {"answers": ANSWERS, "feedback": FEEDBACK}


class StoreAway(StorageError):
    """The store cannot be written now; the same lines may be written later."""


class LinesRefused(Exception):
    """The store will never take these lines: one of them holds what it cannot keep."""


@dataclass(frozen=True)
class Batch:
    """Lines of one kind that one process writes together, numbered from `first` on.

    Writer and number name a line for good: a batch whose writing was not acknowledged may be written again.
    """

    kind: Kind
    writer: str
    first: int
    lines: Sequence[dict[str, Any]]


def columns_of(kind: Kind, columns: Sequence[str] | None) -> pa.Schema:
    """The columns of a kind of lines, or those that are named."""
    schema = SCHEMAS[kind]
    return schema if columns is None else pa.schema([schema.field(name) for name in columns])


class TrafficStore(ABC):
    """One thread at a time uses it. `place` says where it is, without a secret."""

    place: str

    @abstractmethod
    def write(self, batch: Batch) -> None:
        """Keep a batch, once however often it is given. Raises StoreAway, LinesRefused."""

    @abstractmethod
    def scan(self, kind: Kind, since: datetime | None = None, columns: Sequence[str] | None = None,
             ) -> Iterator[pa.Table]:  # fmt: skip
        """The lines of a kind, day after day and a bounded number at a time; those of the days before `since` are left
        out. Of `columns` alone, where they are named. Raises StoreAway."""

    def read(self, kind: Kind, since: datetime | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """All of them at once, for logs that are small enough. Raises StoreAway."""
        return pa.concat_tables([columns_of(kind, columns).empty_table(), *self.scan(kind, since, columns)])

    @abstractmethod
    def forget_user(self, digest: str) -> int:
        """Remove every line of a user, and the feedback to it; returns how many answers are gone. Raises StoreAway."""

    @abstractmethod
    def forget_before(self, day: date) -> None:
        """Remove what is older than a day. Raises StoreAway."""

    def tidy(self) -> None:
        """Bring what was written into a form that is quick to read; asked for now and then. Raises StoreAway."""
        return None

    def close(self) -> None:
        """Let go of what is held open."""
        return None
