"""The contract of an engine: it moves a job's folder to where work is done, runs the worker and keeps the limits."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from breakeven.records.job import Job, Result
from breakeven.records.project import Compute


@dataclass(frozen=True)
class Progress:
    """What a running job tells: its share done (0..1), its best validation value, seconds and bytes so far.

    Of a net also the seconds and bytes that its training is foreseen to take, as soon as it knows.
    """

    share: float
    score: float | None
    seconds: float
    bytes: int
    foreseen_seconds: float | None = None
    foreseen_bytes: int | None = None


@dataclass(frozen=True)
class Room:
    """What an engine has room for, and what is paid for while it waits.

    `jobs` are trained at a time, each with `threads` and at most `bytes` (None: the engine does not know). A job that
    can use several processes gets `processes`. `machines` of one price are held by the run.
    """

    jobs: int = 1
    threads: int = 1
    bytes: int | None = None
    processes: int = 1
    machines: float = 1.0


@dataclass(frozen=True)
class Place:
    """What is paid for while an engine trains: `here`, or a machine of the price tables, perhaps at its spot price."""

    machine: str = "here"
    spot: bool = False


class Engine(ABC):
    """A place where workers run."""

    name: ClassVar[str]

    def check(self, compute: Compute) -> None:
        """Whether it can work with the settings of a project. Starts nothing.

        Raises UsageError: a library is missing, an address does not answer, a setting is wrong.
        """

    def place(self, compute: Compute) -> Place:
        """What an hour on it is priced by. Raises UsageError for a machine that is not in the price tables."""
        return Place(compute.machine or "here")

    def prepare(self, threads: int, compute: Compute | None = None) -> Room:
        """Jobs are about to come, from a machine with so many cores: make ready what may be, and say what fits.

        Raises UsageError like `check`.
        """
        return Room(threads=threads)

    def close(self) -> None:
        """No more jobs come: what was made ready may go."""

    @abstractmethod
    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        """Run the worker on a job to its end or its limits; never raises for what the worker did.

        A KeyboardInterrupt ends the worker and is raised again.
        """

    def run_many(self, jobs: Sequence[Job], watch: Callable[[Job, Progress], None]) -> Iterator[tuple[Job, Result]]:
        """Run jobs that do not need each other; each comes back when it has ended, its result kept in its folder.

        One after the other by default. Whatever ends the iteration ends the workers.
        """
        for job in jobs:
            yield job, self.run(job, lambda progress, job=job: watch(job, progress))  # type: ignore[misc]
