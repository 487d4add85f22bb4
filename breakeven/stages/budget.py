"""The budget of a run: seconds and dollars, what is spent of them and what a rung may have."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

import psutil

from breakeven.core.words import Message, say
from breakeven.engines.engine import Room
from breakeven.records.candidate import Candidate
from breakeven.records.job import Bill, Limits
from breakeven.records.project import Budget as BudgetRecord

LEAST_SECONDS = 1.0
"""Every rung may have so much while there is any left; with less left none is worth starting."""
PATIENCE = 1.5
"""A rung is asked to be done within its share and ended at so many times it: others may keep the machine busy."""
AFTER_SHARE, AFTER_MOST = 0.08, 12.0
"""Kept for what follows the climb: scoring, pricing, the plan and the report."""


@dataclass
class Budget:
    """Counts what a run spends. Work that was kept from an earlier, broken run counts as spent, too."""

    seconds: float
    usd: float
    usd_per_second: float
    bytes: int
    started: float = field(default_factory=time.monotonic)
    earlier_seconds: float = 0.0
    other_usd: float = 0.0
    """Spent besides the time of the machine: the bills of hosted models."""
    machines: float = 1.0
    """Machines that the run holds; `usd_per_second` pays for all of them."""

    @classmethod
    def of(cls, wanted: BudgetRecord, usd_per_second: float, room: Room, seconds: float | None = None) -> Budget:
        """From the project file, the price of one machine and the engine's room; `seconds` overrides the file's.

        Without memory_gb a worker may hold what the engine says, or four fifths of what is free here now.
        """
        free = room.bytes or psutil.virtual_memory().available * 0.8
        most = wanted.memory_gb * 1e9 if wanted.memory_gb else free
        price = usd_per_second * room.machines
        return cls(seconds or wanted.seconds, wanted.usd, price, int(most), machines=room.machines)

    @property
    def usd_per_machine_second(self) -> float:
        return self.usd_per_second / self.machines

    def seconds_spent(self) -> float:
        return self.earlier_seconds + time.monotonic() - self.started

    def spent_usd(self) -> float:
        return self.seconds_spent() * self.usd_per_second + self.other_usd

    def seconds_left(self) -> float:
        """Seconds until time or money runs out, whichever comes first; negative when it has."""
        left = self.seconds - self.seconds_spent()
        if self.usd_per_second > 0:
            left = min(left, (self.usd - self.spent_usd()) / self.usd_per_second)
        return left

    def add_earlier(self, bill: Bill) -> None:
        """Work that is taken over instead of being done again."""
        self.earlier_seconds += bill.seconds * bill.machines / self.machines
        self.add_bill(bill)

    def add_bill(self, bill: Bill) -> None:
        """What work done now spent besides the time of the machine."""
        self.other_usd += bill.usd or 0.0

    def limits(self, candidate: Candidate, to_come: tuple[Candidate, ...], at_once: int = 1) -> Limits:
        """What a rung may take: its share of what is left, by what it and the rungs after it expect to need.

        So many rungs `at_once` have the same seconds, and share what may be paid to hosted models.
        """
        after = min(AFTER_MOST, self.seconds * AFTER_SHARE)
        hints = sum(other.seconds_hint for other in (candidate, *to_come))
        left = max(0.0, self.seconds_left() - after)
        share = max(left * candidate.seconds_hint / hints, min(left, LEAST_SECONDS))
        seconds = min(left, share * PATIENCE)
        return Limits(seconds=seconds, bytes=self.bytes, aim=share, usd=self.usd_left(seconds + after) / at_once)

    def usd_left(self, seconds: float) -> float:
        """Dollars for hosted models, when the machine is paid for so many more seconds."""
        return max(0.0, self.usd - self.spent_usd() - seconds * self.usd_per_second)

    def shortage(self, limits: Limits) -> Message | None:
        """Why a rung with these limits is not worth starting."""
        if limits.seconds >= LEAST_SECONDS:
            return None
        if self.spent_usd() >= self.usd * 0.9:
            return say("the budget of {usd} is spent", usd=self.usd)
        return say("the budget of {limit} s is spent", limit=self.seconds)
