"""The admin socket of a server: promote, roll back, drain, status, on a Unix socket apart from the data.

`.breakeven/admin.sock` can be opened by its owner alone; the system itself says who is at the other end (SO_PEERCRED),
and so the audit log does not have to believe anybody. A request is a line of JSON, `{"act": "promote", "release": 8}`;
so is the answer, `{"done": {…}}` or `{"error": {…}}` with the three lines of the error. Every act may be asked twice.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from breakeven.core.errors import BreakevenError
from breakeven.records.record import MessageRecord
from breakeven.store import Store

NAME = "admin.sock"
MOST_BYTES = 4_096
LOOK_SECONDS, REQUEST_SECONDS = 0.2, 5.0
LOG = logging.getLogger("breakeven.serving")
Act = Callable[[dict[str, Any]], dict[str, Any]]


@contextlib.contextmanager
def answering_admin(store: Store, acts: dict[str, Act]) -> Iterator[None]:
    """While this lasts, a thread answers on the admin socket; without one where it cannot be made."""
    try:
        sock = _listen(store)
    except OSError as fault:
        LOG.warning("no admin socket: %s", os.strerror(fault.errno) if fault.errno else fault)
        yield
        return
    ending = threading.Event()
    thread = threading.Thread(target=_answer_all, args=(sock, acts, ending), name="admin", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(2 * LOOK_SECONDS)
        (store.folder / NAME).unlink(missing_ok=True)
        sock.close()


def ask(store: Store, act: str, seconds: float = 180.0, **values: Any) -> dict[str, Any] | None:
    """What the server of a project answers; None when none runs. Raises the server's error as it was there."""
    try:
        with _near(store.folder) as place, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
            sock.settimeout(seconds)
            sock.connect(place)
            sock.sendall(json.dumps({"act": act, **values}).encode() + b"\n")
            reply = json.loads(_line(sock, 1 << 20))
    except (OSError, ValueError):  # nobody there, or it ended meanwhile
        return None
    if "error" in reply:
        raise _error(reply["error"])
    return dict(reply["done"])


# --- the side of the server ------------------------------------------------------------------------------------


def _listen(store: Store) -> socket.socket:
    """Raises OSError when another server has it, or it cannot be made."""
    if ask(store, "status", seconds=REQUEST_SECONDS) is not None:
        raise OSError("another server of this project has it")
    with _near(store.folder) as place:
        (store.folder / NAME).unlink(missing_ok=True)
        before = os.umask(0o177)
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            sock.bind(place)
        finally:
            os.umask(before)
    sock.listen(8)
    sock.settimeout(LOOK_SECONDS)
    return sock


@contextlib.contextmanager
def _near(folder: Path) -> Iterator[str]:
    """The socket by a short name: a path of more than about 100 bytes is none to the system."""
    if not Path("/proc/self/fd").is_dir():
        yield str(folder / NAME)
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{NAME}"
    finally:
        os.close(handle)


def _answer_all(sock: socket.socket, acts: dict[str, Act], ending: threading.Event) -> None:
    while not ending.is_set():
        with contextlib.suppress(OSError), sock.accept()[0] as client:  # nobody came; or who came has gone
            client.settimeout(REQUEST_SECONDS)
            client.sendall(json.dumps(_answer(client, acts)).encode() + b"\n")


def _answer(client: socket.socket, acts: dict[str, Act]) -> dict[str, Any]:
    from breakeven.stages.history import acting_for, user_name

    user, line = _user(client), _line(client, MOST_BYTES)
    if user not in (None, os.geteuid(), 0):
        return {"error": {"text": "this socket is its owner's"}}
    try:
        asked = json.loads(line)
        act = acts[asked["act"]]
    except (ValueError, KeyError, TypeError):
        return {"error": {"text": f"ask for one of: {', '.join(sorted(acts))}"}}
    try:
        with acting_for("" if user is None else user_name(user)):
            return {"done": act(asked)}
    except BreakevenError as error:
        lines = [MessageRecord.of(line).model_dump() for line in error.lines()]
        return {"error": {"kind": type(error).__name__, "lines": lines}}
    except Exception:
        LOG.exception("an act of the admin socket failed")
        return {"error": {"text": "the server failed; its log says why"}}


def _user(client: socket.socket) -> int | None:
    """The user at the other end, as the system knows it; None where it does not tell."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    _, user, _ = struct.unpack("3i", client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(user)


def _line(sock: socket.socket, most: int) -> bytes:
    """What comes until the first end of a line; nothing when there is too much of it, or no end."""
    parts = b""
    while not parts.endswith(b"\n"):
        part = sock.recv(most)
        parts += part
        if not part or len(parts) > most:
            return b""
    return parts


def _error(told: dict[str, Any]) -> BreakevenError:
    """The error of the other side, raised on this one."""
    from breakeven.core import errors
    from breakeven.core.words import say

    if "lines" not in told:
        return BreakevenError(say("{fault}", fault=told["text"]), NAME)
    what, where, hint = (MessageRecord.model_validate(line).message() for line in told["lines"])
    kind = getattr(errors, told["kind"], BreakevenError)
    return kind(what, where, hint)  # type: ignore[no-any-return]
