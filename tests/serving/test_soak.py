"""A short soak: many requests of every kind, and neither memory nor descriptors grow with their number.

The long one is `python benchmarks/serving/run.py --only soak`. A server that was made to keep every body it had read
grew by 2,060 bytes a request and failed here.
"""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from pathlib import Path

import psutil
import pytest

from breakeven.serving.traffic import FLUSH_SECONDS
from tests.serving.servers import Server, server

ROUNDS, REQUESTS, CLIENTS = 5, 5_100, 6
"""Rounds, and the requests of one."""
WARM = 2
"""Rounds that are left out at the beginning: buffers fill, code is loaded."""
A_CONNECTION = 100
"""Requests before a client connects anew."""
BYTES_A_REQUEST = 1_000.0
"""What resident memory may grow by: allocators take and give back some megabytes. A body has 2,400 bytes in the mean,
so that whatever keeps bodies, rows or texts is found; what keeps less shows in the long soak."""
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Client(threading.Thread):
    """Asks again and again over connections that it keeps for a while; remembers what it was told."""

    def __init__(self, found: Server, requests: list[bytes], times: int) -> None:
        super().__init__(daemon=True)
        self.found, self.requests, self.times = found, requests, times
        self.done = 0
        self.statuses: dict[int, int] = {}

    def run(self) -> None:
        while self.done < self.times:
            with socket.create_connection((self.found.host, self.found.port), timeout=30) as sock:
                for _ in range(A_CONNECTION):
                    sock.sendall(self.requests[self.done % len(self.requests)])
                    status = status_of(sock)
                    self.statuses[status] = self.statuses.get(status, 0) + 1
                    self.done += 1


def status_of(sock: socket.socket) -> int:
    """Read one whole answer."""
    got = b""
    while (gap := got.find(b"\r\n\r\n")) < 0:
        got += sock.recv(65_536)
    found = LENGTH.search(got[:gap])
    assert found
    while len(got) < gap + 4 + int(found[1]):
        got += sock.recv(65_536)
    return int(got.split(b" ", 2)[1])


def request(path: str, body: object) -> bytes:
    content = json.dumps(body).encode()
    return (f"POST {path} HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
            f"content-length: {len(content)}\r\n\r\n").encode() + content  # fmt: skip


def kinds_of_requests() -> list[bytes]:
    """What a server meets: answers, texts of many lengths, users, what is wrong with a body, feedback, no such path."""
    texts = [f"blue sea {'and waves ' * length}{length}" for length in range(0, 480, 40)]
    return [
        *(request("/v1/predict", {"inputs": [text], "user": f"user-{len(text)}"}) for text in texts),
        request("/v1/predict", {"inputs": [7]}),
        request("/v1/predict", {"inputs": texts[:3], "more": 1}),
        request("/v1/predict", {"inputs": texts[:3]}),
        request("/v1/feedback", {"feedback": [{"id": "x", "truth": "y"}]}),
        request("/v1/nothing", {}),
    ]


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="descriptors are counted in /proc")
def test_memory_and_descriptors_do_not_grow_with_requests(released: Path) -> None:
    with server(released) as found:
        process = psutil.Process(found.children()[0])
        samples = [after_a_round(found, process) for _ in range(ROUNDS)]
    resident, opened = zip(*samples[WARM - 1 :], strict=True)
    assert (resident[-1] - resident[0]) / (REQUESTS * (ROUNDS - WARM)) < BYTES_A_REQUEST
    assert opened[-1] <= opened[0]


def after_a_round(found: Server, process: psutil.Process) -> tuple[int, int]:
    """Resident bytes and descriptors after a round, once the traffic log has written what waited."""
    clients = [Client(found, kinds_of_requests(), REQUESTS // CLIENTS) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join(60)
    statuses = {status: sum(client.statuses.get(status, 0) for client in clients) for status in clients[0].statuses}
    assert set(statuses) == {200, 404, 422}, statuses
    assert sum(statuses.values()) >= REQUESTS
    time.sleep(FLUSH_SECONDS + 0.5)
    return process.memory_info().rss, process.num_fds()
