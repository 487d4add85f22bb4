"""What the audit of the data found."""

from __future__ import annotations

from typing import Literal

from breakeven.records.dataset import Dataset
from breakeven.records.record import MessageRecord, Record


class Finding(Record):
    """One thing found by a check. `rows` are examples: numbers of data rows in the file, the first is 1."""

    check: str
    level: Literal["blocking", "warning", "note"]
    what: MessageRecord
    where: MessageRecord
    hint: MessageRecord
    column: str = ""
    rows: tuple[int, ...] = ()
    count: int = 0


class Audit(Record):
    """All findings on a project's data; with a blocking one there may be no dataset."""

    findings: tuple[Finding, ...]
    dataset: Dataset | None
    split: tuple[MessageRecord, ...] = ()
    """How the rows were split, and why so, in sentences."""
    seconds: float = 0.0

    @property
    def blocked(self) -> bool:
        return any(finding.level == "blocking" for finding in self.findings)
