"""The local engine: a worker is a child process of this one."""

from __future__ import annotations

from breakeven.engines.engine import Place
from breakeven.engines.processes import Processes
from breakeven.records.project import Compute


class LocalEngine(Processes):
    """One job at a time, here."""

    name = "local"

    def place(self, compute: Compute) -> Place:
        return Place(compute.train_on)


ENGINE = LocalEngine()
