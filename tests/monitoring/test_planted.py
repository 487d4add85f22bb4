"""Planted shifts of every kind are found and named; quiet traffic is quiet; and monitor reads it in bounded memory."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from breakeven.monitoring.drift import Answers
from breakeven.monitoring.health import Reference, compare
from breakeven.monitoring.quality import expected_accuracy
from breakeven.monitoring.sampling import Sample, UserDays
from breakeven.monitoring.told import mean_reward, periods_of, slices_of, told_accuracy
from breakeven.monitoring.users import design_effect, share_of, user_metrics
from breakeven.monitoring.window import Window, read_window
from breakeven.monitoring.words import compare_words, words_of
from breakeven.records.artifact import Artifact
from breakeven.records.dataset import Column
from breakeven.serving.traffic import user_digest
from breakeven.serving.traffic_parquet import ParquetTraffic
from breakeven.serving.traffic_store import ANSWERS, FEEDBACK, Batch
from breakeven.store import Store

COLUMNS = (Column(name="hours", kind="number"), Column(name="height", kind="number"),
           Column(name="plan", kind="category"), Column(name="text", kind="text"))  # fmt: skip
TOPICS = {
    "money": ["invoice", "refund", "charge", "card", "bill", "payment", "credit", "amount"],
    "login": ["password", "account", "login", "email", "reset", "code", "locked", "access"],
    "ship": ["parcel", "delivery", "track", "courier", "address", "late", "box", "order"],
}
GLUE = ["the", "my", "is", "not", "and", "i", "have", "a", "to", "for", "please", "can", "you", "it", "was", "on"]
Row = dict[str, str | None]


def rows_of(chance: np.random.Generator, count: int, topics: tuple[str, ...] = ("money", "login")) -> list[Row]:
    """Rows with two numbers that rise together, a plan and a text of one topic."""
    hours = chance.lognormal(2, 0.5, count)
    return [
        {"hours": f"{hour:.1f}", "height": f"{10 * np.log(hour) + chance.normal():.1f}",
         "plan": str(chance.choice(["free", "team", "firm"], p=[0.6, 0.3, 0.1])),
         "text": " ".join([*chance.choice(GLUE, 6), *chance.choice(TOPICS[str(chance.choice(topics))], 3)])}
        for hour in hours
    ]  # fmt: skip


def _set(column: str, change: Callable[[str], str | None]) -> Callable[[Row], Row]:
    return lambda row: row | {column: change(str(row[column]))}


OTHER_TOPIC = rows_of(np.random.default_rng(99), 2_000, ("ship",))
PLANTED: dict[str, tuple[str, float, Callable[[Row], Row]]] = {
    "another unit": ("hours", 1.0, _set("hours", lambda cell: f"{float(cell) * 60:.1f}")),
    "lost cells": ("plan: missing", 0.15, _set("plan", lambda cell: None)),
    "a new category": ("plan: new values", 0.15, _set("plan", lambda cell: "family")),
    "out of range": ("hours: out of range", 0.15, _set("hours", lambda cell: "-5")),
    "another language": ("text: language", 0.4, _set("text", lambda cell: "die karte ist nicht da und ich habe das")),
    "short texts": ("text: characters", 1.0, _set("text", lambda cell: cell[:12])),
    "a new topic": ("text: single words", 0.3, lambda row: row | {"text": OTHER_TOPIC[len(row["text"] or "")]["text"]}),
    "numbers that no longer rise together": ("inputs", 1.0, _set("height", lambda cell: f"{46 - float(cell):.1f}")),
}  # fmt: skip


def told(before: list[Row], now: list[Row]) -> dict[str, object]:
    nothing = Answers(["a"] * 200, None)
    shifts = compare(COLUMNS, Reference(pa.Table.from_pylist(before), replace(nothing, answers=["1"] * 200),
                                     np.ones(1, bool)), replace(nothing, answers=["1"] * 200),
                     {column.name: [row[column.name] for row in now] for column in COLUMNS})  # fmt: skip
    return {shift.name: shift for shift in shifts if shift.alarm}


@pytest.mark.parametrize("what", PLANTED)
def test_a_planted_shift_is_found_by_its_name(what: str) -> None:
    chance = np.random.default_rng(5)
    before, now = rows_of(chance, 1_500), rows_of(chance, 1_500)
    name, share, change = PLANTED[what]
    found = told(before, [change(row) if chance.random() < share else row for row in now])
    assert name in found, found.keys()


def test_a_unit_is_guessed_and_words_are_named() -> None:
    chance = np.random.default_rng(6)
    before, now = rows_of(chance, 1_000), rows_of(chance, 1_000, ("money", "login", "ship"))
    found = told(before, [row | {"hours": f"{float(row['hours'] or 0) * 60:.1f}"} for row in now])
    assert "60" in str(found["hours"].note)  # type: ignore[attr-defined]
    words = {one.word for one in found["text: single words"].words}  # type: ignore[attr-defined]
    assert words & set(TOPICS["ship"])


@pytest.mark.parametrize("seed", range(3))
def test_quiet_days_are_quiet_even_where_rows_are_asked_again(seed: int) -> None:
    chance = np.random.default_rng(seed)
    before, pool = rows_of(chance, 1_500), rows_of(chance, 700)
    for _ in range(4):
        now = [pool[place] for place in chance.integers(0, len(pool), 2_000)]
        assert told(before, now) == {}


def test_words_are_not_compared_of_few_texts() -> None:
    assert compare_words([["a"]] * 99, [["b"]] * 500) is None
    assert words_of("Order 12345 für 客户!") == ["order", "#5", "für", "客", "户"]


# --- a log of many days


def write_log(folder: Path, days: int, a_day: int, seed: int) -> datetime:
    """Days of answers by users who come again; a third of the truths comes back. Returns when it began."""
    chance, begin = np.random.default_rng(seed), datetime(2026, 9, 7, tzinfo=UTC)
    for day in range(days):
        at = begin + timedelta(days=day)
        target = folder / at.date().isoformat()
        target.mkdir(parents=True)
        user = chance.integers(0, 400, a_day)
        right = chance.random(a_day) < 0.9
        lines = {"at": pa.array([at + timedelta(seconds=int(s)) for s in np.sort(chance.integers(0, 86_400, a_day))]),
                 "id": [f"{day}-{n}" for n in range(a_day)], "release": [1] * a_day, "key": [""] * a_day,
                 "user": [user_digest(str(one)) for one in user], "seconds": [0.01] * a_day,
                 "answer": np.where(right, "yes", "no").tolist(), "confidence": chance.beta(9, 1, a_day),
                 "inputs": [json.dumps({"text": "a" * (1 + n % 40)}) for n in range(a_day)],
                 "arm": ["current"] * a_day}  # fmt: skip
        count = a_day // 3
        events = np.where(chance.random(count) < 0.2, "click", np.where(chance.random(count) < 0.5, "like", "dislike"))
        said = {"at": lines["at"][:count], "id": lines["id"][:count], "truth": ["yes"] * count,
                "reward": chance.normal(1, 0.5, count), "event": events.tolist()}  # fmt: skip
        for kind, schema, columns in (("answers", ANSWERS, lines), ("feedback", FEEDBACK, said)):
            rows = len(columns["id"])
            table = pa.table([pa.array(columns[field.name]).cast(field.type) if field.name in columns
                              else pa.nulls(rows, field.type) for field in schema], schema=schema)  # fmt: skip
            pq.write_table(table, target / f"{kind}-w-0.parquet")
    return begin


@pytest.fixture(scope="module")
def window(tmp_path_factory: pytest.TempPathFactory) -> Window:
    project = tmp_path_factory.mktemp("log")
    begin = write_log(project / ".breakeven" / "traffic", 9, 6_000, seed=1)
    (project / "breakeven.toml").write_text('[product]\nname = "x"\ntask = "text-classification"\n')
    return read_window(Store(project), 1, begin, begin + timedelta(days=9))


def test_counts_are_exact_and_samples_are_bounded(window: Window) -> None:
    assert window.answers == 9 * 6_000
    assert window.total("truths") == 9 * 2_000
    assert window.sample.rows().num_rows == 5_000
    assert len(window.days) == 9
    assert window.quantile_ms(0.5) == pytest.approx(10, rel=0.01)


def test_accuracy_over_time_by_slice_and_reward(window: Window) -> None:
    found = told_accuracy(window)
    assert found is not None
    assert found.low <= 0.9 <= found.high
    kinds = [period.kind for period in periods_of(window)]
    assert kinds.count("day") == 9
    assert kinds.count("week") == 2
    artifact = Artifact(family="linear/1", task="t", input="text", output="label", answer="label", labels=("yes", "no"),
                        columns=(Column(name="text", kind="text"),))  # fmt: skip
    assert {one.column for one in slices_of(window, artifact)} == {"label", "len(text)"}
    reward = mean_reward(window)
    assert reward is not None
    assert reward.low <= 1.0 <= reward.high


def test_what_users_do_is_told_with_intervals(window: Window) -> None:
    found = user_metrics(window)
    assert found.users == 400
    assert found.click_through is not None
    assert found.click_through.value == pytest.approx(0.2 / 3, abs=0.01)
    assert found.satisfaction is not None
    assert found.satisfaction.low < 0.5 < found.satisfaction.high
    assert found.conversion is None, "nobody told of one"
    assert found.stickiness is not None
    assert found.stickiness.value > 0.99, "fifteen answers a day each: all come every day"


def test_answers_to_the_same_users_are_surer_than_they_look() -> None:
    hits, rows = np.tile([10.0, 0.0], 50), np.full(100, 10.0)
    assert design_effect(hits, rows) == pytest.approx(10, rel=0.05)
    together, alone = share_of(500, 1000, hits, rows), share_of(500, 1000, np.zeros(0), np.zeros(0))
    assert together is not None
    assert alone is not None
    assert together.high - together.low > 2.5 * (alone.high - alone.low)


def test_a_sample_is_even_and_users_are_bounded() -> None:
    sample = Sample(pa.schema([("n", pa.int64())]), 1_000)
    for start in range(0, 100_000, 10_000):
        sample.add(pa.table({"n": np.arange(start, start + 10_000)}))
    drawn = sample.rows().column("n").to_numpy()
    assert len(drawn) == 1_000
    assert drawn.mean() == pytest.approx(50_000, rel=0.06)
    users = UserDays(most=500)
    for part in range(10):
        names = [user_digest(str(part * 1_000 + n)) for n in range(1_000)]
        counts = {name: np.ones(1_000, np.int64) for name in UserDays.SUMS}
        users.add(pa.table({"user": names, "day": pa.array([datetime(2026, 9, 1).date()] * 1_000), **counts}))
    table = users.table()
    assert table is not None
    assert table.num_rows <= 500
    assert table.num_rows * users.scale == pytest.approx(10_000, rel=0.15)


def test_the_expected_accuracy_reaches_down_where_rows_are_elsewhere() -> None:
    sure, right = np.full(1_000, 0.9), np.arange(1_000) % 10 != 0
    plain, moved = expected_accuracy(sure, sure, right), expected_accuracy(sure, sure, right, elsewhere=0.5, classes=4)
    assert plain is not None
    assert moved is not None
    assert moved.value == plain.value
    assert moved.high == plain.high
    assert plain.low - moved.low == pytest.approx(0.5 * (0.9 - 0.25), abs=0.01)


def test_a_line_of_feedback_counts_once_and_the_newest_truth_holds(tmp_path: Path) -> None:
    store = ParquetTraffic(tmp_path / ".breakeven" / "traffic")
    now = datetime.now(UTC)
    answer = {"at": now, "id": "a", "release": 1, "key": "", "user": None, "seconds": 0.1, "answer": "yes",
              "confidence": 0.9, "inputs": None, "arm": "current"}  # fmt: skip
    store.write(Batch("answers", "w", 0, [answer]))
    store.write(Batch("feedback", "w", 0, [
        {"at": now, "id": "a", "truth": "no", "reward": None, "event": "click"},
        {"at": now + timedelta(seconds=1), "id": "a", "truth": "yes", "reward": None, "event": "click"},
        {"at": now, "id": "unknown", "truth": "yes", "reward": 1.0, "event": "click"}]))  # fmt: skip
    (tmp_path / "breakeven.toml").write_text('[product]\nname = "x"\ntask = "text-classification"\n')
    found = read_window(Store(tmp_path), 1, now - timedelta(days=1), now + timedelta(days=1))
    assert (found.total("clicks"), found.total("truths"), found.total("right")) == (1, 1, 1)
    assert found.rewards[0] == 0
