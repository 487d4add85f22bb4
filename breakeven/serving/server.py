"""The server: a socket, and processes that answer on it; one that dies is started again.

This process holds the socket and never touches a request: whatever goes wrong with a model, it is there to start the
next process. It says that it answers once a process does. SIGTERM and SIGINT are handed on, requests under way are
finished (draining.py), then it ends.
"""

from __future__ import annotations

import contextlib
import ipaddress
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from breakeven.core.errors import ModelError, UsageError
from breakeven.core.words import say
from breakeven.serving.acts import acts_of
from breakeven.serving.admin import answering_admin
from breakeven.serving.guarding import RolloutGuard
from breakeven.serving.keys import read_keys
from breakeven.serving.limits import Limits
from breakeven.serving.traffic_place import place_of
from breakeven.serving.vllm import is_child
from breakeven.stages.releases import current_number, verified
from breakeven.store import Store

BACKLOG = 2_048
HEAVY_SECONDS = 0.02
"""An answer that takes longer is worth several threads."""
LOOK_SECONDS = 0.1
START_LOOK_SECONDS = 0.01
MOST_WAIT_SECONDS = 30.0
"""Between two starts of a process that dies at once: it doubles from LOOK_SECONDS up to this."""


@dataclass(frozen=True)
class Place:
    """Where to listen: a host and port, or a Unix socket."""

    host: str = "127.0.0.1"
    port: int = 8000
    path: Path | None = None

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"http://{self.host}:{self.port}"


@dataclass(frozen=True)
class Options:
    """How to serve. `processes` None: decided by the pace that the first one measures (`processes_for`).
    `log_inputs` is the share of requests whose inputs are kept in the traffic log, masked. `engine` writes texts."""

    place: Place = field(default_factory=Place)
    limits: Limits = field(default_factory=Limits)
    keys: Path | None = None
    processes: int | None = None
    log_inputs: float = 0.0
    engine: str = "auto"


def check(store: Store, place: Place, keys: Path | None) -> int:
    """The number of the release that would be served. Raises UsageError or ModelError for what must not start."""
    number = current_number(store)
    if number is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    verified(store, number)
    if keys is not None:
        read_keys(keys)
    elif place.path is None and not _is_loopback(place.host):
        raise UsageError(
            say("{host} can be reached by others, and no keys are asked for", host=place.host), "--host",
            say('make a key with "breakeven keys add NAME" and name the file with --keys'),
        )
    return number


def _is_loopback(host: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def serve(store: Store, options: Options, started: Callable[[Place], None]) -> None:
    """Serve the current release until SIGTERM or SIGINT. Raises UsageError, ModelError, before anything listens."""
    place, (engine, processes) = options.place, engine_and_processes(options)
    check(store, place, options.keys)
    with listening(place) as sock, tempfile.TemporaryDirectory(prefix="breakeven-metrics-") as counters:
        setup = {
            "project": str(store.file), "descriptor": sock.fileno(), "limits": options.limits.model_dump(),
            "keys": str(options.keys) if options.keys else None, "shared_metrics": processes != 1,
            "threads": cores() if processes is None else 1, "log_inputs": options.log_inputs,
            "engine": engine,
            "traffic": place_of(store).model_dump(),
        }  # fmt: skip
        guard = RolloutGuard(store)
        herd = Herd(setup, sock, counters if processes != 1 else None, processes, guard.look)
        bound = Place(*sock.getsockname()[:2]) if place.path is None else place
        with answering_admin(store, acts_of(store, herd, str(bound))):
            herd.run(lambda: started(bound))


def engine_and_processes(options: Options) -> tuple[str, int | None]:
    """A program that writes texts is held by one process; several have to write themselves. Raises UsageError."""
    if not is_child(options.engine):
        return "here", options.processes
    if options.processes in (None, 1):
        return options.engine, 1
    if options.engine == "auto":
        return "here", options.processes
    raise UsageError(say("an engine beside the server is used by one process"), "--engine, --processes",
                     say("leave --processes out, or take --engine here"))  # fmt: skip


def cores() -> int:
    """The processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes_for(seconds_a_row: float) -> int:
    """One process a core where an answer is cheap; a slow one gets all cores for itself (process.py)."""
    return cores() if seconds_a_row < HEAVY_SECONDS else 1


@contextlib.contextmanager
def listening(place: Place) -> Iterator[socket.socket]:
    """A listening socket; one of a path is removed afterwards. Raises UsageError when the place is taken."""
    try:
        sock = _unix(place.path) if place.path else _tcp(place)
    except OSError as fault:
        raise UsageError(
            say("cannot listen there: {fault}", fault=os.strerror(fault.errno or 0)), str(place),
            say("choose another place with --port, --host or --socket"),
        ) from None
    try:
        sock.listen(BACKLOG)
        yield sock
    finally:
        sock.close()
        if place.path:
            place.path.unlink(missing_ok=True)


def _tcp(place: Place) -> socket.socket:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((place.host, place.port))
    return sock


def _unix(path: Path) -> socket.socket:
    """A socket that only its owner can open."""
    if path.is_socket():
        path.unlink()
    before = os.umask(0o177)
    try:
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.bind(str(path))
        return sock
    finally:
        os.umask(before)


class Herd:
    """The processes of a server. Each is a child that ends when it is told to, or with this one.

    With `size` None there is one, until it has told its pace.
    """

    def __init__(self, setup: dict[str, object], sock: socket.socket, counters: str | None, size: int | None,
                 look: Callable[[], object]) -> None:  # fmt: skip
        self._sock, self._counters = sock, counters
        self._ready, self._tell_ready = os.pipe()
        os.set_blocking(self._ready, False)
        self._setup = json.dumps(setup | {"ready": self._tell_ready})
        self._answers, self._told = False, b""
        self._size = size
        self._children: list[subprocess.Popen[bytes] | None] = []
        self._again: list[float] = []
        self._waits: list[float] = []
        self._grow(size or 1)
        self._ending = False
        self._look = look

    def run(self, started: Callable[[], None]) -> None:
        """Keep the processes alive until a signal comes; raises ModelError when the first ones cannot answer."""
        before = {number: signal.signal(number, self._end) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            while not self._ending:
                self._tend()
                if not self._answers and (pace := self._pace()) is not None:
                    self._answers = True
                    self._grow(self._size or processes_for(pace))
                    started()
                self._look()
                time.sleep(LOOK_SECONDS if self._answers else START_LOOK_SECONDS)
        finally:
            self._stop()
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.end()

    def end(self) -> None:
        """Finish what is under way, then end."""
        self._ending = True

    @property
    def is_ending(self) -> bool:
        return self._ending

    def processes(self) -> list[int]:
        """The ids of the processes that answer."""
        return [child.pid for child in self._children if child and child.poll() is None]

    def _grow(self, size: int) -> None:
        """Have so many processes from now on."""
        more = size - len(self._children)
        self._children += [None] * more
        self._again += [0.0] * more
        self._waits += [LOOK_SECONDS] * more

    def _pace(self) -> float | None:
        """The seconds a row that a process has told when it was ready; None as long as none has."""
        with contextlib.suppress(BlockingIOError):
            self._told += os.read(self._ready, 64)
        line, ended, _ = self._told.partition(b"\n")
        return float(line) if ended else None

    def _tend(self) -> None:
        """Start what is not running, unless it died so often that it has to wait.

        Before any process has answered, one that ends is the end: to start it again would not help.
        """
        for place, child in enumerate(self._children):
            code = child.poll() if child else None
            if code is not None and not self._answers and not self._ending:
                raise ModelError(
                    say("the release cannot be served"), "breakeven serve", say("the lines above say why")
                )
            if child is not None and code is not None:
                self._children[place] = None
                self._again[place] = time.monotonic() + self._waits[place]
                self._waits[place] = min(2 * self._waits[place], MOST_WAIT_SECONDS)
            if self._children[place] is None and time.monotonic() >= self._again[place]:
                self._children[place] = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        environment = dict(os.environ, OMP_NUM_THREADS=os.environ.get("OMP_NUM_THREADS", "1"))
        if self._counters:
            environment["PROMETHEUS_MULTIPROC_DIR"] = self._counters
        return subprocess.Popen(
            [sys.executable, "-m", "breakeven.serving.process", self._setup],
            pass_fds=[self._sock.fileno(), self._tell_ready], env=environment, stdin=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def _stop(self) -> None:
        """Tell all to end and wait for them."""
        alive = [child for child in self._children if child and child.poll() is None]
        for child in alive:
            child.terminate()
        for child in alive:
            child.wait()
        os.close(self._ready)
        os.close(self._tell_ready)
