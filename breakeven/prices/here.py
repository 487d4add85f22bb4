"""The machine that this process runs on, as a record: what may be used, not what is built in."""

from __future__ import annotations

import platform
from pathlib import Path

import psutil

from breakeven.records.machine import Machine

CGROUP = Path("/sys/fs/cgroup")
CPU_INFO = Path("/proc/cpuinfo")


def this_machine() -> Machine:
    """This machine: the cores and the memory that a container or an affinity mask leaves to us."""
    return Machine(name="here", cores=usable_cores(), memory_bytes=usable_memory(), processor=processor_name())


def usable_cores() -> int:
    """Logical cores, at most the affinity mask and the quota of the container; at least 1."""
    process = psutil.Process()
    known = process.cpu_affinity() if hasattr(process, "cpu_affinity") else range(psutil.cpu_count() or 1)
    quota, _, period = _cgroup("cpu.max").partition(" ")
    allowed = int(quota) // int(period) if quota.isdigit() else len(known)
    return max(1, min(len(known), allowed))


def usable_memory() -> int:
    """Bytes of memory, at most the limit of the container."""
    limit = _cgroup("memory.max")
    total = int(psutil.virtual_memory().total)
    return min(total, int(limit)) if limit.isdigit() else total


def peak_bytes() -> int:
    """The largest resident size of this process so far."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass  # not Linux: the portable count below is good enough
    memory = psutil.Process().memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


def processor_name() -> str:
    """The model name of the processor, or its architecture where the system does not tell."""
    if CPU_INFO.is_file():
        for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _cgroup(name: str) -> str:
    """A limit of the container (cgroup version 2), or nothing."""
    file = CGROUP / name
    return file.read_text(encoding="ascii").strip() if file.is_file() else ""
