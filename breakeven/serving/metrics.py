"""What a server counts, in the text form that Prometheus reads. No label is chosen by a client."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
ROWS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """Counters of one process; with several processes they share a folder, named by PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self, shared: bool) -> None:
        self._registry = CollectorRegistry()
        kept: dict[str, Any] = {"registry": self._registry}
        self._shared = shared
        requests = Counter("breakeven_requests", "Requests by what became of them.", ["route", "status"], **kept)
        self._requests = requests
        self._known: dict[tuple[str, int], Any] = {}
        self.rows = Counter("breakeven_rows", "Rows answered.", **kept)
        self.seconds = Histogram("breakeven_seconds", "Seconds from a whole request to its answer.",
                                 buckets=SECONDS, **kept)  # fmt: skip
        self.lost_lines = Counter("breakeven_traffic_lines_lost", "Lines that the traffic log had no room for.", **kept)
        self.waiting = Gauge("breakeven_rows_waiting", "Rows that wait for the model.",
                             multiprocess_mode="livesum", **kept)  # fmt: skip
        self._tokens = Counter("breakeven_tokens", "Tokens of prompts and of answers.", ["kind"], **kept)
        self.first = Histogram("breakeven_first_token_seconds", "Seconds from a whole request to its first token.",
                               buckets=SECONDS, **kept)  # fmt: skip
        self.queue = Counter("breakeven_queue_seconds", "Seconds that requests have waited for their batch, in all.",
                             **kept)  # fmt: skip
        self.release = Gauge("breakeven_release", "The number of the release that answers.",
                             multiprocess_mode="livemax", **kept)  # fmt: skip

    def count(self, route: str, status: int) -> None:
        """One request more. `route` is one of the server's own names."""
        child = self._known.get((route, status))
        if child is None:
            child = self._known[route, status] = self._requests.labels(route, str(status))
        child.inc()

    def wrote(self, outputs: Sequence[dict[str, Any]]) -> None:
        """Count the tokens of answers that are texts."""
        for output in outputs:
            if "tokens" in output:
                self._tokens.labels("prompt").inc(output["prompt_tokens"])
                self._tokens.labels("answer").inc(output["tokens"])
            if output.get("first_seconds") is not None:
                self.first.observe(output["first_seconds"])

    def text(self) -> bytes:
        """All counters, those of all processes together."""
        if not self._shared:
            return generate_latest(self._registry)
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
