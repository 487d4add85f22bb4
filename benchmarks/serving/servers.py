"""Servers: how each is started and asked, pinned to a core, with its start-up seconds, memory and descriptors."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
from bench import CLIENT_CORE, SERVER_CORE, environment
from making import Case

START_SECONDS, STOP_SECONDS = 120.0, 30.0
JSON = {"content-type": "application/json"}
Answer = tuple[str, dict[str, float]]
"""The label and the score of each label."""


class Unavailable(Exception):
    """A server does not start, or does not answer any more."""


@dataclass(frozen=True)
class Server:
    """A way to serve. `command` gets the port; `bodies` and `headers` are sent in turns; `read` reads an answer."""

    name: str
    command: Callable[[int], list[str]]
    path: str
    ready: str
    bodies: list[bytes]
    headers: list[dict[str, str]]
    read: Callable[[Any], Answer]
    environment: dict[str, str] = field(default_factory=dict)


def ours(case: Case, processes: int = 1, **more: str) -> Server:
    """`breakeven serve` with the whole guard, keys included."""

    def command(port: int) -> list[str]:
        return [sys.executable, "-m", "breakeven", "serve", str(case.project), "--port", str(port),
                "--keys", str(case.keys), "--processes", str(processes)]  # fmt: skip

    headers = [JSON | one for one in case.headers()]
    return Server("breakeven serve", command, "/v1/predict", "/ready", case.bodies(), headers, outputs,
                  environment(**more))  # fmt: skip


def outputs(reply: Any) -> Answer:
    """The first answer of `{"outputs": [...]}`."""
    return reply["outputs"][0]["label"], reply["outputs"][0]["scores"]


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


# --- a server that runs ----------------------------------------------------------------------------------------


@dataclass
class Running:
    """A started server: the seconds from its start until it says that it is ready, and until its first answer."""

    server: Server
    process: subprocess.Popen[bytes]
    port: int
    ready: float = 0.0
    started: float = 0.0

    def processes(self) -> list[psutil.Process]:
        """The started process and all that came of it."""
        first = psutil.Process(self.process.pid)
        return [first, *first.children(recursive=True)]

    def megabytes(self) -> float:
        """Proportional memory (PSS) of all processes."""
        return sum(_proportional(process) for process in self.processes()) / 1e6

    def ask(self, body: bytes, headers: dict[str, str]) -> Any:
        url = f"http://127.0.0.1:{self.port}{self.server.path}"
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=60) as reply:
            return json.load(reply)

    def wait(self, begun: float) -> None:
        """Until it says that it is ready and then answers; some say so before."""
        while time.monotonic() < begun + START_SECONDS and self.process.poll() is None:
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}{self.server.ready}", timeout=5).close()
                self.ready = self.ready or time.monotonic() - begun
                self.ask(self.server.bodies[0], self.server.headers[0])
                self.started = time.monotonic() - begun
                return
            time.sleep(0.01)
        raise Unavailable(f"{self.server.name} did not start: {' '.join(self.server.command(self.port))}")

    def stop(self) -> None:
        """SIGTERM, and the end of what is left after STOP_SECONDS."""
        known = self.processes() if self.process.poll() is None else []
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(STOP_SECONDS)
        for process in known:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()


@contextmanager
def running(server: Server, cores: str = SERVER_CORE) -> Iterator[Running]:
    """A server on its core (or cores, "0,1") until the block ends; before it begins, the server has answered."""
    port = free_port()
    command = ["taskset", "-c", cores, *server.command(port)]
    begun = time.monotonic()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=server.environment, stdin=quiet, stdout=quiet, stderr=quiet)
    found = Running(server, process, port)
    try:
        found.wait(begun)
        yield found
    finally:
        found.stop()


def _proportional(process: psutil.Process) -> int:
    with contextlib.suppress(OSError):
        text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
        return 1024 * int(re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE).group(1))  # type: ignore[union-attr]
    return 0


def workers(found: Running) -> list[psutil.Process]:
    """The processes of our server that answer; the first one only holds the socket."""
    return [process for process in found.processes()[1:] if "breakeven.serving.process" in _words(process)]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def stay_on_client_core() -> None:
    """This process sends; servers have the other core."""
    if (psutil.cpu_count() or 1) > 1:
        psutil.Process().cpu_affinity([int(CLIENT_CORE)])
