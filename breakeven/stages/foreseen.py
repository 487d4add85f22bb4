"""What a training foretold of itself and what it then took, out of its result."""

from __future__ import annotations

from breakeven.records.forecast import Forecast
from breakeven.records.job import Result


def forecast_of(result: Result) -> Forecast | None:
    """None where the family foretells nothing."""
    foreseen, took = result.values.get("estimated_seconds"), result.values.get("trained_seconds")
    if not isinstance(foreseen, int | float) or not isinstance(took, int | float):
        return None
    size = result.values.get("estimated_peak_bytes")
    if not isinstance(size, int | float):
        return Forecast(seconds=foreseen, took_seconds=took)
    return Forecast(seconds=foreseen, took_seconds=took, bytes=int(size), took_bytes=result.bill.peak_bytes)
