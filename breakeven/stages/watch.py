"""What a run tells while it goes: an interface overrides what it wants to show; the default shows nothing."""

from __future__ import annotations

from breakeven.core.words import Message
from breakeven.engines.engine import Progress
from breakeven.records.run import Rung


class Watcher:
    """Told of every step of a run, in order, from the main thread."""

    def stage(self, what: Message) -> None:
        """A stage begins."""

    def rung_begins(self, name: str, seconds: float) -> None:
        """A candidate begins to train and has so many seconds at most."""

    def rung_goes(self, name: str, progress: Progress, spent_usd: float, seconds_left: float) -> None:
        """A candidate trains: its progress, and what the run has spent and has left."""

    def rung_ends(self, rung: Rung, spent_usd: float, seconds_left: float) -> None:
        """A candidate ended, was refused, failed or was skipped."""

    def predicted(self, rows: int) -> None:
        """So many rows of a file have been answered."""
