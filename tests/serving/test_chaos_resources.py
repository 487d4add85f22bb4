"""What a server runs out of: disk, descriptors, patience. Answers go on, or come again by themselves."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pyarrow as pa
import pytest

import breakeven
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_place import FOLDER
from breakeven.stages.releases import current_number, history
from breakeven.store import Store
from tests.road.projects import command
from tests.serving.servers import Server, copy_of, server
from tests.serving.test_arrow import KIND, stream

DESCRIPTORS = 64


@pytest.fixture(scope="module")
def two(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with releases 1 and 2; release 1 answers."""
    project = copy_of(released, tmp_path_factory.mktemp("chaos") / "project", "traffic")
    breakeven.run(project, only=("baseline",))
    breakeven.rollback(project)
    return project


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 30 MB."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk needs root")
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=30m tmpfs {disk} 2>/dev/null"):
        pytest.skip("this machine does not let us mount a small disk")
    yield disk
    os.system(f"umount -l {disk}")


def fill(disk: Path) -> Path:
    """Take all that is left of a disk."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"x" * 65_536):
                pass
        except OSError:
            pass
    for size in (4_096, 512, 1):
        with filler.open("ab", buffering=0) as file:
            try:
                while file.write(b"x" * size):
                    pass
            except OSError:
                pass
    return filler


def until(seconds: float, holds: Callable[[], object]) -> bool:
    """Whether something holds within so many seconds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_full_disk_costs_no_answer_and_the_log_is_written_later(two: Path, small_disk: Path) -> None:
    project = copy_of(two, small_disk / "project", "traffic")
    counters = small_disk / "counters"
    counters.mkdir()
    with server(project, "--processes", "2", TMPDIR=str(counters)) as found:
        before, store = found.children(), Store(project)
        assert found.ask("a").status_code == 200
        filler = fill(small_disk)
        statuses = [found.ask("blue sea", connection="close").status_code for _ in range(60)]
        statuses += [httpx.get(f"{found.url}/{path}").status_code for path in ("metrics", "nothing", "ready") * 10]
        assert set(statuses) == {200, 404}
        done = command("releases", "promote", "2", cwd=project, TMPDIR="/tmp")
        assert done.returncode == 2, done.stdout + done.stderr
        assert "disk is full" in done.stderr
        assert current_number(store) == 1
        assert until(20, lambda: any("traffic log cannot be written" in line for line in found.log))
        assert found.children() == before
        filler.unlink()
        assert command("releases", "promote", "2", cwd=project).returncode == 0
        assert history(store)[-1]["act"] == "promote"
        assert until(20, lambda: found.ask("a").json()["release"] == 2)
        log = ParquetTraffic(store.folder / FOLDER)
        assert until(40, lambda: log.read("answers").num_rows > 60)


def test_without_descriptors_it_waits_and_then_answers_and_follows_again(two: Path) -> None:
    with server(two, under=("prlimit", f"--nofile={DESCRIPTORS}")) as found:
        before = found.children()
        crowd = opened(found, 4 * DESCRIPTORS)
        for one in crowd:
            one.sendall(b"GET /health HTTP/1.1\r\n")
        time.sleep(1.5)
        for one in crowd:
            one.close()
        assert until(15, lambda: answers(found))
        breakeven.promote(two, 2)
        try:
            assert until(15, lambda: found.ask("a").json()["release"] == 2)
        finally:
            breakeven.rollback(two)
        assert found.children() == before


def answers(found: Server) -> bool:
    try:
        return found.ask("a").status_code == 200
    except httpx.TransportError:
        return False


# --- clients that take their time --------------------------------------------------------------------------------


def test_silent_and_slow_clients_are_cut_off_and_hold_nobody_up(running: Server) -> None:
    *silent, drip, slow_body = crowd = opened(running, 102)
    slow_body.sendall(b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-length: 900\r\n\r\n")
    drip.sendall(b"GET /health HTTP/1.1\r\n")
    begun, worst = time.monotonic(), 0.0
    ended: dict[str, float] = {}
    while len(ended) < 3 and time.monotonic() - begun < 20:
        asked = time.monotonic()
        assert running.ask("blue sea").status_code == 200
        worst = max(worst, time.monotonic() - asked)
        for name, one, byte in (("header", drip, b"a"), ("body", slow_body, b" "), ("silent", silent[0], b"")):
            if name not in ended and is_closed(one, byte):
                ended[name] = time.monotonic() - begun
        time.sleep(0.1)
    assert all(is_closed(one, b"") for one in silent)
    assert 4 < ended["silent"] < 8
    assert 4 < ended["header"] < 8
    assert 9 < ended["body"] < 13
    assert worst < 2
    for one in crowd:
        one.close()


def opened(found: Server, count: int) -> list[socket.socket]:
    return [socket.create_connection((found.host, found.port)) for _ in range(count)]


def is_closed(one: socket.socket, byte: bytes) -> bool:
    """Send a byte and look whether the server has closed."""
    try:
        one.sendall(byte)
        one.settimeout(0.001)
        return one.recv(1_000) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_a_client_that_does_not_read_is_cut_off(running: Server) -> None:
    """Four answers of two megabytes: more than the buffers of the system take while nobody reads."""
    body = stream(pa.table({"message": [f"blue sea {number}" for number in range(20_000)]}))
    head = "POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: {}\r\ncontent-length: {}\r\n\r\n"
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    one.connect((running.host, running.port))
    one.sendall((head.format(KIND, len(body)).encode() + body) * 4)
    assert one.recv(12) == b"HTTP/1.1 200"
    begun, name = time.monotonic(), one.getsockname()
    while any(held.raddr == name for held in held_by(running)) and time.monotonic() - begun < 25:
        assert running.ask("blue sea").status_code == 200
        time.sleep(0.2)
    assert 8 < time.monotonic() - begun < 20
    one.close()


def held_by(found: Server) -> list[Any]:
    """The connections of the processes of a server."""
    return [one for pid in found.children() for one in psutil.Process(pid).net_connections("tcp") if one.raddr]
