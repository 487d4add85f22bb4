"""The audit log of releases, `releases/audit.jsonl`: who did what and when, a line an act, only ever added to.

Every line ends with a `chain`: the SHA-256 of the chain before it and of the line itself. A line that was changed,
put in or taken out breaks all chains after it. Whoever may write the file can make all chains anew, and cut lines off
its end: keep the last chain elsewhere where that matters (`breakeven releases history` prints it).
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock

from breakeven.store import Store, storing

Line = dict[str, Any]
CHAIN = "chain"
_ACTOR: ContextVar[str] = ContextVar("actor", default="")


@contextmanager
def acting_for(user: str) -> Iterator[None]:
    """While this lasts, what is done is written down as done by `user`, who asked for it."""
    token = _ACTOR.set(user)
    try:
        yield
    finally:
        _ACTOR.reset(token)


def audit_file(store: Store) -> Path:
    return store.folder / "releases" / "audit.jsonl"


def history(store: Store) -> list[Line]:
    """The lines of the audit log that can be read, the oldest first."""
    return [line for line in _lines(audit_file(store)) if line is not None]


def audit(store: Store, act: str, number: int, before: int | None) -> None:
    """Add a line to the audit log and put it on the disk before anything is changed. Raises StorageError."""
    path = audit_file(store)
    line = {"at": datetime.now(UTC).isoformat(timespec="milliseconds"), "act": act, "release": number,
            "before": before, "by": _ACTOR.get() or user_name()}  # fmt: skip
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(".audit.lock")), path.open("ab+") as log:
            log.seek(0)
            kept = log.read()
            line[CHAIN] = _chained(_last_chain(kept), line)
            torn = b"\n" if kept and not kept.endswith(b"\n") else b""  # a full disk cut the last line off
            log.write(torn + json.dumps(line).encode() + b"\n")
            log.flush()
            os.fsync(log.fileno())


def user_name(number: int | None = None) -> str:
    """The name of the user of this process, or of a user number; the number where there is no name."""
    try:
        if number is None:
            return getpass.getuser()
        import pwd

        return pwd.getpwuid(number).pw_name
    except (KeyError, OSError, ImportError):  # a container may have no name for its user
        return str(number if number is not None else os.getuid()) if hasattr(os, "getuid") else ""


def first_broken(store: Store) -> int | None:
    """The number, from 1, of the first line that is not as it was written; None when all are.

    Lines of older versions without a chain stand before the first one that has it.
    """
    before = ""
    for place, line in enumerate(_lines(audit_file(store)), 1):
        if line is None:
            return place
        if CHAIN not in line and not before:
            continue
        if line.get(CHAIN) != _chained(before, {name: value for name, value in line.items() if name != CHAIN}):
            return place
        before = line[CHAIN]
    return None


def _chained(before: str, line: Line) -> str:
    return hashlib.sha256((before + json.dumps(line)).encode()).hexdigest()


def _last_chain(content: bytes) -> str:
    """The chain that the next line goes on from; empty at the beginning."""
    found = (_read(line) for line in reversed(content.splitlines()))
    return next((str(line[CHAIN]) for line in found if line and CHAIN in line), "")


def _lines(path: Path) -> list[Line | None]:
    """Every line; None for one that cannot be read."""
    return [_read(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def _read(line: bytes) -> Line | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
