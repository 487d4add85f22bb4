"""A command in a process of its own: wall seconds, and the peak resident bytes of it and all its children."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

LOOK_EVERY_SECONDS = 0.1
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Finished:
    """How a command ended. `exit_code` is None when it was ended for taking too long."""

    exit_code: int | None
    seconds: float
    peak_bytes: int
    """Of the whole tree at one moment; pages that processes share count once for each."""
    main_peak_bytes: int
    """Of the first process alone."""
    cpu_seconds: float
    elsewhere: float
    """What others kept busy of the machine's cores meanwhile, 0 to 1: above a few per cent the times are disturbed."""


def run_measured(command: list[str], log: Path, cap_seconds: float, output: Path | None = None) -> Finished:
    """Run a command to its end. What it says goes to `log`, its standard output to `output` if given."""
    with log.open("ab") as told, (output or log).open("ab") as printed:
        started, busy_before, own_before = time.monotonic(), _busy_seconds(), _own_seconds()
        process = subprocess.Popen(command, stdout=printed, stderr=told, start_new_session=True)
        peak = main_peak = 0
        late = False
        try:
            while process.poll() is None and not late:
                sizes = [_resident_bytes(pid) for pid in _tree(process.pid)]
                peak, main_peak = max(peak, sum(sizes)), max(main_peak, sizes[0])
                time.sleep(LOOK_EVERY_SECONDS)
                late = time.monotonic() - started > cap_seconds
        finally:
            if process.poll() is None:  # too late, or we are being ended: nothing may go on alone
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        seconds, own = time.monotonic() - started, _own_seconds() - own_before
    elsewhere = (_busy_seconds() - busy_before - own) / (seconds * (os.cpu_count() or 1))
    return Finished(None if late else process.returncode, seconds, peak, main_peak, own, max(0.0, elsewhere))


def _busy_seconds() -> float:
    """Seconds that the cores of the machine were at work since it started: user, nice, system, interrupts."""
    user, nice, system, _, _, irq, softirq = map(int, Path("/proc/stat").read_text().split(maxsplit=8)[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_seconds() -> float:
    """Processor seconds of all that we started and waited for, and of ourselves."""
    kinds = (resource.RUSAGE_CHILDREN, resource.RUSAGE_SELF)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def _tree(root: int) -> list[int]:
    """A process and all below it."""
    found = [root]
    for pid in found:
        try:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue  # it has ended meanwhile
    return found


def _resident_bytes(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE
    except (OSError, IndexError):
        return 0
