"""What stands on the list of docs/security.md and is not a test elsewhere, one test a line."""

from __future__ import annotations

import hmac
import json
import socket
import stat
import time
from pathlib import Path

import httpx
import pytest

from breakeven.serving.keys import PREFIX, add_key, read_keys
from breakeven.serving.limits import Limits
from breakeven.serving.replies import refusal_of
from tests.road.projects import command
from tests.serving.servers import Server, server

HOOK = """
import os, sys
place = os.environ["TEST_SEEN"]
def hook(event, words):
    if event == "pickle.find_class":
        with open(place + "/unpickled", "a") as file:
            file.write(f"{words}\\n")
    if event == "os.putenv" or event == "socket.__new__":
        with open(f"{place}/modules-{os.getpid()}", "w") as file:
            file.write("\\n".join(sys.modules))
sys.addaudithook(hook)
"""
"""Python reads this before anything else: it tells of unpickled classes, and what is loaded when a socket is made."""


def test_another_address_needs_keys(released: Path) -> None:
    done = command("serve", released, "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 2
    assert "no keys are asked for" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 3


def test_it_listens_on_this_machine_alone(running: Server) -> None:
    assert running.host == "127.0.0.1"


def test_keys_have_32_random_bytes_and_a_file_of_their_owner(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    made = [add_key(file, f"k{number}", ("predict",)) for number in range(20)]
    assert len(set(made)) == 20
    assert all(len(key) == len(PREFIX) + 43 for key in made)  # 32 bytes in base 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_key_is_found_by_its_digest_and_compared_in_constant_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys.json"
    secrets = [add_key(file, f"k{number}", ("predict",)) for number in range(5)]
    keys, compared = read_keys(file), []
    honest = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda one, other: compared.append(one) or honest(one, other))
    for number, secret in enumerate(secrets):
        found = keys.opened_by(secret)
        assert found is not None
        assert found.name == f"k{number}"
    assert compared == [key.sha256 for key in keys.keys]
    for wrong in ("nothing", keys.keys[0].sha256, secrets[0][:-1], secrets[0] + "a", ""):
        assert keys.opened_by(wrong) is None


def test_who_has_no_key_is_refused_before_the_body_is_read(released: Path, tmp_path: Path) -> None:
    add_key(tmp_path / "keys.json", "a", ("predict",))
    head = b"POST /v1/predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 900000\r\n\r\n"
    with server(released, "--keys", tmp_path / "keys.json", "--processes", "1") as found:
        begun = time.monotonic()
        with socket.create_connection((found.host, found.port), timeout=5) as one:
            one.sendall(head)
            assert one.recv(100).startswith(b"HTTP/1.1 401")
        assert time.monotonic() - begun < 3


def test_the_limits_are_printed(released: Path) -> None:
    printed = json.loads(command("serve", released, "--print-limits", "--json").stdout)
    assert printed == Limits().model_dump()
    table = command("serve", released, "--print-limits").stdout
    assert all(name in table for name in Limits.model_fields)


@pytest.mark.parametrize("depth", [3, 33, 1_000, 100_000])
@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")])
def test_nesting_is_refused(running: Server, depth: int, brackets: tuple[str, str]) -> None:
    body = '{"inputs": ' + brackets[0] * depth + "1" + brackets[1] * depth + "}"
    reply = httpx.post(f"{running.url}/v1/predict", content=body, headers={"content-type": "application/json"})
    assert reply.status_code == 422


@pytest.mark.parametrize(("method", "path", "headers", "status"), [
    ("GET", "/ready", {}, 200), ("GET", "/nothing", {}, 404), ("GET", "/v1/predict", {}, 405),
    ("POST", "/v1/predict", {"content-type": "text/plain"}, 415), ("POST", "/v1/predict", {}, 422),
    ("POST", "/v1/predict", {"content-length": "2000000"}, 413),
])  # fmt: skip
def test_no_answer_is_sniffed_or_leads_elsewhere(
    running: Server, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in ({"content-length": "0"} | headers).items())
    reply = running.raw(f"{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n{lines}\r\n".encode())
    assert reply.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"x-content-type-options: nosniff" in reply.lower()
    assert b"\r\nlocation:" not in reply.lower()
    assert b"\r\nserver:" not in reply.lower()


def test_a_fault_of_ours_tells_nothing() -> None:
    told = refusal_of(RuntimeError("the secret in /home/ann/model.bin"))
    assert told.status == 500
    assert b"secret" not in told.body()
    assert b"/home" not in told.body()


def test_what_clients_send_is_in_no_log_and_names_no_counter(released: Path) -> None:
    with server(released, "--processes", "1") as found:
        marked = ["zq-body\u001b[31m", "zq-user"]
        found.raw(b"GET /zq-path\x1b[31m HTTP/1.1\r\nhost: zq-host\r\n\r\n", 2)
        found.raw(b"GET /zq-path HTTP/1.1\r\nhost: x\r\nzq: zq\nzq-forged: ERROR\r\nconnection: close\r\n\r\n", 2)
        httpx.get(f"{found.url}/zq-path/%0A%1b[31mzq", headers={"user-agent": "zq-agent"})
        httpx.post(f"{found.url}/v1/predict", json={"inputs": [marked[0]], "user": marked[1]})
        httpx.post(f"{found.url}/v1/predict", json={"inputs": [3], "zq-field": 1})
        assert "zq" not in httpx.get(f"{found.url}/metrics").text
    assert not any("zq" in line or "\x1b" in line for line in found.log)


def test_nothing_is_unpickled_and_no_pickler_of_others_is_loaded(released: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(HOOK)
    with server(released, "--processes", "1", PYTHONPATH=str(tmp_path), TEST_SEEN=str(tmp_path)) as found:
        assert found.ask("a").status_code == 200
        modules = (tmp_path / f"modules-{found.children()[0]}").read_text().splitlines()
    assert "breakeven.serving.app" in modules
    assert not {"joblib", "dill", "torch", "sklearn", "shelve"} & set(modules)
    assert not (tmp_path / "unpickled").exists()
