"""What a job may still spend on hosted models: every request reserves what it may cost at most before it is sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from math import inf
from pathlib import Path

SPENT = "spent.json"
"""In a job's folder: the dollars it has spent so far; it tells them even when the worker was ended."""
HAIR = 1e-12
"""Sums of dollars are floats: so much is not a difference."""


class Wallet:
    """Dollars with a cap that is never passed; safe for threads. `left` counts what requests under way may cost."""

    def __init__(self, usd: float = inf, tell: Callable[[float], None] = lambda spent: None) -> None:
        self.usd = usd
        self.spent = 0.0
        self._reserved = 0.0
        self._tell = tell
        self._changed = threading.Condition()

    def left(self) -> float:
        return self.usd - self.spent - self._reserved

    def reserve(self, usd: float) -> bool:
        """Take so much aside. While others are under way, wait for what they leave; False when it is too much."""
        with self._changed:
            while self._reserved > HAIR and usd > self.left() + HAIR:
                self._changed.wait()
            if usd > self.left() + HAIR:
                return False
            self._reserved += usd
            return True

    def settle(self, reserved: float, paid: float) -> None:
        """A request that had reserved so much has cost so much."""
        with self._changed:
            self._reserved -= reserved
            self.spent += paid
            if paid:
                self._tell(self.spent)
            self._changed.notify_all()


def write_spent(folder: Path) -> Callable[[float], None]:
    """Keeps what a job has spent in its folder, where it outlives the worker."""

    def write(spent: float) -> None:
        temporary = folder / f".{SPENT}"
        temporary.write_text(json.dumps({"usd": spent}))
        temporary.replace(folder / SPENT)

    return write


def read_spent(folder: Path) -> float:
    """The dollars that the job of a folder has spent, as far as it told."""
    try:
        return float(json.loads((folder / SPENT).read_bytes())["usd"])
    except (OSError, ValueError, KeyError):
        return 0.0
