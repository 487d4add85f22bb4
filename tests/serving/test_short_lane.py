"""The short lane beside the long way: the same answers and refusals, and nothing unusual goes through it."""

from __future__ import annotations

import json
import re
import socket
import time

import pytest

from tests.serving.servers import Server

BODY = json.dumps({"inputs": ["blue sea", "green hill"]}).encode()
BODIES = [
    BODY, b'{"inputs": [{"text": "blue sea"}]}', b'{"inputs": ["a"], "user": "u1"}', b"", b"[]", b"{",
    b'{"inputs": []}', b'{"inputs": [1]}', b'{"inputs": ["a"], "more": 1}', b'{"inputs": [{"txt": "a"}]}',
    b'{"inputs": ["\xff"]}',
    b'{"inputs": [NaN]}', json.dumps({"inputs": ["a"] * 1001}).encode(),
]  # fmt: skip


def request(body: bytes, *lines: str, path: str = "/v1/predict") -> bytes:
    head = [f"POST {path} HTTP/1.1", "host: localhost", "content-type: application/json",
            f"content-length: {len(body)}", *lines]  # fmt: skip
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def plain(reply: bytes) -> tuple[bytes, bytes]:
    """Status and headers, and the body, without what differs each time: ids and lengths that follow from them."""
    head, _, body = reply.partition(b"\r\n\r\n")
    return re.sub(rb"content-length: \d+\r\n|connection: close\r\n|x-request-id: [^\r]*", b"", head + b"\r\n"), re.sub(
        rb'"id":"[^"]*"', b"", body)


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_both_ways_say_the_same(running: Server, body: bytes) -> None:
    short = running.raw(request(body, "connection: close"))
    long = running.raw(request(body, "connection: close", path="/v1/predict?long"))
    assert plain(short) == plain(long)
    assert short.startswith(b"HTTP/1.1 ")


def test_what_is_unusual_goes_the_long_way_and_is_answered(running: Server) -> None:
    chunked = (b"POST /v1/predict HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n"
               + b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))  # fmt: skip
    assert running.raw(chunked).startswith(b"HTTP/1.1 200")
    expecting = request(BODY, "expect: 100-continue", "connection: close")
    assert b"HTTP/1.1 200" in running.raw(expecting)
    assert running.raw(request(BODY, "content-encoding: gzip", "connection: close")).startswith(b"HTTP/1.1 415")
    old = request(BODY).replace(b"HTTP/1.1", b"HTTP/1.0")
    assert running.raw(old).startswith(b"HTTP/1.1 200")
    both = request(BODY, "transfer-encoding: chunked")
    assert running.raw(both).startswith(b"HTTP/1.1 400")


def test_several_on_the_wire_are_answered_in_order_or_not_at_all(running: Server) -> None:
    found = running.raw(request(BODY) * 5)
    assert found.count(b"HTTP/1.1 200") == 1
    assert b"connection: close" in found
    mixed = running.raw(request(BODY, path="/v1/predict?long") + request(BODY) + request(BODY, "connection: close"))
    assert 1 <= mixed.count(b"HTTP/1.1 200") <= 3
    assert mixed.count(b"HTTP/1.1") == mixed.count(b"HTTP/1.1 200")


def test_ways_may_change_on_one_connection(running: Server) -> None:
    with socket.create_connection((running.host, running.port), timeout=10) as sock:
        for turn in range(6):
            sock.sendall(request(BODY, path="/v1/predict?long" if turn % 2 else "/v1/predict"))
            assert read_one(sock).startswith(b"HTTP/1.1 200")


def read_one(sock: socket.socket) -> bytes:
    """One reply, by its length."""
    reply = b""
    while b"\r\n\r\n" not in reply:
        reply += sock.recv(65_536)
    head, _, body = reply.partition(b"\r\n\r\n")
    length = int(re.search(rb"content-length: (\d+)", head).group(1))  # type: ignore[union-attr]
    while len(body) < length:
        part = sock.recv(65_536)
        body, reply = body + part, reply + part
    return reply


def test_headers_have_a_size_in_one_packet_too(running: Server) -> None:
    assert running.raw(request(BODY, "x-much: " + "a" * 20_000)).startswith(b"HTTP/1.1 431")
    assert running.raw(request(BODY, *[f"x-{number}: {'b' * 90}" for number in range(200)])).startswith(b"HTTP/1.1 431")


def test_who_sends_its_body_slowly_is_waited_for_and_answered(running: Server) -> None:
    content = request(BODY, "connection: close")
    with socket.create_connection((running.host, running.port), timeout=10) as sock:
        for start in range(0, len(content), 40):
            sock.sendall(content[start : start + 40])
            time.sleep(0.02)
        assert sock.recv(65_536).startswith(b"HTTP/1.1 200")
