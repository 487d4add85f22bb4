"""When the next request may go: spaced evenly under a limit a minute, and not before the endpoint wants it."""

from __future__ import annotations

import threading
from time import monotonic


class Pace:
    """Gives each request its turn. Safe for threads."""

    def __init__(self, requests_per_minute: float | None) -> None:
        self.gap = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._next = 0.0
        self._lock = threading.Lock()

    def turn(self) -> float:
        """Seconds to wait for the turn that is taken by this call."""
        with self._lock:
            now = monotonic()
            mine = max(now, self._next)
            self._next = mine + self.gap
            return mine - now

    def hold(self, seconds: float) -> None:
        """No turn for so many seconds: the endpoint asked for a pause."""
        with self._lock:
            self._next = max(self._next, monotonic() + seconds)
