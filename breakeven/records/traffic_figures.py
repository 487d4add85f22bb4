"""What the traffic log has measured, in the place of what a plan assumes."""

from __future__ import annotations

from breakeven.records.record import FigureRecord, MessageRecord, Record


class TrafficFigures(Record):
    """Measured figures with their ranges; None where there is too little, and `kept` says so of each.

    Days are whole days of UTC: the first and the last day of the log are cut off and left out.
    """

    answers: int
    days: int
    requests_per_month: FigureRecord | None = None
    growth_per_month: FigureRecord | None = None
    p95_ms: FigureRecord | None = None
    error_share: FigureRecord | None = None
    accuracy: FigureRecord | None = None
    usd_per_1k: FigureRecord | None = None
    """At the measured demand, by the unit cost that the run measured."""
    kept: tuple[MessageRecord, ...] = ()
    """What stays as the plan assumes it, and why."""

    @property
    def figures(self) -> tuple[FigureRecord, ...]:
        """All that is known."""
        every = (self.requests_per_month, self.growth_per_month, self.p95_ms, self.error_share, self.accuracy,
                 self.usd_per_1k)  # fmt: skip
        return tuple(figure for figure in every if figure is not None)
