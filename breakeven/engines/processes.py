"""Workers as processes of this machine: what the local engine is, and what the others use for work that stays here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from breakeven.engines.engine import Engine, Progress, Room
from breakeven.engines.watching import Ending, follow, result_of, write_job
from breakeven.engines.workers import CAN_FORK, FreshWorker, Nursery, Worker, end_tree
from breakeven.records.job import Job, Result
from breakeven.records.project import Compute


class Processes(Engine):
    """Runs the worker here, looks at it twenty times a second, and ends it when it passes a limit.

    After `prepare`, workers are forks of a process that has the libraries loaded; else each is a fresh process.
    """

    def __init__(self) -> None:
        self._nursery: Nursery | None = None

    def prepare(self, threads: int, compute: Compute | None = None) -> Room:
        self._prepare_nursery(threads)
        return Room(threads=threads)

    def _prepare_nursery(self, threads: int) -> None:
        self._close_nursery()
        self._nursery = Nursery(threads) if CAN_FORK else None

    def close(self) -> None:
        self._close_nursery()

    def _close_nursery(self) -> None:
        if self._nursery:
            self._nursery.close()
            self._nursery = None

    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        path, worker = write_job(job), None
        try:
            worker = self._worker(path, job)
            ending = _watched(worker, job, watch)
        except BaseException:  # an interrupt may come at any point: end whatever was begun
            self._abandon(worker)
            raise
        return result_of(job, ending)

    def _abandon(self, worker: Worker | None) -> None:
        """End the worker; a nursery goes with it, because nobody knows what it has told so far."""
        if worker:
            end_tree(worker.pid)
        if self._nursery:
            self._prepare_nursery(self._nursery.threads)

    def _worker(self, path: Path, job: Job) -> Worker:
        """A fork of the nursery, which is made anew when it was ended; a fresh process without one."""
        if self._nursery and self._nursery.threads == job.threads:
            worker = self._nursery.fork(path)
            if worker is None:
                self._prepare_nursery(job.threads)
                worker = self._nursery.fork(path)
            if worker is not None:
                return worker
        return FreshWorker(path, job.threads)


def _watched(worker: Worker, job: Job, watch: Callable[[Progress], None]) -> Ending:
    """Follow a worker to its end, telling how far it is."""
    steps = follow(worker, job)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        watch(progress)
