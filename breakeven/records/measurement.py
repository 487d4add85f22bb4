"""What was measured on an artifact, in a process of its own."""

from __future__ import annotations

from breakeven.records.machine import Machine
from breakeven.records.record import Record


class Measurement(Record):
    """Serving figures of one artifact on one machine, one process."""

    candidate: str
    machine: Machine
    p50_ms: float
    p95_ms: float
    requests_per_second: float
    """One request after another, batch 1."""
    bulk_rows_per_second: float
    load_ms: float
    peak_bytes: int
    """Of the process that answers, libraries and all."""
    artifact_bytes: int
    rows_timed: int
    usd_per_request: float | None = None
    """What others ask for an answer (a hosted model); None: nothing."""
    usd_source: str = ""
    """Whose prices these are, and of when."""
    remote: bool = False
    """No machine of ours has a part in answering."""
