"""What a worker is told by its environment: its place in a group of processes, and whom it must not outlive."""

from __future__ import annotations

import os
import threading
import time

import psutil

from breakeven.records.job import Job

ENGINE_PID = "BREAKEVEN_ENGINE_PID"
"""The environment variable by which an engine that starts a worker through another program tells who it is."""


def rank(job: Job) -> int:
    """The place of this process among those that work on the job together; 0 is the one that leaves the result."""
    return int(os.environ.get("RANK", "0")) if job.distributed else 0


def group_size(job: Job) -> int:
    """How many processes work on the job together."""
    return int(os.environ.get("WORLD_SIZE", "1")) if job.distributed else 1


def end_with_parent(parent: int) -> None:
    """End this process when the one that started it, or the engine behind that, is gone: no orphan goes on spending."""
    engine = int(os.environ.get(ENGINE_PID, "0"))

    def watch() -> None:
        while os.getppid() == parent and (not engine or psutil.pid_exists(engine)):
            time.sleep(0.1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
