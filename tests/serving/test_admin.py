"""The admin socket of a running server: its owner's alone, every act may be asked twice, and the log says by whom."""

from __future__ import annotations

import getpass
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.interfaces import live
from breakeven.serving import admin
from breakeven.stages.history import history
from breakeven.store import Store
from tests.road.projects import command
from tests.serving.servers import Server, copy_of, server

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Unix sockets")


@pytest.fixture(scope="module")
def project(released: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with two releases in a folder whose path is longer than a socket's may be."""
    deep = tmp_path_factory.mktemp("deep") / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    found = copy_of(released, deep / "project")
    breakeven.run(found, only=("baseline",))
    return found


@pytest.fixture(scope="module")
def served(project: Path) -> Iterator[Server]:
    with server(project) as found:
        yield found


def answers_with(found: Server, number: int) -> None:
    until = time.monotonic() + 30
    while found.ask("a").json()["release"] != number and time.monotonic() < until:
        time.sleep(0.05)
    assert found.ask("a").json()["release"] == number


def test_its_owner_alone_can_open_it(served: Server, project: Path) -> None:
    path = project / ".breakeven" / "admin.sock"
    assert path.is_socket()
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_uid == os.geteuid()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else")
def test_somebody_else_is_refused_even_with_an_open_door(served: Server, project: Path) -> None:
    path = project / ".breakeven" / "admin.sock"
    path.chmod(0o666)
    code = (
        "import os, socket, sys; sock = socket.socket(socket.AF_UNIX)\n"
        "os.chdir(sys.argv[1]); os.setuid(65534); sock.connect('admin.sock')\n"
        "sock.sendall(b'{\"act\": \"drain\"}\\n'); print(sock.recv(4096).decode())"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path.parent)], capture_output=True, text=True, timeout=30)
    path.chmod(0o600)
    assert "its owner's" in done.stdout or "Permission denied" in done.stderr
    assert served.ask("a").status_code == 200


def test_promote_and_rollback_go_through_it_and_may_be_asked_twice(served: Server, project: Path) -> None:
    answers_with(served, 2)
    lines = len(history(Store(project)))
    for _ in range(2):
        assert live.promote(project, 1).number == 1
        answers_with(served, 1)
    assert live.promote(project, 2).number == 2
    assert live.rollback(project).number == 1
    added = history(Store(project))[lines:]
    assert [line["act"] for line in added] == ["promote", "promote", "rollback"]
    assert {line["by"] for line in added} == {getpass.getuser()}
    live.promote(project, 2)


def test_an_error_of_the_server_is_an_error_here(served: Server, project: Path) -> None:
    with pytest.raises(UsageError, match="no release 9"):
        live.promote(project, 9)
    done = command("releases", "promote", "9", "--project", project, "--language", "zh")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 3)
    assert "没有发布 9" in done.stderr


@pytest.mark.parametrize("sent", [b"", b"\n", b"nonsense\n", b"[]\n", b'{"act": "dance"}\n', b"x" * 100_000, b'{"act"'])
def test_nonsense_is_answered_and_ends_nothing(served: Server, project: Path, sent: bytes) -> None:
    with admin._near(project / ".breakeven") as place, socket.socket(socket.AF_UNIX) as sock:
        sock.connect(place)
        sock.settimeout(10)
        try:
            sock.sendall(sent)
            sock.shutdown(socket.SHUT_WR)
            reply = sock.recv(65_536)
        except (BrokenPipeError, ConnectionResetError):
            reply = b""
    assert not reply or "error" in json.loads(reply)
    status = live.server_status(project)
    assert status is not None
    assert status["processes"] == served.children()


def test_status_says_what_runs_and_the_data_port_knows_no_admin(served: Server, project: Path) -> None:
    done = command("server", "status", "--project", project, "--json")
    told = json.loads(done.stdout)
    assert told["runs"] is True
    assert told["place"] == served.url
    assert (told["release"], told["draining"]) == (2, False)
    for path in ("/admin", "/v1/admin", "/promote", "/drain"):
        assert served.raw(f"POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n".encode(), 0.5).startswith(
            b"HTTP/1.1 404"
        )


def test_a_second_server_leaves_the_socket_to_the_first(served: Server, project: Path) -> None:
    with server(project) as second:
        status = live.server_status(project)
        assert status is not None
        assert status["place"] == served.url != second.url
    assert live.server_status(project) is not None


def test_drain_finishes_ends_and_may_be_asked_twice(project: Path, tmp_path: Path) -> None:
    copied = copy_of(project, tmp_path / "project")
    with server(copied) as found:
        assert live.drain_server(copied) == {"draining": True, "processes": found.children()}
        live.drain_server(copied)
        assert found.process.wait(30) == 0
    assert live.drain_server(copied) is None
    assert not (copied / ".breakeven" / "admin.sock").exists()
    assert "no server" in command("server", "status", "--project", copied).stdout


def test_a_socket_that_a_killed_server_left_is_taken_over(project: Path, tmp_path: Path) -> None:
    copied = copy_of(project, tmp_path / "project")
    with server(copied) as found:
        found.process.send_signal(signal.SIGKILL)
        found.process.wait(10)
    assert (copied / ".breakeven" / "admin.sock").is_socket()
    assert live.promote(copied, 1).number == 1  # nobody answers: it is done here
    with server(copied):
        status = live.server_status(copied)
        assert status is not None
        assert status["release"] == 1


@pytest.mark.skipif(sys.platform != "linux", reason="read from /proc")
def test_processes_have_given_up_new_rights_and_core_files(served: Server) -> None:
    for number in served.children():
        status = Path(f"/proc/{number}/status").read_text()
        assert "NoNewPrivs:\t1" in status
        limits = Path(f"/proc/{number}/limits").read_text()
        (core,) = (line.split() for line in limits.splitlines() if line.startswith("Max core file size"))
        assert core[4:6] == ["0", "0"]
