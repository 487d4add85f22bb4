"""A real PostgreSQL for tests: made in a temporary folder, on a Unix socket alone, by a user that is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
NEEDED = ("initdb", "postgres", "pg_isready")
SECONDS = 60.0


def programs() -> Path:
    """The folder of the server's programs; the test is skipped where there is none."""
    folders = [Path(word) for word in os.environ.get("PATH", "").split(os.pathsep)]
    folders += sorted((path.parent for place in PLACES for path in Path(place).glob("**/bin/postgres")), reverse=True)
    found = next((folder for folder in folders if all((folder / name).exists() for name in NEEDED)), None)
    if found is None:
        pytest.skip("PostgreSQL is not installed")
    return found


class Postgres:
    """A server that can be stopped, frozen, killed and started again."""

    def __init__(self, folder: Path) -> None:
        self._bin, self.folder = programs(), folder
        self._user = "postgres" if os.getuid() == 0 and _exists("postgres") else "nobody"
        self.address = f"postgresql://owner@/postgres?host={folder}"
        self._process: subprocess.Popen[bytes] | None = None
        if os.getuid() == 0:
            os.chown(folder, pwd.getpwnam(self._user).pw_uid, -1)
        self._run("initdb", "-D", str(folder / "data"), "-U", "owner", "--auth=trust", "--no-sync").wait()
        with (folder / "data" / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"listen_addresses = ''\nunix_socket_directories = '{folder}'\nfsync = off\n"
                       "max_connections = 20\nshared_buffers = 16MB\nautovacuum = off\n")  # fmt: skip

    def _run(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        user = {"user": self._user, "group": pwd.getpwnam(self._user).pw_gid, "extra_groups": []}
        return subprocess.Popen(
            [self._bin / program, *words], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("ab"), **(user if os.getuid() == 0 else {}), start_new_session=True,
        )  # type: ignore[call-overload]  # fmt: skip

    def start(self) -> None:
        self._process = self._run("postgres", "-D", str(self.folder / "data"))
        until = time.monotonic() + SECONDS
        while self._run("pg_isready", "-h", str(self.folder), "-U", "owner").wait() != 0:
            assert time.monotonic() < until, (self.folder / "log").read_text()
            assert self._process.poll() is None, (self.folder / "log").read_text()
            time.sleep(0.05)

    def kill(self) -> None:
        """End the server and all its children at once, as a power cut would."""
        if self._process and self._process.poll() is None:
            for pid in [self._process.pid, *self._children()]:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()

    def freeze(self) -> None:
        for pid in [self._pid(), *self._children()]:
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        for pid in [self._pid(), *self._children()]:
            os.kill(pid, signal.SIGCONT)

    def _pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _children(self) -> list[int]:
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self._pid())], capture_output=True, text=True)
        return [int(word) for word in found.stdout.split()]

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        import psycopg

        with psycopg.connect(self.address) as connection:
            cursor = connection.execute(query, values)
            return cursor.fetchall() if cursor.description else []


def _exists(user: str) -> bool:
    try:
        return bool(pwd.getpwnam(user))
    except KeyError:
        return False


@contextmanager
def postgres() -> Iterator[Postgres]:
    """A running server until the block ends. Its folder is a short one: a socket's path has 107 characters at most."""
    pytest.importorskip("psycopg")
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    os.chmod(folder, 0o755)
    server = None
    try:
        server = Postgres(folder)
        server.start()
        yield server
    finally:
        if server:
            server.kill()
        shutil.rmtree(folder, ignore_errors=True)
