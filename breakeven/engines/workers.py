"""Worker processes of the local engine: a fresh one for a single job, or forks of one that has the libraries loaded."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path
from typing import Protocol

import psutil

WORKER = [sys.executable, "-m", "breakeven.worker"]
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
GROUP_VARIABLES = ("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What tells a process of torch.distributed its place. A worker has none, whatever program called us."""
CAN_FORK = sys.platform == "linux"
"""macOS can fork, too, but its system libraries do not survive it."""


class Worker(Protocol):
    """A process that runs one job."""

    pid: int

    def wait(self, seconds: float) -> int | None:
        """Its exit code, or None when it still runs after so many seconds."""


class FreshWorker:
    """A process started for one job; `program` are the words that start its program, ours by default."""

    def __init__(self, job: Path, threads: int, program: list[str] | None = None, **variables: str) -> None:
        command = [*(program or WORKER), str(job)]
        nothing = subprocess.DEVNULL
        with job.with_name("log.txt").open("wb") as log:
            # a session of its own: Ctrl-C is for the main process alone, which then sees to the worker
            self.process = _popen(command, threads, variables, stdin=nothing, stdout=log, stderr=log,
                                  start_new_session=True)  # fmt: skip
        self.pid = self.process.pid

    def wait(self, seconds: float) -> int | None:
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class Nursery:
    """A process that has loaded the libraries and forks a worker for every job it is told, one at a time.

    Loading takes one to three seconds, a fork some milliseconds. It begins when this object is made.
    """

    def __init__(self, threads: int) -> None:
        self.threads = threads
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        # a session of its own: Ctrl-C is for the main process alone, which then sees to the workers
        self.process = _popen(WORKER, threads, {}, stdin=pipe, stdout=pipe, stderr=nothing, start_new_session=True)

    def fork(self, job: Path) -> ForkedWorker | None:
        """A worker on a job; None when the nursery is gone."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(f"{job}\n".encode())
            self.process.stdin.flush()
        except BrokenPipeError:
            return None
        pid = self.read(None)
        return ForkedWorker(self, pid) if pid is not None else None

    def read(self, seconds: float | None) -> int | None:
        """The next number that the nursery tells, waiting at most so long; None when none came."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], seconds)
        line = self.process.stdout.readline() if ready else b""
        return int(line) if line.strip() else None

    def close(self) -> None:
        end_tree(self.process.pid)
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                pipe.close()


class ForkedWorker:
    """A fork of the nursery; the nursery tells when it ended."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self.nursery = nursery
        self.pid = pid

    def wait(self, seconds: float) -> int | None:
        code = self.nursery.read(seconds)
        if code is None and self.nursery.process.poll() is not None:
            end_tree(self.pid)  # it would see for itself that its nursery is gone, but a moment later
            return -9
        return code


def _popen(
    command: list[str], threads: int, variables: dict[str, str], **how: object
) -> subprocess.Popen[bytes]:
    """A program, with its threads bounded and this very package found first."""
    package = str(Path(__file__).parents[2])
    paths = [package, *filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))]
    bounded = dict.fromkeys(THREAD_VARIABLES, str(threads))
    inherited = {name: value for name, value in os.environ.items() if name not in GROUP_VARIABLES}
    environment = {**inherited, **bounded, "PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1", **variables}
    return subprocess.Popen(command, env=environment, **how)  # type: ignore[call-overload, no-any-return]


def end_tree(pid: int) -> None:
    """End a process and all it started."""
    try:
        process = psutil.Process(pid)
        processes = [process, *process.children(recursive=True)]
    except psutil.Error:
        return
    for each in processes:
        try:
            each.kill()
        except psutil.Error:
            continue  # it ended between the look and the kill
