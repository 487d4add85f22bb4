"""A program beside the server that answers on a private Unix socket: started, waited for, started again when it dies.

Its socket lies in a folder that only its owner can open, and it is given a random key by its environment. A keeper
(keeper.py) ends it with this process, however that ends.
"""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from breakeven.core.errors import ModelError
from breakeven.core.words import say

LOOK_SECONDS = 0.1
FIRST_WAIT, MOST_WAIT = 0.2, 30.0
"""Between two starts of a program that dies: it doubles from the first up to the most."""
STOP_SECONDS = 10.0
LOG = logging.getLogger("breakeven.serving")


class Child:
    """One program. `command` gets the path of its socket; `answers` says whether it does."""

    def __init__(self, command: Callable[[Path], Sequence[str]], environment: Mapping[str, str],
                 answers: Callable[[Child], bool]) -> None:  # fmt: skip
        self.key = secrets.token_urlsafe(32)
        self.folder = Path(tempfile.mkdtemp(prefix="breakeven-engine-"))
        self.socket = self.folder / "socket"
        self.ready = threading.Event()
        self.model = ""
        """What it calls its model, once it answers."""
        self.starts = 0
        self._command, self._environment, self._answers = command, environment, answers
        self._stop = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None

    def start(self, seconds: float) -> None:
        """Start it and wait until it answers. Raises ModelError when it ends, or does not answer in time."""
        process = self._launch()
        until = time.monotonic() + seconds
        while not self._look():
            if process.poll() is not None or time.monotonic() > until:
                self.stop()
                raise ModelError(
                    say("the program that writes the answers did not start"), " ".join(self._command(self.socket)),
                    say("the lines above say why"),
                )
            time.sleep(LOOK_SECONDS)
        self._thread = threading.Thread(target=self._tend, name="engine", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End it and all that it started."""
        self._stop.set()
        self.ready.clear()
        if self._process:
            _end(self._process)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _launch(self) -> subprocess.Popen[bytes]:
        self.socket.unlink(missing_ok=True)
        self.starts += 1
        environment = {**os.environ, **self._environment, "VLLM_API_KEY": self.key}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "breakeven.serving.keeper", *self._command(self.socket)],
            stdin=subprocess.PIPE, env=environment, start_new_session=True,
        )  # fmt: skip
        return self._process

    def _look(self) -> bool:
        """Whether it answers now."""
        if self._answers(self):
            self.ready.set()
        return self.ready.is_set()

    def _tend(self) -> None:
        """Until it is stopped: start it again when it has died, later and later when it keeps dying."""
        wait = FIRST_WAIT
        while not self._stop.wait(LOOK_SECONDS):
            process = self._process
            if process and process.poll() is not None:
                self.ready.clear()
                LOG.error("the engine has ended (%s); it is started again", process.returncode)
                _end(process)
                if self._stop.wait(wait):
                    return
                wait = min(2 * wait, MOST_WAIT)
                self._launch()
            elif not self.ready.is_set() and self._look():
                LOG.info("the engine answers again")
                wait = FIRST_WAIT
        if self._process:
            _end(self._process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the keeper's pipe, which ends the program, and wait for it."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
