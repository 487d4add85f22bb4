"""The traffic log: what was answered, and what was the truth of it.

Writing never holds up an answer: lines wait in a bounded buffer that a thread empties into a store (files beside the
project, or the team's database). While the store is away the lines wait, and are tried again; what does not fit is
dropped and counted. Inputs are kept only for the share that was asked for, with personal data masked; a user is kept
as a digest. Days older than the retention time are removed.
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from breakeven.inputs.masking import mask
from breakeven.serving.traffic_store import SCHEMAS, Batch, Kind, LinesRefused, StoreAway, TrafficStore

if TYPE_CHECKING:
    from breakeven.serving.batching import Rows

LOG = logging.getLogger("breakeven.serving")
MOST_LINES = 50_000
"""Lines that wait to be written; about 50 MB of the longest texts."""
MOST_AT_ONCE = 5_000
FLUSH_SECONDS = 2.0
MOST_WAIT_SECONDS = 30.0
"""Between two tries of a store that is away: the wait doubles from FLUSH_SECONDS up to this."""
CLOSE_SECONDS = 10.0
"""How long the end of a server waits for the last lines."""
FORGET_SECONDS = 3_600.0
TIDY_SECONDS = 600.0
TOKENS = ("prompt_tokens", "tokens", "first_seconds")
"""Columns of answers that are texts: tokens of prompt and answer, and the seconds to the first."""
CURRENT, TRIAL = "current", "trial"
"""Which of two releases gave an answer: the one that answers, or one on trial. An answer that failed is null."""


@dataclass
class TrafficLog:
    """The log of one process. `share` of the requests are kept with their inputs; `days` is the retention time;
    `lost` is told how many lines were dropped."""

    store: TrafficStore
    share: float = 0.0
    days: int = 30
    lost: Callable[[int], None] = lambda lines: None
    dropped: int = 0
    _lines: deque[tuple[Kind, dict[str, Any]]] = field(default_factory=deque)
    _pending: deque[Batch] = field(default_factory=deque)
    _writer: str = field(default_factory=lambda: secrets.token_hex(8))
    _numbers: dict[Kind, int] = field(default_factory=lambda: dict.fromkeys(SCHEMAS, 0))
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _away: bool = False
    _forget_at: float = 0.0
    _tidy_at: float = field(default_factory=lambda: time.monotonic() + TIDY_SECONDS)
    _chance: random.Random = field(default_factory=random.Random)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="traffic", daemon=True)
        self._thread.start()

    def answered(self, release: int, key: str, user: str | None, seconds: float, rows: Rows,
                 outputs: list[dict[str, Any]], arm: str = CURRENT) -> None:  # fmt: skip
        """Keep the answers of one request; each output has its `id`, and nothing else where the release failed."""
        now = datetime.now(UTC)
        kept = rows.to_pylist() if self.share and self._chance.random() < self.share else [None] * len(outputs)
        for inputs, output in zip(kept, outputs, strict=True):
            answer = output.get("label", output.get("number"))
            if "text" in output:
                answer = output["text"] if inputs else ""  # what was written is as private as what was asked
            self._add("answers", {
                "at": now, "id": output["id"], "release": release, "key": key, "user": user_digest(user),
                "seconds": seconds, "answer": None if answer is None else str(answer),
                "confidence": output.get("confidence"), "inputs": inputs, "arm": arm,
                **{name: output.get(name) for name in TOKENS},
            })  # fmt: skip

    def feedback(self, answer: str, truth: str | None, reward: float | None, event: str | None = None) -> None:
        """Keep what the truth of an answer was, what it was worth, or what its user did then."""
        self._add("feedback", {"at": datetime.now(UTC), "id": answer, "truth": truth, "reward": reward, "event": event})

    def _add(self, kind: Kind, line: dict[str, Any]) -> None:
        if len(self._lines) >= MOST_LINES:
            self._drop(1)
        else:
            self._lines.append((kind, line))

    def _drop(self, lines: int) -> None:
        self.dropped += lines
        self.lost(lines)

    # --- the thread

    def _run(self) -> None:
        wait = FLUSH_SECONDS
        while not self._stop.wait(wait):
            wait = FLUSH_SECONDS if self.flush() else min(2 * wait, MOST_WAIT_SECONDS)

    def flush(self) -> bool:
        """Write what waits; False where the store is away: then it goes on waiting."""
        try:
            while self._pending or self._lines:
                self._pending = self._pending or self._next()
                self._write(self._pending[0])
                self._pending.popleft()
            self._forget_old()
        except StoreAway as fault:
            self._tell_away(fault)
            return False
        if self._away:
            LOG.info("the traffic log is written again")
        self._away = False
        return True

    def _next(self) -> deque[Batch]:
        """The lines that waited longest, as a batch of each kind."""
        taken = [self._lines.popleft() for _ in range(min(len(self._lines), MOST_AT_ONCE))]
        batches: deque[Batch] = deque()
        for kind in SCHEMAS:
            lines = [line for its_kind, line in taken if its_kind == kind]
            for line in lines:
                if line.get("inputs") is not None:
                    line["inputs"] = masked_json(line["inputs"])
                    line["answer"] = mask(line["answer"]) if line["tokens"] else line["answer"]
            if lines:
                batches.append(Batch(kind, self._writer, self._numbers[kind], lines))
                self._numbers[kind] += len(lines)
        return batches

    def _write(self, batch: Batch) -> None:
        """Write a batch; a line that the store never takes is looked for by halves, so that the others are kept."""
        try:
            self.store.write(batch)
        except LinesRefused as fault:
            if len(batch.lines) == 1:
                self._drop(1)
                LOG.error("a line of the traffic log is lost: %s", fault)
                return
            half = len(batch.lines) // 2
            self._write(Batch(batch.kind, batch.writer, batch.first, batch.lines[:half]))
            self._write(Batch(batch.kind, batch.writer, batch.first + half, batch.lines[half:]))

    def _tell_away(self, fault: StoreAway) -> None:
        """Once an outage, not at every try."""
        if not self._away:
            what, where, _ = fault.lines()
            LOG.error("the traffic log cannot be written: %s (%s); its lines wait", what, where)
        self._away = True

    def _forget_old(self) -> None:
        if time.monotonic() >= self._forget_at:
            self._forget_at = time.monotonic() + FORGET_SECONDS
            self.store.forget_before(datetime.now(UTC).date() - timedelta(days=self.days))
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_SECONDS
            self.store.tidy()

    def close(self) -> None:
        """Write what waits and end; what a store that is away did not take by then is lost."""
        self._stop.set()
        if self._thread:
            self._thread.join(CLOSE_SECONDS)
        if not self._thread or not self._thread.is_alive():
            last = threading.Thread(target=self._finish, daemon=True)
            last.start()
            last.join(CLOSE_SECONDS)
        left = len(self._lines) + sum(len(batch.lines) for batch in self._pending)
        if left:
            self._drop(left)
            LOG.error("%d lines of the traffic log are lost: the store is away", left)

    def _finish(self) -> None:
        if not self.flush():
            self.flush()  # a connection that broke unnoticed is made anew
        self.store.close()


def masked_json(row: dict[str, str | None]) -> str:
    """A row as JSON, with tags in the place of personal data."""
    return json.dumps({name: None if cell is None else mask(cell) for name, cell in row.items()}, ensure_ascii=False)


def user_digest(user: str | None) -> str | None:
    """How a user is kept: findable by who knows the name, not readable by who reads the log."""
    return None if user is None else hashlib.sha256(user.encode()).hexdigest()[:32]
