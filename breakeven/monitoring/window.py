"""Some days of a release's traffic, read once and in bounded memory: counts are exact, rows are a sample.

This is the only place of monitoring that reads the traffic log. Feedback is held whole (about 60 bytes a line) and
answers pass by in stretches; a day of a million answers takes some seconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.monitoring.sampling import Sample, UserDays
from breakeven.serving.traffic_place import traffic_of
from breakeven.serving.traffic_store import ANSWERS, FEEDBACK
from breakeven.store import Store

MOST_ROWS = 5_000
"""Of each side, so many rows are compared, drawn evenly from all: more make no effect clearer."""
MOST_TOLD = 20_000
"""Rows with a truth and with their inputs that are kept for the accuracy of slices."""
STRETCH = 250_000
EVENTS = {"click": "clicks", "conversion": "conversions", "like": "likes", "dislike": "dislikes"}
TOLD = pa.schema([("answer", pa.string()), ("truth", pa.string()), ("inputs", pa.string())])
LATENCY_EDGES = np.geomspace(1e-5, 1e3, 2_001)
"""Bins of 0.9 % width from 10 µs to 1,000 s: quantiles of any number of answers in 16 kB."""


@dataclass
class Window:
    """What was seen; `days` are whole and part days, each with its counts."""

    answers: int = 0
    failures: int = 0
    first: datetime | None = None
    last: datetime | None = None
    hours: Counter[datetime] = field(default_factory=Counter)
    days: dict[date, Counter[str]] = field(default_factory=dict)
    """By day: answers, truths, right, clicks …, each answer once."""
    rewards: np.ndarray = field(default_factory=lambda: np.zeros(3))
    """Their number, sum and sum of squares."""
    users: UserDays = field(default_factory=UserDays)
    has_confidence: bool = False
    sample: Sample = field(default_factory=lambda: Sample(ANSWERS, MOST_ROWS, seed=1))
    inputs: Sample = field(default_factory=lambda: Sample(ANSWERS, MOST_ROWS, seed=2))
    told: Sample = field(default_factory=lambda: Sample(TOLD, MOST_TOLD, seed=3))
    _latency: np.ndarray = field(default_factory=lambda: np.zeros(len(LATENCY_EDGES) + 1, np.int64))

    def total(self, name: str) -> int:
        """The sum of a count over all days."""
        return sum(counts[name] for counts in self.days.values())

    def quantile_ms(self, share: float) -> float | None:
        """Of the seconds that answers took, to one percent."""
        if not self._latency.sum():
            return None
        place = int(np.searchsorted(np.cumsum(self._latency), share * self._latency.sum()))
        below, above = max(place - 1, 0), min(place, len(LATENCY_EDGES) - 1)
        return float(np.sqrt(LATENCY_EDGES[below] * LATENCY_EDGES[above])) * 1e3

    def add(self, answers: pa.Table, feedback: Feedback) -> None:
        """Count a stretch of answers of the release."""
        if not answers.num_rows:
            return
        at = answers.column("at")
        span = pc.min_max(at).as_py()
        self.first = min(filter(None, (self.first, span["min"])))
        self.last = max(filter(None, (self.last, span["max"])))
        self.answers += answers.num_rows
        self.failures += answers.column("answer").null_count
        self.has_confidence |= answers.column("confidence").null_count < answers.num_rows
        self._latency += np.bincount(np.searchsorted(LATENCY_EDGES, answers.column("seconds").to_numpy()),
                                     minlength=len(self._latency))  # fmt: skip
        self.hours.update(_counts(pc.floor_temporal(at, unit="hour")))
        self.sample.add(answers)
        self.inputs.add(answers.filter(pc.is_valid(answers.column("inputs"))))
        self._count_days(answers, feedback)

    def _count_days(self, answers: pa.Table, feedback: Feedback) -> None:
        found = feedback.of(answers)
        rows = pa.table({"user": answers.column("user"), "day": pc.cast(answers.column("at"), pa.date32()),
                         **{name: pa.array(values, pa.int64()) for name, values in found.counts.items()}})  # fmt: skip
        sums = rows.group_by("day").aggregate([(name, "sum") for name in UserDays.SUMS])
        for line in sums.to_pylist():
            counts = self.days.setdefault(line["day"], Counter())
            counts.update({name: line[f"{name}_sum"] for name in UserDays.SUMS})
        self.users.add(rows)
        rewards = found.reward[np.isfinite(found.reward)]
        self.rewards += (len(rewards), rewards.sum(), (rewards**2).sum())
        self.told.add(found.told)


@dataclass(frozen=True)
class Told:
    """What feedback says of a stretch of answers: counts by answer, rewards, and rows with a truth and inputs."""

    counts: dict[str, np.ndarray]
    reward: np.ndarray
    """(n,), NaN where none was told."""
    told: pa.Table


class Feedback:
    """All feedback of a time, the newest word on each answer counting; an event counts once an answer."""

    def __init__(self, lines: pa.Table) -> None:
        lines = lines.sort_by("at")
        self._truth = _newest(lines, "truth")
        self._reward = _newest(lines, "reward")
        self._events = {
            event: pc.unique(lines.filter(pc.equal(lines.column("event"), event)).column("id")) for event in EVENTS
        }

    def of(self, answers: pa.Table) -> Told:
        """What is known of these answers."""
        ids, answer = answers.column("id"), answers.column("answer")
        truth = _looked_up(ids, self._truth)
        right = pc.fill_null(pc.equal(answer, truth), False)
        counts = {"answers": np.ones(len(ids), np.int64), "truths": _as_counts(pc.is_valid(truth)),
                  "right": _as_counts(right)}  # fmt: skip
        for event, name in EVENTS.items():
            counts[name] = _as_counts(pc.is_in(ids, self._events[event]))
        rows = pa.table({"answer": answer, "truth": truth, "inputs": answers.column("inputs")}, schema=TOLD)
        whole = pc.and_(pc.is_valid(rows.column("truth")), pc.is_valid(rows.column("inputs")))
        reward = pc.fill_null(_looked_up(ids, self._reward), float("nan")).to_numpy()
        return Told(counts, reward, rows.filter(whole))


def read_window(store: Store, release: int, since: datetime, until: datetime) -> Window:
    """The answers of a release between two times, with the feedback that came since the first."""
    window, feedback = Window(), read_feedback(store, since)
    for answers in scan_answers(store, release, since, until):
        window.add(answers, feedback)
    return window


def read_feedback(store: Store, since: datetime) -> Feedback:
    """All feedback since the day of a time."""
    lines = traffic_of(store).scan("feedback", since)
    return Feedback(pa.concat_tables([FEEDBACK.empty_table(), *lines]))


def scan_answers(store: Store, release: int, since: datetime, until: datetime | None = None,
                 arm: str | None = None) -> Iterator[pa.Table]:  # fmt: skip
    """The answers of a release between two times, in stretches; at least one, if an empty one."""
    yield ANSWERS.empty_table()
    for answers in _stretches(traffic_of(store).scan("answers", since)):
        at = answers.column("at")
        ours = pc.and_(pc.equal(answers.column("release"), release), pc.greater_equal(at, _moment(since)))
        if until is not None:
            ours = pc.and_(ours, pc.less(at, _moment(until)))
        if arm is not None:
            ours = pc.and_(ours, pc.equal(answers.column("arm"), arm))
        yield answers.filter(ours)


def _stretches(tables: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """The many small pieces of a log, STRETCH lines at a time."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(one.num_rows for one in waiting) >= STRETCH:
            yield pa.concat_tables(waiting)
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting)


def _moment(at: datetime) -> pa.Scalar:
    return pa.scalar(at, pa.timestamp("ms", "UTC"))


def _counts(values: pa.ChunkedArray) -> dict[Any, int]:
    found = pc.value_counts(values)
    return dict(zip(found.field("values").to_pylist(), found.field("counts").to_pylist(), strict=True))


def _newest(lines: pa.Table, name: str) -> tuple[pa.Array, pa.ChunkedArray]:
    """The answers of which `name` was told, each once, and what was told last (`lines` by rising time)."""
    told = lines.filter(pc.is_valid(lines.column(name))).select(["id", name])
    last = told.group_by("id", use_threads=False).aggregate([(name, "last")])
    return last.column("id").combine_chunks(), last.column(f"{name}_last")


def _looked_up(ids: pa.ChunkedArray, told: tuple[pa.Array, pa.ChunkedArray]) -> pa.ChunkedArray:
    """Of each answer what was told, null where nothing was."""
    names, values = told
    return values.take(pc.index_in(ids, value_set=names))


def _as_counts(flags: pa.ChunkedArray) -> np.ndarray:
    return np.asarray(pc.cast(flags, pa.int64()).to_numpy())

