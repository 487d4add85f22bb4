"""A Redis stream, read as the only consumer of a group: acknowledged once it is counted, and counted once.

    redis://host:6379/0?stream=reviews     rediss:// for TLS; a password is read from REDISCLI_AUTH

What was handed over before a kill is handed over again; of that, what the state has counted already is known by its id,
for the ids of a stream only rise. While the server is away it is asked again.
"""

from __future__ import annotations

import json
import logging
import os
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.monitoring.sources import Item, Position, Source

if TYPE_CHECKING:
    from redis import Redis

PASSWORD = "REDISCLI_AUTH"
SCHEMES = ("redis", "rediss")
CONSUMER = "watch"
SECONDS = 5.0
MOST_WAIT_SECONDS = 10.0
FIRST = "0-0"
LOG = logging.getLogger("breakeven.monitoring")


class RedisStream(Source):
    """Raises UsageError for an address that cannot be used, or where the library redis is not installed."""

    def __init__(self, address: str, group: str) -> None:
        parts = urlsplit(address)
        self._stream = parse_qs(parts.query).get("stream", [""])[0]
        if parts.password or not self._stream or parts.scheme not in SCHEMES:
            what = (say("a password in an address can be read by others") if parts.password
                    else say("the address names no stream"))  # fmt: skip
            raise UsageError(what, "--watch", say("redis://host:6379/0?stream=NAME; the password in {name}",
                                                  name=PASSWORD))
        try:
            from redis import Redis
        except ImportError:
            raise UsageError(say("Redis needs the library redis"), "--watch",
                             say("pip install 'breakeven[team]'")) from None
        self.name = f"{parts.scheme}://{parts.netloc}{parts.path}?stream={self._stream}"
        self._redis: Redis = Redis.from_url(
            f"{parts.scheme}://{parts.netloc}{parts.path}", password=os.environ.get(PASSWORD), decode_responses=False,
            socket_timeout=SECONDS + 5, socket_connect_timeout=SECONDS,
        )  # fmt: skip
        self._group = group
        self._last = self._kept = FIRST
        self._pending = True
        self._given: list[bytes] = []
        self._wait = 0.0

    def open(self, position: Position | None) -> None:
        from redis import RedisError

        self._last = self._kept = (position or {}).get("last", FIRST)
        try:
            if position is None:
                self._forget_group()
            self._make_group()
        except RedisError as fault:
            raise UsageError(say("the stream cannot be read: {fault}", fault=type(fault).__name__), self.name,
                             say("look whether Redis runs and lets you in: redis-cli ping")) from None

    def _forget_group(self) -> None:
        """A watch without a state begins at the beginning."""
        from redis import ResponseError

        try:
            self._redis.xgroup_destroy(self._stream, self._group)
        except ResponseError:  # there is no such stream yet
            return

    def _make_group(self) -> None:
        from redis import ResponseError

        try:
            self._redis.xgroup_create(self._stream, self._group, id=self._last, mkstream=True)
        except ResponseError as fault:
            if "BUSYGROUP" not in str(fault):
                raise

    def read(self, most: int, seconds: float) -> list[Item] | None:
        from redis import ConnectionError, RedisError, TimeoutError

        try:
            entries = self._entries(most, seconds)
            self._wait = 0.0
        except (ConnectionError, TimeoutError) as fault:
            self._away(fault, seconds)
            return []
        except RedisError as fault:
            if "NOGROUP" not in str(fault):
                raise UsageError(say("the stream cannot be read: {fault}", fault=str(fault)[:200]), self.name,
                                 say("look whether Redis runs and lets you in: redis-cli ping")) from None
            self._last = self._kept = FIRST  # the server lost its data: what is there now is new
            self._make_group()
            return []
        return [self._item(*entry) for entry in entries]

    def _entries(self, most: int, seconds: float) -> list[tuple[bytes, dict[bytes, bytes] | None]]:
        """The next entries; first those that were handed over before and not acknowledged."""
        start = self._last if self._pending else ">"
        found: Any = self._redis.xreadgroup(self._group, CONSUMER, {self._stream: start}, count=most,
                                            block=max(1, int(seconds * 1000)))  # fmt: skip
        entries = (next(iter(found.values())) if isinstance(found, dict) else found[0][1]) if found else []
        if entries and isinstance(entries[0], list) and entries[0] and isinstance(entries[0][0], tuple | list):
            entries = entries[0]
        if self._pending and not entries:
            self._pending = False
            self._acknowledge_counted()
        return [(bytes(name), fields) for name, fields in entries]

    def _acknowledge_counted(self) -> None:
        """Entries up to the last counted one whose acknowledgement did not come through before a kill."""
        while True:
            pending: Any = self._redis.xpending_range(self._stream, self._group, "-", self._kept, 1_000)
            if not pending:
                return
            self._redis.xack(self._stream, self._group, *[entry["message_id"] for entry in pending])

    def _item(self, name: bytes, fields: dict[bytes, bytes] | None) -> Item:
        self._last = name.decode()
        self._given.append(name)
        texts = {key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
                 for key, value in (fields or {}).items()}  # fmt: skip
        if len(texts) == 1:
            (only,) = texts.values()
            if only.startswith("{"):
                try:
                    found = json.loads(only)
                except (ValueError, RecursionError):
                    return None
                return found if isinstance(found, dict) else None
        return texts or None

    def _away(self, fault: Exception, seconds: float) -> None:
        if not self._wait:
            LOG.warning("the stream is away: %s", type(fault).__name__)
        self._wait = min(max(2 * self._wait, seconds, 0.1), MOST_WAIT_SECONDS)
        self._pending = True  # what was asked for may have been handed over unheard
        time.sleep(self._wait)

    def position(self) -> Position:
        return {"last": self._last}

    def kept(self) -> None:
        from redis import RedisError

        self._kept = self._last
        if self._given:
            try:
                self._redis.xack(self._stream, self._group, *self._given)
                self._given = []
            except RedisError:  # tried again with the next ones
                return

    def close(self) -> None:
        self._redis.close()
