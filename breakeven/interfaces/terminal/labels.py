"""The label queue in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.words import say
from breakeven.interfaces.terminal.screen import Screen

if TYPE_CHECKING:
    from breakeven.records.labels import Queue


def show_queue(language: str | None, queue: Queue, file: Path) -> None:
    """How many were picked, and what to do with the file."""
    screen = Screen.of(language)
    drawn = sum(row.why == "random" for row in queue.rows)
    screen.line(say("{count} of {waiting_count} rows without a truth, {random_count} of them drawn by chance: {file}",
                    count=len(queue.rows), waiting_count=queue.waiting, random_count=drawn, file=str(file)),
                "bold")  # fmt: skip
    if queue.labels:
        screen.line(say("write one of these into the column truth: {names}", names=queue.labels), indent=2)
    screen.line(say("then: breakeven labels add {file}", file=str(file)), indent=2)


def show_added(language: str | None, count: int) -> None:
    """How many labels were taken."""
    screen = Screen.of(language)
    screen.line(say("{count} labels were taken as feedback", count=count), "bold")
    screen.line(say("learn from them: breakeven run --from-feedback"), indent=2)
