"""What was measured on an artifact, in a process of its own."""

from __future__ import annotations

from breakeven.records.machine import Machine
from breakeven.records.record import MessageRecord, Record


class Measurement(Record):
    """Serving figures of one artifact on one machine, one process."""

    candidate: str
    machine: Machine
    p50_ms: float
    p95_ms: float
    requests_per_second: float
    """Of its own server, when that can do no more: one row a request. In a loop: one request after another."""
    bulk_rows_per_second: float
    """Rows of a file, in large batches, without a server."""
    load_ms: float
    peak_bytes: int
    """Of the process that answers, libraries and all."""
    artifact_bytes: int
    rows_timed: int
    served: bool = False
    """p50, p95, rate and memory are those of one process of our own server, guard on; else those of a loop."""
    why_not_served: MessageRecord | None = None
    served_rows_per_second: float | None = None
    """Of its own server, 32 rows a request."""
    ready_seconds: float | None = None
    """From the start of the process to its first answer."""
    usd_per_request: float | None = None
    """What others ask for an answer (a hosted model); None: nothing."""
    usd_source: str = ""
    """Whose prices these are, and of when."""
    remote: bool = False
    """No machine of ours has a part in answering."""
