"""Alarms told to a real HTTP server: in the shape it takes, once in a while, and never in anybody's way."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from breakeven.core.words import say
from breakeven.monitoring import alerts
from breakeven.monitoring.alerts import Alarms, Told, tell_alarms
from breakeven.records.monitoring import MonitorSettings
from breakeven.store import Store

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Receiver(ThreadingHTTPServer):
    """Answers what it is told to, in turn, then 200 with an empty object; keeps the bodies."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, object]] = []
        self.replies: list[tuple[int, bytes]] = []
        self.address = f"http://127.0.0.1:{self.server_address[1]}/hook/s3cr3t"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        self.server.bodies.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        status, body = self.server.replies.pop(0) if self.server.replies else (200, b"{}")
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.send_header("location", f"{self.server.address}/elsewhere")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        return None


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(alerts, "FIRST_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(alerts, "SECONDS", 1.0)
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def tell(store: Path, address: str, form: str = "generic", share: float = 0.2, hours: float = 0.0) -> Told:
    settings = MonitorSettings.model_validate({"webhook_env": "HOOK", "webhook_form": form})
    alarms = Alarms("desk", 7, [say("{name} has moved: {share}", name="语言", share=share)])
    return tell_alarms(Store(store), settings, alarms, {"HOOK": address}, NOW + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("form", "place"),
    [("generic", ("text",)), ("slack", ("text",)), ("feishu", ("content", "text")), ("dingtalk", ("text", "content")),
     ("wecom", ("text", "content"))],
)  # fmt: skip
def test_each_receiver_gets_the_shape_it_takes(
    receiver: Receiver, tmp_path: Path, form: str, place: tuple[str, ...]
) -> None:
    assert tell(tmp_path, receiver.address, form).sent == 1
    found: object = receiver.bodies[0]
    for key in place:
        assert isinstance(found, dict)
        found = found[key]
    assert "desk" in str(found)
    assert "语言 has moved: 0.2" in str(found)
    kinds = {"feishu": ("msg_type", "text"), "dingtalk": ("msgtype", "text"), "wecom": ("msgtype", "text")}
    if form in kinds:
        assert receiver.bodies[0][kinds[form][0]] == kinds[form][1]
    if form == "generic":
        assert receiver.bodies[0]["release"] == 7
        assert receiver.bodies[0]["alarms"] == ["语言 has moved: 0.2"]


def test_an_alarm_is_not_repeated_within_its_time_whatever_its_figures_are(receiver: Receiver, tmp_path: Path) -> None:
    assert tell(tmp_path, receiver.address) == Told(sent=1)
    assert tell(tmp_path, receiver.address, share=0.3, hours=23) == Told(held=1)
    assert tell(tmp_path, receiver.address, share=0.3, hours=25) == Told(sent=1)
    assert len(receiver.bodies) == 2


def test_what_may_help_is_tried_again(receiver: Receiver, tmp_path: Path) -> None:
    receiver.replies = [(503, b""), (429, b"")]
    assert tell(tmp_path, receiver.address).sent == 1
    assert len(receiver.bodies) == 3


@pytest.mark.parametrize(
    ("replies", "asked", "said"),
    [([(404, b"")], 1, "answered 404"), ([(302, b"")], 1, "answered 302"), ([(500, b"")] * 3, 3, "answered 500"),
     ([(200, b'{"errcode": 310000, "errmsg": "keywords not in content"}')], 1, "code 310000"),
     ([(200, b'{"code": 19001}')], 1, "code 19001")],
)  # fmt: skip
def test_a_refusal_is_told_and_the_alarm_is_due_again(
    receiver: Receiver, tmp_path: Path, replies: list[tuple[int, bytes]], asked: int, said: str
) -> None:
    receiver.replies = list(replies)
    told = tell(tmp_path, receiver.address)
    assert told.sent == 0
    assert said in str(told.fault)
    assert len(receiver.bodies) == asked, "a redirect is not followed, and no is no"
    assert tell(tmp_path, receiver.address).sent == 1


@pytest.mark.parametrize(
    "address", ["", "http://example.org/s3cr3t", "ftp://x/s3cr3t", "https://", "http://[s3cr3t", "file:///s3cr3t"]
)
def test_an_address_that_is_none_is_told_of_and_not_shown(tmp_path: Path, address: str) -> None:
    told = tell(tmp_path, address)
    assert told.sent == 0
    assert "HOOK" in str(told.fault)
    assert "s3cr3t" not in told.model_dump_json()


def test_nobody_at_home_is_no_error(receiver: Receiver, tmp_path: Path) -> None:
    told = tell(tmp_path, "http://127.0.0.1:1/s3cr3t")
    assert "ConnectError" in str(told.fault)
    assert "s3cr3t" not in told.model_dump_json()


def test_without_a_webhook_nothing_is_sent(tmp_path: Path) -> None:
    alarms = Alarms("desk", 1, [say("no alarm")])
    assert tell_alarms(Store(tmp_path), MonitorSettings(), alarms, {}) == Told()
