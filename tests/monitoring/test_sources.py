"""Streams: nothing is lost or read twice while a file grows, is rotated or emptied, and Redis comes and goes."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from breakeven.core.errors import UsageError
from breakeven.monitoring.sources import GrowingFile, Item, Source, StandardInput, item_of


def drained(source: Source, most: int = 1_000) -> list[Item]:
    """Everything that is there now."""
    found: list[Item] = []
    for _ in range(4):  # a rotation takes a look of its own
        while items := source.read(most, 0.01):
            found += items
    return found


def add(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write("".join(f"{line}\n" for line in lines[:-1]) + lines[-1] + end)


def test_lines_are_objects_texts_or_neither() -> None:
    lines = [b'{"a": 1}', b'"quoted"', "很好".encode(), b" ", b"{broken", b"[1]", b'"half', b"\xff\xfe"]
    assert [item_of(line) for line in lines] == [{"a": 1}, "quoted", "很好", None, None, "[1]", '"half', "��"]


def test_a_growing_file_is_read_by_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path, "a", "b", "half", end="")
    source = GrowingFile(path)
    source.open(None)
    assert drained(source, most=1) == ["a", "b"]
    add(path, " done", "c")
    assert drained(source) == ["half done", "c"]
    source.close()


def test_a_rotated_file_is_read_to_its_end_first(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path, "a")
    source = GrowingFile(path)
    source.open(None)
    assert drained(source) == ["a"]
    path.rename(tmp_path / "log.1")
    path.touch()
    add(tmp_path / "log.1", "late", "without an end", end="")
    assert drained(source) == ["late"]
    add(path, "new")
    assert drained(source) == ["without an end", "new"]
    source.close()


def test_an_emptied_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path, "a", "b")
    source = GrowingFile(path)
    source.open(None)
    assert drained(source) == ["a", "b"]
    os.truncate(path, 0)
    assert drained(source) == []
    add(path, "c")
    assert drained(source) == ["c"]
    source.close()


@pytest.mark.parametrize("rotated", [False, True])
def test_it_goes_on_where_it_was_even_if_the_file_was_rotated_meanwhile(tmp_path: Path, rotated: bool) -> None:
    path = tmp_path / "log"
    add(path, "a", "b")
    first = GrowingFile(path)
    first.open(None)
    assert first.read(1, 0.01) == ["a"]
    position = first.position()
    first.close()
    add(path, "c")
    if rotated:
        path.rename(tmp_path / "log.1")
    add(path, "d")
    second = GrowingFile(path)
    second.open(position)
    assert drained(second) == ["b", "c", "d"]
    second.close()


def test_another_file_with_the_same_number_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "log"
    add(path, "aaaa", "bbbb")
    first = GrowingFile(path)
    first.open(None)
    drained(first)
    position = first.position()
    first.close()
    with path.open("r+b") as file:  # the same inode, another text
        file.write(b"cccc\ndddd\neeee\n")
    second = GrowingFile(path)
    second.open(position)
    assert drained(second) == ["cccc", "dddd", "eeee"]
    second.close()


def test_standard_input_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    source = StandardInput(reading)
    os.write(writing, b"a\n{\"x\"")
    assert source.read(10, 0.1) == ["a"]
    assert source.read(10, 0.01) == []
    os.write(writing, b": 1}\nlast")
    os.close(writing)
    assert source.read(10, 0.1) == [{"x": 1}]
    assert source.read(10, 0.1) == ["last"]
    assert source.read(10, 0.1) is None
    os.close(reading)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no such file"):
        GrowingFile(tmp_path / "nowhere").open(None)


# --- Redis


class RedisServer:
    """A real server on a free port that writes every change to its disk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.address = f"redis://127.0.0.1:{self.port}/0?stream=reviews"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.folder), "--appendonly", "yes",
                 "--appendfsync", "always", "--save", ""]  # fmt: skip
        self.process = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                if self.client().ping():
                    return
            except Exception:
                time.sleep(0.05)
        raise AssertionError("redis-server did not start")

    def client(self):  # type: ignore[no-untyped-def]
        from redis import Redis

        return Redis(port=self.port, decode_responses=True)

    def add(self, *texts: str, field: str = "message") -> None:
        with self.client() as client:
            for text in texts:
                client.xadd("reviews", {field: text})

    def kill(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisServer]:
    import shutil

    pytest.importorskip("redis")
    if not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


def stream(server: RedisServer):  # type: ignore[no-untyped-def]
    from breakeven.monitoring.redis_stream import RedisStream

    return RedisStream(server.address, "group")


def test_what_was_not_kept_is_given_again_and_what_was_kept_is_not(redis_server: RedisServer) -> None:
    redis_server.add("a", "b", "c", "d")
    first = stream(redis_server)
    first.open(None)
    assert first.read(2, 0.01) == []  # nothing was handed over before
    assert first.read(2, 0.01) == [{"message": "a"}, {"message": "b"}]
    kept = first.position()  # counted and written, but the kill comes before the acknowledgement
    assert first.read(1, 0.01) == [{"message": "c"}]  # handed over, never counted
    first.close()
    second = stream(redis_server)
    second.open(kept)
    assert drained(second) == [{"message": "c"}, {"message": "d"}]
    second.kept()
    with redis_server.client() as client:
        assert client.xpending("reviews", "group")["pending"] == 0
    second.close()
    fresh = stream(redis_server)
    fresh.open(None)
    assert len(drained(fresh)) == 4
    fresh.close()


def test_a_killed_server_is_asked_again_until_it_is_back(redis_server: RedisServer) -> None:
    source = stream(redis_server)
    source.open(None)
    redis_server.add("a", "b")
    assert drained(source) == [{"message": "a"}, {"message": "b"}]
    redis_server.kill()
    assert source.read(5, 0.01) == []
    source.kept()
    redis_server.start()
    redis_server.add("c", '{"message": "d"}')
    assert drained(source) == [{"message": "c"}, {"message": "d"}]
    source.kept()
    with redis_server.client() as client:
        assert client.xpending("reviews", "group")["pending"] == 0
        client.flushall()
    assert source.read(5, 0.01) == []
    redis_server.add("after the flush")
    assert drained(source) == [{"message": "after the flush"}]
    source.close()


def test_a_password_in_the_address_and_a_missing_stream_are_refused() -> None:
    pytest.importorskip("redis")
    from breakeven.monitoring.redis_stream import RedisStream

    for address in ("redis://:s3cr3t@127.0.0.1/0?stream=x", "redis://127.0.0.1/0", "http://127.0.0.1/?stream=x"):
        with pytest.raises(UsageError) as raised:
            RedisStream(address, "g")
        assert "s3cr3t" not in " ".join(map(str, raised.value.lines()))
    source = RedisStream("redis://127.0.0.1:1/0?stream=x", "g")
    with pytest.raises(UsageError, match="cannot be read"):
        source.open(None)
