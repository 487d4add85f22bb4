"""The local engine: a worker is a child process of this one."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from breakeven.core.words import Message, say
from breakeven.engines.engine import Engine, Progress
from breakeven.engines.workers import CAN_FORK, FreshWorker, Nursery, Worker, end_tree
from breakeven.records.job import Bill, Job, Result
from breakeven.records.record import MessageRecord
from breakeven.store import write_bytes

LOOK_EVERY = 0.05


class LocalEngine(Engine):
    """Runs the worker here, looks at it twenty times a second, and ends it when it passes a limit.

    After `prepare`, workers are forks of a process that has the libraries loaded; else each is a fresh process.
    """

    name = "local"

    def __init__(self) -> None:
        self._nursery: Nursery | None = None

    def prepare(self, threads: int) -> None:
        self.close()
        self._nursery = Nursery(threads) if CAN_FORK else None

    def close(self) -> None:
        if self._nursery:
            self._nursery.close()
            self._nursery = None

    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        folder = Path(job.folder)
        write_bytes(folder / "job.json", job.model_dump_json(indent=1).encode())
        (folder / "progress.json").unlink(missing_ok=True)
        worker = None
        try:
            worker = self._worker(folder / "job.json", job.threads)
            started = time.monotonic()
            code, limit, peak = _wait(worker, job, started, watch)
        except BaseException:  # an interrupt may come at any point: end whatever was begun
            self._abandon(worker)
            raise
        return _result(job, code, limit, time.monotonic() - started, peak)

    def _abandon(self, worker: Worker | None) -> None:
        """End the worker; a nursery goes with it, because nobody knows what it has told so far."""
        if worker:
            end_tree(worker.pid)
        if self._nursery:
            self.prepare(self._nursery.threads)

    def _worker(self, job: Path, threads: int) -> Worker:
        """A fork of the nursery, which is made anew when it was ended; a fresh process without one."""
        if self._nursery and self._nursery.threads == threads:
            worker = self._nursery.fork(job)
            if worker is None:
                self.prepare(threads)
                worker = self._nursery.fork(job)
            if worker is not None:
                return worker
        return FreshWorker(job, threads)


def _wait(
    worker: Worker, job: Job, started: float, watch: Callable[[Progress], None]
) -> tuple[int, Message | None, int]:
    """Until the worker ends or passes a limit: (exit code, the limit it passed, its peak resident bytes)."""
    peak = 0
    while (code := worker.wait(LOOK_EVERY)) is None:
        seconds = time.monotonic() - started
        size = _resident(worker.pid)
        peak = max(peak, size)
        passed = _passed(job, seconds, size)
        if passed:
            end_tree(worker.pid)
            return worker.wait(10.0) or -9, passed, peak
        watch(_progress(Path(job.folder), seconds, peak))
    return code, None, peak


def _passed(job: Job, seconds: float, size: int) -> Message | None:
    """The limit that a worker has passed, if any."""
    if seconds > job.limits.seconds:
        return say("stopped at its limit of {limit} s", limit=round(job.limits.seconds, 1))
    if size > job.limits.bytes:
        return say("stopped at its limit of {limit} GB of memory", limit=round(job.limits.bytes / 1e9, 2))
    return None


def _resident(pid: int) -> int:
    """Resident bytes of a process and its children; 0 when it is gone."""
    try:
        process = psutil.Process(pid)
        return sum(each.memory_info().rss for each in (process, *process.children(recursive=True)))
    except psutil.Error:
        return 0


def _progress(folder: Path, seconds: float, peak: int) -> Progress:
    try:
        told = json.loads((folder / "progress.json").read_bytes())
    except (OSError, ValueError):
        told = {"share": 0.0, "score": None}
    return Progress(told["share"], told["score"], seconds, peak)


def _result(job: Job, code: int, limit: Message | None, seconds: float, peak: int) -> Result:
    """The worker's own result, or what the engine knows when there is none."""
    kept = Path(job.folder) / "result.json"
    if limit is None and kept.exists():
        result = Result.model_validate_json(kept.read_bytes())
        bill = result.bill.model_copy(update={"seconds": seconds, "peak_bytes": max(peak, result.bill.peak_bytes)})
        return result.model_copy(update={"bill": bill})
    reason = limit or say("the worker ended without a result (exit code {code}); see log.txt", code=code)
    result = Result(
        digest=job.digest,
        outcome="stopped" if limit else "failed",
        reason=MessageRecord.of(reason),
        bill=Bill(seconds=seconds, peak_bytes=peak),
    )
    write_bytes(kept, result.model_dump_json(indent=1).encode())
    return result


ENGINE = LocalEngine()
