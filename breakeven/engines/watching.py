"""Looking at a worker from outside: its progress, its limits, and its result when it has ended."""

from __future__ import annotations

import json
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psutil

from breakeven.core.words import Message, say
from breakeven.engines.engine import Progress
from breakeven.engines.workers import Worker, end_tree
from breakeven.records.job import Bill, Job, Result
from breakeven.records.record import MessageRecord
from breakeven.store import write_bytes

LOOK_EVERY = 0.05


@dataclass(frozen=True)
class Ending:
    """How a worker ended: its exit code, the limit it passed, wall seconds, and the peak of its resident bytes."""

    code: int
    limit: Message | None
    seconds: float
    peak: int


def write_job(job: Job) -> Path:
    """`job.json` in the job's folder, and nothing left there of how far an earlier worker was."""
    path = Path(job.folder) / "job.json"
    write_bytes(path, job.model_dump_json(indent=1).encode())
    path.with_name("progress.json").unlink(missing_ok=True)
    return path


def follow(worker: Worker, job: Job) -> Generator[Progress, None, Ending]:
    """Look at a worker twenty times a second until it ends or passes a limit; then it is ended with all it started."""
    peak, started = 0, time.monotonic()
    while (code := worker.wait(LOOK_EVERY)) is None:
        seconds = time.monotonic() - started
        size = _resident(worker.pid)
        peak = max(peak, size)
        passed = _passed(job, seconds, size)
        if passed:
            end_tree(worker.pid)
            return Ending(worker.wait(10.0) or -9, passed, time.monotonic() - started, peak)
        yield _progress(Path(job.folder), seconds, peak)
    return Ending(code, None, time.monotonic() - started, peak)


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
    foreseen = told.get("foreseen_seconds"), told.get("foreseen_bytes")
    return Progress(told["share"], told["score"], seconds, peak, *foreseen)


def result_of(job: Job, ending: Ending, machines: float = 1.0) -> Result:
    """The worker's own result, or what is known when there is none; the bill is what was seen from outside.

    `machines` is how many machines the job had, 0.5 of one that it shared with another.
    """
    kept = Path(job.folder) / "result.json"
    if ending.limit is None and kept.exists():
        result = Result.model_validate_json(kept.read_bytes())
        peak = max(ending.peak, result.bill.peak_bytes)
        seen = {"seconds": ending.seconds, "peak_bytes": peak, "machines": machines}
        return result.model_copy(update={"bill": result.bill.model_copy(update=seen)})
    reason = ending.limit or say("the worker ended without a result (exit code {code}); see log.txt", code=ending.code)
    bill = Bill(seconds=ending.seconds, peak_bytes=ending.peak, machines=machines)
    return write_failure(job, "stopped" if ending.limit else "failed", reason, bill)


def write_failure(job: Job, outcome: str, reason: Message, bill: Bill) -> Result:
    """Keep in the job's folder that it came to nothing, and why."""
    told = {"digest": job.digest, "outcome": outcome, "reason": MessageRecord.of(reason), "bill": bill}
    result = Result.model_validate(told)
    write_bytes(Path(job.folder) / "result.json", result.model_dump_json(indent=1).encode())
    return result
