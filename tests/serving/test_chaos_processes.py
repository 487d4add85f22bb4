"""A process of several is killed or stands still; the clock jumps. Who is asked meanwhile is answered."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import psutil
import pytest

from breakeven.serving.keys import add_key
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_place import FOLDER
from breakeven.store import Store, new_file
from tests.serving.servers import Server, copy_of, server

CLIENTS = 12
KILLS = 3


class Asking:
    """Clients that ask all the while, each over one connection that it opens anew when it breaks."""

    def __init__(self, found: Server) -> None:
        self.found, self.counts, self.broken, self.slowest = found, Counter[int](), 0, 0.0
        self._go = True
        self._threads = [threading.Thread(target=self._ask) for _ in range(CLIENTS)]

    def __enter__(self) -> Asking:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._go = False
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        with httpx.Client(timeout=60) as client:
            while self._go:
                begun = time.monotonic()
                try:
                    self.counts[client.post(f"{self.found.url}/v1/predict", json={"inputs": ["a"]}).status_code] += 1
                except httpx.TransportError:
                    self.broken += 1
                self.slowest = max(self.slowest, time.monotonic() - begun)


def connections(pid: int, port: int) -> int:
    """How many clients a process holds."""
    found = psutil.Process(pid).net_connections("tcp")
    return sum(one.laddr.port == port and one.status == "ESTABLISHED" for one in found)


def test_a_killed_process_costs_only_its_own_requests_and_is_back(released: Path) -> None:
    begun = time.monotonic()
    with server(released, "--processes", "3") as found:
        assert wait(lambda: len(found.children()) == 3)
        start = time.monotonic() - begun
        with Asking(found) as asking:
            for _ in range(KILLS):
                time.sleep(0.7)
                before, broken = set(found.children()), asking.broken
                victim = max(before, key=lambda pid: connections(pid, found.port))
                held = connections(victim, found.port)
                os.kill(victim, signal.SIGKILL)
                killed = time.monotonic()
                assert wait(lambda: len(set(found.children()) - {victim}) == 3)  # noqa: B023
                (new,) = set(found.children()) - before
                assert wait(lambda: connections(new, found.port) or httpx.get(f"{found.url}/health"))  # noqa: B023
                assert time.monotonic() - killed < 2 + start
                assert asking.broken - broken <= held
        assert set(asking.counts) == {200}
        assert asking.counts[200] > 50
        print(f"{KILLS} processes killed, {asking.broken} requests broken, {asking.counts[200]} answered")


def wait(holds: Callable[[], object], seconds: float = 30.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def test_a_process_that_stands_still_holds_up_its_own_clients_alone(released: Path) -> None:
    with server(released, "--processes", "2") as found:
        assert wait(lambda: len(found.children()) == 2)
        time.sleep(0.5)
        still = found.children()[0]
        os.kill(still, signal.SIGSTOP)
        try:
            answered = [found.ask("a", connection="close").status_code for _ in range(30)]
        finally:
            os.kill(still, signal.SIGCONT)
        assert answered == [200] * 30
        assert all(found.ask("a", connection="close").status_code == 200 for _ in range(10))


# --- the clock ---------------------------------------------------------------------------------------------------


SHIFTED = """
import datetime, os, time
real, plain = time.time, datetime.datetime
def shift():
    with open(os.environ["TEST_CLOCK"]) as file:
        return float(file.read() or 0)
class Shifted(plain):
    @classmethod
    def now(cls, tz=None):
        return plain.now(tz) + datetime.timedelta(seconds=shift())
time.time, datetime.datetime = (lambda: real() + shift()), Shifted
"""
"""Python reads this before anything else: the wall clock of its process is as far off as a file says."""
Jumping = tuple[Server, Path, Callable[[int], object], str, str]


@pytest.fixture
def jumping(released: Path, tmp_path: Path) -> Iterator[Jumping]:
    """A server behind keys, its project, what moves its wall clock by days, and two keys: one lasts, one ten days."""
    project, clock, keys = copy_of(released, tmp_path / "project", "traffic"), tmp_path / "clock", tmp_path / "keys"
    (tmp_path / "sitecustomize.py").write_text(SHIFTED)
    clock.write_text("0")
    lasting, short = add_key(keys, "lasting", ("predict",)), add_key(keys, "short", ("predict",), days=10)

    def move(days: int) -> None:
        with new_file(clock) as temporary:
            temporary.write_text(str(days * 86_400))

    with server(project, "--keys", keys, "--processes", "1", PYTHONPATH=str(tmp_path), TEST_CLOCK=str(clock)) as found:
        yield found, project, move, lasting, short


def test_a_clock_that_jumps_ends_keys_in_their_time_and_nothing_else(jumping: Jumping) -> None:
    found, project, move, lasting, short = jumping

    def status(key: str) -> int:
        return int(found.ask("a", authorization=f"Bearer {key}").status_code)

    silent = socket.create_connection((found.host, found.port))
    opened = time.monotonic()
    assert (status(lasting), status(short)) == (200, 200)
    for jump, wanted in ((20, 401), (-20, 200), (0, 200)):
        move(jump)
        assert wait(lambda: status(short) == wanted, 5)  # noqa: B023
        begun = time.monotonic()
        assert [status(lasting) for _ in range(20)] == [200] * 20
        assert time.monotonic() - begun < 5
    silent.settimeout(15)
    assert silent.recv(1) == b""  # the silent client was cut in its time
    assert 4 < time.monotonic() - opened < 12
    silent.close()
    lines = ParquetTraffic(Store(project).folder / FOLDER)
    assert wait(lambda: lines.read("answers").num_rows >= 60, 10)


def test_a_clock_that_jumps_ahead_removes_no_day_at_once(jumping: Jumping) -> None:
    """Days are forgotten by the wall clock, but looked at once an hour of the other: a jump and back costs none."""
    found, project, move, lasting, _ = jumping
    folder = Store(project).folder / FOLDER
    kept = folder / (datetime.now(UTC).date() - timedelta(days=5)).isoformat()
    found.ask("a", authorization=f"Bearer {lasting}")
    assert wait(lambda: list(folder.glob("*/*.parquet")))
    shutil.copytree(next(folder.iterdir()), kept)
    move(60)
    for _ in range(6):
        found.ask("a", authorization=f"Bearer {lasting}")
        time.sleep(0.5)
    move(0)
    assert kept.is_dir()

