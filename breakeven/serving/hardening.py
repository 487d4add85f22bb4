"""What a serving process gives up for good before it reads a request.

A process that was taken over can then gain no rights through programs that have more than it (setuid), and what its
memory holds does not land in a core file. Where the platform has no such thing, it goes without.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys

NO_NEW_PRIVILEGES = 38
"""PR_SET_NO_NEW_PRIVS of Linux (include/uapi/linux/prctl.h); kept by all children."""


def harden() -> None:
    """Give up new privileges and core files, for this process and its children."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
