"""Runs a program that must not outlive the one that wants it.

    python -m breakeven.serving.keeper PROGRAM ARGUMENT …      started by child.py, its standard input a pipe

The program and all that it starts are a group of their own. When the pipe is closed, because its holder ends or is
killed, the whole group is ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading

GRACE_SECONDS = 5.0


def main(command: list[str]) -> int:
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True) as program:
        threading.Thread(target=_end_with_pipe, args=(program,), daemon=True).start()
        code = program.wait()
        _signal(program.pid, signal.SIGKILL)  # what it started and left behind
        return code if code >= 0 else 128 - code


def _end_with_pipe(program: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    _signal(program.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        program.wait(GRACE_SECONDS)
    _signal(program.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
