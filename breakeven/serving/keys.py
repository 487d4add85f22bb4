"""API keys: 32 random bytes, shown once, kept as SHA-256 in a file that only its owner can read.

A key opens scopes: `predict`, `feedback`, `metrics`. Several keys may be valid at a time, so that one can be replaced
without an outage: make the new one, move the clients, revoke the old one.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.record import Record
from breakeven.store import new_file

Scope = Literal["predict", "feedback", "metrics"]
SCOPES: tuple[Scope, ...] = ("predict", "feedback", "metrics")
PREFIX = "bk_"


class Key(Record):
    """What is kept of a key: never the key itself."""

    name: str
    sha256: str
    scopes: tuple[Scope, ...]
    created: str
    expires: str | None = None

    def is_valid(self, now: datetime) -> bool:
        return self.expires is None or now < datetime.fromisoformat(self.expires)


class Keys(Record):
    """The key file."""

    keys: tuple[Key, ...] = ()

    def opened_by(self, secret: str, now: datetime | None = None) -> Key | None:
        """The valid key that `secret` is.

        It is found by its SHA-256: how far a wrong one agrees tells nobody anything, since no one can choose a digest.
        The comparison is in constant time all the same.
        """
        given = _digest(secret)
        found = self._by_digest.get(given)
        if found is None or not hmac.compare_digest(found.sha256, given):
            return None
        return found if found.is_valid(now or datetime.now(UTC)) else None

    @cached_property
    def _by_digest(self) -> dict[str, Key]:
        return {key.sha256: key for key in self.keys}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def read_scopes(names: Sequence[str]) -> tuple[Scope, ...]:
    """Names of scopes as they are written. Raises UsageError for an unknown one."""
    unknown = next((name for name in names if name not in SCOPES), None)
    if unknown is not None or not names:
        raise UsageError(say("there is no scope {name}", name=unknown or ""), "--scopes",
                         say("known: {names}", names=SCOPES))  # fmt: skip
    return tuple(scope for scope in SCOPES if scope in names)


def read_keys(path: Path) -> Keys:
    """The keys of a file. Raises UsageError when it is missing, damaged or readable by others."""
    try:
        kept = Keys.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            say("there is no key file"), str(path), say('make a key with "breakeven keys add NAME"')
        ) from None
    except (OSError, ValidationError):
        raise UsageError(
            say("the key file cannot be read"), str(path), say("make it anew; keys in it are lost")
        ) from None
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise UsageError(
            say("the key file can be read by others"), str(path),
            say("close it: {command}", command=f"chmod 600 {path}"),
        )
    return kept


def add_key(path: Path, name: str, scopes: Sequence[Scope], days: int | None = None) -> str:
    """Make a key and return it; only its digest is kept. Raises UsageError when the name is taken, StorageError."""
    kept = read_keys(path) if path.exists() else Keys()
    if any(key.name == name for key in kept.keys):
        raise UsageError(
            say("there is a key {name} already", name=name), str(path), say("choose another name, or revoke it first")
        )
    secret, now = PREFIX + secrets.token_urlsafe(32), datetime.now(UTC)
    made = Key(
        name=name,
        sha256=_digest(secret),
        scopes=tuple(scopes),
        created=now.isoformat(timespec="seconds"),
        expires=(now + timedelta(days=days)).isoformat(timespec="seconds") if days else None,
    )
    _write(path, Keys(keys=(*kept.keys, made)))
    return secret


def revoke_key(path: Path, name: str) -> None:
    """Take a key out of the file. Raises UsageError when there is none of that name."""
    kept = read_keys(path)
    if all(key.name != name for key in kept.keys):
        names = tuple(key.name for key in kept.keys)
        raise UsageError(say("there is no key {name}", name=name), str(path), say("known: {names}", names=names))
    _write(path, Keys(keys=tuple(key for key in kept.keys if key.name != name)))


def _write(path: Path, keys: Keys) -> None:
    with new_file(path, 0o600) as temporary:
        temporary.write_bytes(keys.model_dump_json(indent=1).encode())
