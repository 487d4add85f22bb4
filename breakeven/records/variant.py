"""A form of one trained model: plain, in eight bits, pruned …, with what it was measured to do."""

from __future__ import annotations

from breakeven.records.record import MessageRecord, Record


class Variant(Record):
    """One form; of all forms of a model exactly one is `kept` and is the artifact.

    `value` is the metric on the scored rows; `rows_per_second` and `p50_ms` were measured here, one thread, one row
    at a time. `why` tells what spoke for it or against it.
    """

    name: str
    bytes: int
    value: float | None
    p50_ms: float
    rows_per_second: float
    kept: bool
    why: MessageRecord
