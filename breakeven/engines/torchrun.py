"""The torchrun engine: a job that can use several processes gets them, as one group of torch.distributed.

The group is started by `python -m torch.distributed.run` on this machine, on the loopback address. Which jobs can use
it is told by their family; all others run as one process each, as with the local engine. Rank 0 leaves the result.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.engines.engine import Room
from breakeven.engines.group import ENGINE_PID
from breakeven.engines.processes import Processes
from breakeven.engines.workers import FreshWorker, Worker
from breakeven.records.job import Job
from breakeven.records.project import Compute

LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
GPUS = Path("/proc/driver/nvidia/gpus")


class TorchrunEngine(Processes):
    """One job at a time, in as many processes as the project says; by default one a GPU, or two."""

    name = "torchrun"

    def __init__(self) -> None:
        super().__init__()
        self._processes = default_processes()

    def check(self, compute: Compute) -> None:
        if find_spec("torch") is None:
            raise UsageError(
                say("training on torchrun needs torch"),
                "compute.train_on",
                say("pip install 'breakeven[{extra}]', or set train_on = \"here\"", extra="torch"),
            )

    def prepare(self, threads: int, compute: Compute | None = None) -> Room:
        self._processes = (compute.processes if compute else None) or default_processes()
        self.check(compute or Compute())
        super().prepare(threads)
        return Room(threads=threads, processes=self._processes)

    def _worker(self, path: Path, job: Job) -> Worker:
        if job.kind != "train" or not job.distributed or self._processes == 1:
            return super()._worker(path, job)
        each = max(1, job.threads // self._processes)
        # the program between us and the workers does not watch us; the workers do, and it ends when they have
        told = {ENGINE_PID: str(os.getpid()), "GLOO_SOCKET_IFNAME": LOOPBACK}
        return FreshWorker(path, each, torchrun(self._processes), **told)


def torchrun(processes: int) -> list[str]:
    """The command that starts a group of workers; the path of the job follows."""
    group = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", str(processes)]
    return [sys.executable, "-m", "torch.distributed.run", *group, "-m", "breakeven.worker"]


def default_processes() -> int:
    """One process a GPU; two where there is none, because more share the same cores."""
    return (len(list(GPUS.iterdir())) if GPUS.is_dir() else 0) or 2


ENGINE = TorchrunEngine()
