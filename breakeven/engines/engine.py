"""The contract of an engine: it moves a job's folder to where work is done, runs the worker and keeps the limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from breakeven.records.job import Job, Result


@dataclass(frozen=True)
class Progress:
    """What a running job tells: its share done (0..1), its best validation value, seconds and bytes so far."""

    share: float
    score: float | None
    seconds: float
    bytes: int


class Engine(ABC):
    """A place where workers run."""

    name: ClassVar[str]

    def prepare(self, threads: int) -> None:
        """Jobs with so many threads are about to come: what can be made ready may be. Costs nothing by default."""

    def close(self) -> None:
        """No more jobs come: what was made ready may go."""

    @abstractmethod
    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        """Run the worker on a job to its end or its limits; never raises for what the worker did.

        A KeyboardInterrupt ends the worker and is raised again.
        """
