"""Real servers for tests: a released toy project, `breakeven serve` as a process, clients on loopback."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.road.projects import REPOSITORY, environment

START_SECONDS = 60.0


def copy_of(project: Path, place: Path, *without: str) -> Path:
    """A copy of a project, without the sockets of a server that runs there."""
    return Path(shutil.copytree(project, place, ignore=shutil.ignore_patterns("*.sock", *without)))


@contextmanager
def server(project: Path, *words: str | Path, under: Sequence[str] = (), **variables: str) -> Iterator[Server]:
    """A server on a free port until the block ends; `under` is a command that starts it, with these variables.

    It has one process, if nothing else is said; `auto` leaves that to the server.
    """
    one = () if {"--processes", "auto"} & set(words) else ("--processes", "1")
    given = [str(word) for word in (*one, *words) if word != "auto"]
    process = subprocess.Popen(
        [*under, sys.executable, "-m", "breakeven", "serve", str(project), "--port", "0", *given],
        cwd=REPOSITORY, env=environment(**variables), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    try:
        running = Server(process)
        running.wait_ready()
        yield running
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()


class Server:
    """A server that runs: its address, and what can be done to it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        told = ""
        while (found := re.search(r"http://([\w.]+):(\d+)", told)) is None:
            line = process.stdout.readline()
            assert line, told
            told += line
        self.host, self.port = found.group(1), int(found.group(2))
        self.url = f"http://{self.host}:{self.port}"
        self.log: list[str] = []
        """What it has said since; read all the while, or a full pipe would hold it up."""
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with contextlib.suppress(ValueError):  # closed with the process
            for line in self.process.stdout:
                self.log.append(line)

    def wait_ready(self) -> None:
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            try:
                if httpx.get(f"{self.url}/ready", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            assert self.process.poll() is None, "".join(self.log)
            time.sleep(0.05)
        raise AssertionError("the server was not ready in time")

    def ask(self, *inputs: object, **headers: str) -> httpx.Response:
        return httpx.post(f"{self.url}/v1/predict", json={"inputs": list(inputs)}, headers=headers, timeout=30)

    def raw(self, content: bytes, seconds: float = 10.0) -> bytes:
        """What comes back for some bytes, until the server closes or the seconds are over."""
        with socket.create_connection((self.host, self.port), timeout=seconds) as sock:
            sock.sendall(content)
            parts = []
            try:
                while part := sock.recv(65_536):
                    parts.append(part)
            except TimeoutError:
                pass
            return b"".join(parts)

    def children(self) -> list[int]:
        """The ids of the processes that answer."""
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [int(word) for word in found.stdout.split()]

    def kill_children(self) -> None:
        for pid in self.children():
            os.kill(pid, signal.SIGKILL)
