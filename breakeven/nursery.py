"""The nursery of workers: it loads the libraries once and forks a worker for every job whose path comes on standard
input. Starting a worker then takes milliseconds instead of a second."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from breakeven.engines.group import end_with_parent

LIBRARIES = ("numpy", "pyarrow", "scipy.sparse", "safetensors.numpy", "sklearn.linear_model", "sklearn.svm", "lightgbm")
"""What workers mostly need, loaded once for all of them."""


def nurse(run: Callable[[Path], int]) -> int:
    """Fork a worker for every path on standard input; tell its process id and, when it has ended, its exit code."""
    parent = os.getppid()
    for library in LIBRARIES:
        if importlib.util.find_spec(library.partition(".")[0]):
            importlib.import_module(library)
    while path := sys.stdin.readline().strip():
        pid = os.fork()
        if pid == 0:
            os._exit(_be_worker(Path(path), run))
        print(pid, flush=True)
        status = _wait_for(pid, parent)
        if status is None:
            return 1
        print(os.waitstatus_to_exitcode(status), flush=True)
    return 0


def _wait_for(pid: int, parent: int) -> int | None:
    """The status of a worker that ended; None when the engine is gone (the worker sees to itself then)."""
    while os.getppid() == parent:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return status
        time.sleep(0.01)
    return None


def _be_worker(path: Path, run: Callable[[Path], int]) -> int:
    """The life of a fork: its output goes to the job's log, and it ends with its nursery."""
    log = os.open(path.with_name("log.txt"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    for stream in (1, 2):
        os.dup2(log, stream)
    end_with_parent(os.getppid())
    try:
        code = run(path)
    except OSError:
        traceback.print_exc()  # the disk is full: there is no room for a result
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code
