"""What a server does with requests that are not as they should be: a clear refusal, never a 500, never a wait."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from breakeven.serving.keys import add_key, revoke_key
from tests.serving.servers import Server, server

WRONG: list[tuple[Any, str]] = [
    ({"inputs": [3]}, "$.inputs[0]"),
    ({"inputs": [None]}, "$.inputs[0]"),
    ({"inputs": [["a"]]}, "$.inputs[0]"),
    ({"inputs": "a"}, "$.inputs"),
    ({"inputs": []}, "length >= 1"),
    ({"inputs": ["a"] * 1001}, "length <= 1000"),
    ({"inputs": ["a" * 100_001]}, "$.inputs[0]"),
    ({"inputs": ["a"], "more": 1}, "more"),
    ({"inputs": [{"message": "a", "mesage": "b"}]}, "mesage"),
    ({"inputs": [{}]}, "$.inputs[0]"),
    ({}, "inputs"),
    ([], "object"),
]


@pytest.mark.parametrize(("body", "told"), WRONG, ids=[str(wrong)[:40] for wrong, _ in WRONG])
def test_a_wrong_body_is_refused_with_its_path(running: Server, body: Any, told: str) -> None:
    reply = httpx.post(f"{running.url}/v1/predict", json=body)
    assert reply.status_code == 422
    assert told in reply.json()["error"]["message"]
    assert reply.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("content", [b"", b"{", b'{"inputs": [NaN]}', b'{"inputs": ["\xff"]}', b"[" * 100_000,
                                     b'{"inputs": [1e999]}'])  # fmt: skip
def test_what_is_not_json_is_refused(running: Server, content: bytes) -> None:
    reply = httpx.post(f"{running.url}/v1/predict", content=content, headers={"content-type": "application/json"})
    assert reply.status_code == 422


@pytest.mark.parametrize(("path", "method", "status"), [
    ("/nothing", "GET", 404), ("/v1/predict", "GET", 405), ("/health", "POST", 405), ("/../etc/passwd", "GET", 404),
    ("/v1/predict/", "POST", 404), ("/%2e%2e/release.json", "GET", 404),
])  # fmt: skip
def test_there_are_no_other_paths(running: Server, path: str, method: str, status: int) -> None:
    assert httpx.request(method, running.url + path).status_code == status


@pytest.mark.parametrize("headers", [{"content-type": "text/plain"}, {"content-encoding": "gzip"}])
def test_only_plain_json_is_read(running: Server, headers: dict[str, str]) -> None:
    kinds = {"content-type": "application/json", **headers}
    assert httpx.post(f"{running.url}/v1/predict", content=b"{}", headers=kinds).status_code == 415


def test_a_body_of_64_megabytes_is_refused_before_it_is_read(running: Server) -> None:
    head = b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 64000000\r\n\r\n"
    begun = time.monotonic()
    reply = running.raw(head)  # not a byte of the body is sent
    assert reply.startswith(b"HTTP/1.1 413")
    assert time.monotonic() - begun < 5


def test_a_chunked_body_ends_at_the_limit(running: Server) -> None:
    def flood() -> Any:
        for _ in range(200):
            yield b" " * 10_000

    kinds = {"content-type": "application/json"}
    with httpx.Client() as client:
        try:
            status = client.post(f"{running.url}/v1/predict", content=flood(), headers=kinds).status_code
        except httpx.WriteError:  # the server has answered and closed before all was sent
            status = 413
    assert status == 413


def test_a_half_sent_header_is_closed_within_its_time(running: Server) -> None:
    begun = time.monotonic()
    assert running.raw(b"GET /health HTT", 20) == b""
    assert 4 < time.monotonic() - begun < 10


def test_a_header_that_never_ends_is_refused(running: Server) -> None:
    reply = running.raw(b"GET /health HTTP/1.1\r\nhost: x\r\n" + b"".join(b"a%d: b\r\n" % n for n in range(4000)))
    assert reply.startswith(b"HTTP/1.1 431")


@pytest.mark.parametrize("content", [
    b"GET /health HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\nabc",
    b"GET /health HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
    b"GET /health HTTP/1.1\r\nhost: x\r\n folded: y\r\n\r\n",
    b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00",
])  # fmt: skip
def test_doubtful_http_is_refused(running: Server, content: bytes) -> None:
    reply = running.raw(content, 12)
    assert b" 200 " not in reply
    assert b" 500 " not in reply


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["inputs", "message", "x"]) | st.text(), inner),
))  # fmt: skip
def test_no_body_makes_the_server_fail(running: Server, body: Any) -> None:
    with httpx.Client() as client:
        for sent in (body, {"inputs": body}, {"inputs": [body]}):
            content = json.dumps(sent, ensure_ascii=True).encode()
            kinds = {"content-type": "application/json"}
            assert client.post(f"{running.url}/v1/predict", content=content, headers=kinds).status_code in (200, 422)


def test_keys_open_what_they_are_for_and_nothing_else(released: Path, tmp_path: Path) -> None:
    keys = tmp_path / "keys.json"
    asker, watcher = add_key(keys, "asker", ("predict",)), add_key(keys, "watcher", ("metrics",))
    assert asker not in keys.read_text()
    with server(released, "--keys", keys) as found:
        assert found.ask("a").status_code == 401
        assert found.ask("a", authorization="Bearer nothing").status_code == 401
        assert found.ask("a", authorization=f"Basic {asker}").status_code == 401
        assert found.ask("a", authorization=f"Bearer {watcher}").status_code == 403
        assert found.ask("a", authorization=f"Bearer {asker}").status_code == 200
        assert httpx.get(f"{found.url}/metrics").status_code == 401
        metrics = httpx.get(f"{found.url}/metrics", headers={"authorization": f"Bearer {watcher}"}).text
        assert 'breakeven_requests_total{route="/v1/predict",status="401"} 3.0' in metrics
        assert asker not in metrics
        newer = add_key(keys, "newer", ("predict",))
        _until(lambda: found.ask("a", authorization=f"Bearer {newer}").status_code == 200)
        assert found.ask("a", authorization=f"Bearer {asker}").status_code == 200  # both, while clients change over
        revoke_key(keys, "asker")
        _until(lambda: found.ask("a", authorization=f"Bearer {asker}").status_code == 401)
        keys.write_text("no keys")
        time.sleep(0.6)
        assert found.ask("a", authorization=f"Bearer {newer}").status_code == 200  # what cannot be read changes nothing


def _until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; five seconds at most."""
    until = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)

