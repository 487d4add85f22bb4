"""A trace of a few training steps, as the viewers of the PyTorch profiler open it (Chrome's trace format, JSON)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile, schedule

WAITED, WARMED, TRACED = 2, 1, 5
"""Steps before the profiler warms up, while it does, and of the trace: the first steps of a run are not typical."""


@contextmanager
def profiling(file: Path | None) -> Iterator[Callable[[], None]]:
    """What is to be called after each step. The trace is written to `file` after all these steps, or with
    those that there were; None traces nothing."""
    if file is None:
        yield lambda: None
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    steps = schedule(wait=WAITED, warmup=WARMED, active=TRACED, repeat=1)
    with profile(activities=activities, schedule=steps, record_shapes=True,
                 on_trace_ready=lambda made: made.export_chrome_trace(str(file))) as profiler:  # fmt: skip
        yield profiler.step
