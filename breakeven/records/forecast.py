"""What training a net was foreseen to take, beside what it took."""

from __future__ import annotations

from breakeven.records.record import Record


class Forecast(Record):
    """Seconds of training alone (a bill counts the worker from its start to its end) and the peak of its memory."""

    seconds: float
    took_seconds: float
    bytes: int | None = None
    took_bytes: int | None = None
