"""The local engine: a worker is a child process of this one."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from breakeven.core.words import Message, say
from breakeven.engines.engine import Engine, Progress
from breakeven.records.job import Bill, Job, Result
from breakeven.records.record import MessageRecord
from breakeven.store import write_bytes

LOOK_EVERY = 0.05
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


class LocalEngine(Engine):
    """Runs the worker here, looks at it twenty times a second, and ends it when it passes a limit.

    A worker needs a second or two to load its libraries, so that one is started ahead while another works.
    """

    name = "local"

    def __init__(self) -> None:
        self._ready: tuple[int, subprocess.Popen[bytes]] | None = None

    def prepare(self, threads: int) -> None:
        self.close()
        self._ready = (threads, _start(threads))

    def close(self) -> None:
        if self._ready:
            _end(self._ready[1])
            self._ready = None

    def run(self, job: Job, watch: Callable[[Progress], None]) -> Result:
        folder = Path(job.folder)
        write_bytes(folder / "job.json", job.model_dump_json(indent=1).encode())
        (folder / "result.json").unlink(missing_ok=True)
        (folder / "progress.json").unlink(missing_ok=True)
        started = time.monotonic()
        child = self._take(job.threads)
        try:
            _hand_over(child, folder / "job.json")
            limit, peak = _wait(child, job, started, watch)
        finally:
            _end(child)
        return _result(job, child.returncode, limit, time.monotonic() - started, peak)

    def _take(self, threads: int) -> subprocess.Popen[bytes]:
        """The worker that is ready, with another started in its place; a fresh one when none is."""
        if self._ready is None or self._ready[0] != threads or self._ready[1].poll() is not None:
            return _start(threads)
        child = self._ready[1]
        self._ready = (threads, _start(threads))
        return child


def _start(threads: int) -> subprocess.Popen[bytes]:
    """A worker that waits for a job."""
    return subprocess.Popen(
        [sys.executable, "-m", "breakeven.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=_environment(threads),
    )


def _hand_over(child: subprocess.Popen[bytes], path: Path) -> None:
    """Tell a waiting worker its job; one that is gone already will be found to be."""
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        child.stdin.write(f"{path}\n".encode())
        child.stdin.close()


def _environment(threads: int) -> dict[str, str]:
    """This process's environment, with the worker's threads bounded and this very package found first."""
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    bounded = dict.fromkeys(THREAD_VARIABLES, str(threads))
    return {**os.environ, **bounded, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}


def _wait(
    child: subprocess.Popen[bytes], job: Job, started: float, watch: Callable[[Progress], None]
) -> tuple[Message | None, int]:
    """Until the worker ends or passes a limit: (the limit it passed, its peak resident bytes)."""
    peak = 0
    while child.poll() is None:
        seconds = time.monotonic() - started
        size = _resident(child.pid)
        peak = max(peak, size)
        if seconds > job.limits.seconds:
            return say("stopped at its limit of {limit} s", limit=round(job.limits.seconds, 1)), peak
        if size > job.limits.bytes:
            most = round(job.limits.bytes / 1e9, 2)
            return say("stopped at its limit of {limit} GB of memory", limit=most), peak
        watch(_progress(Path(job.folder), seconds, peak))
        time.sleep(LOOK_EVERY)
    return None, peak


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


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the worker and all it started."""
    try:
        children = psutil.Process(child.pid).children(recursive=True) if child.poll() is None else []
    except psutil.Error:
        children = []
    for process in (*children, child):
        try:
            process.kill()
        except psutil.Error:
            continue  # it ended between the look and the kill
    child.wait()


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
