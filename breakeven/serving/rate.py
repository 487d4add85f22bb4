"""A token bucket for each client: so many requests a second, and some at once."""

from __future__ import annotations

from collections import OrderedDict

MOST_CLIENTS = 10_000
"""Buckets that are remembered; the one unused for longest goes first, and comes back full."""


class Rates:
    """Buckets by client. Times are in seconds of a clock that never goes back."""

    def __init__(self, per_second: float, burst: int) -> None:
        self._per_second, self._burst = per_second, float(burst)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str, now: float) -> float:
        """0 when the request may pass, and it is counted; else the seconds until the next one may."""
        left, seen = self._buckets.get(client, (self._burst, now))
        left = min(self._burst, left + max(0.0, now - seen) * self._per_second)
        waits = 0.0 if left >= 1.0 else (1.0 - left) / self._per_second
        self._buckets[client] = (left if waits else left - 1.0, now)
        self._buckets.move_to_end(client)
        if len(self._buckets) > MOST_CLIENTS:
            self._buckets.popitem(last=False)
        return waits
