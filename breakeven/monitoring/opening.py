"""From the word that names a stream to the stream."""

from __future__ import annotations

from pathlib import Path

from breakeven.monitoring.sources import GrowingFile, Source, StandardInput
from breakeven.monitoring.watch import Watching
from breakeven.records.record import digest_of
from breakeven.store import Store


def open_source(store: Store, word: str, settings: Watching) -> Source:
    """`-`, `redis://…`, or a file. Raises UsageError."""
    if word == "-":
        return StandardInput()
    if "://" in word:
        from breakeven.monitoring.redis_stream import RedisStream

        return RedisStream(word, f"breakeven-{digest_of(str(store.folder), settings.name(word))}")
    return GrowingFile(Path(word))
