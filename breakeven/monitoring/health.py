"""The health of a release: its traffic beside its test rows, its cost beside the plan."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from breakeven.core.errors import UsageError
from breakeven.core.figure import measured
from breakeven.core.words import Message, say
from breakeven.inputs.parts import read_part
from breakeven.models.artifact import ARTIFACT
from breakeven.monitoring.drift import Compared, Kind, answer_shifts, column_shifts, shifts_of, title_of
from breakeven.monitoring.quality import ALARM_POINTS, accuracy, expected_accuracy
from breakeven.plan.unit_figures import UnitFigures
from breakeven.records.artifact import Artifact
from breakeven.records.health import Estimate, Health, Shift
from breakeven.records.record import MessageRecord
from breakeven.records.release import Release
from breakeven.records.run import Run
from breakeven.serving.traffic import FOLDER, read_traffic
from breakeven.stages.golden import answer_file
from breakeven.store import Store

MOST_ROWS = 5_000
"""Of each side, so many rows are compared, spread over all: more make no effect clearer."""
DAYS_A_MONTH = 365.25 / 12
FEWEST_DAYS = 7
"""Of traffic, before a growth is told."""


@dataclass(frozen=True)
class Tested:
    """The rows of a release's data; of its test rows the truth and the answers to them."""

    rows: pa.Table
    truth: list[str | None]
    answers: list[dict[str, Any]]


def health(store: Store, release: Release, days: int, now: datetime | None = None) -> Health:
    """What the last `days` of traffic tell of a release. Raises UsageError when it has answered nothing."""
    until = now or datetime.now(UTC)
    since = until - timedelta(days=days)
    answers = _of_release(read_traffic(store.folder / FOLDER, "answers", since), release.number, since)
    if not answers.num_rows:
        raise UsageError(
            say("release {number} has answered nothing in {count} days", number=release.number, count=days),
            str(store.folder / FOLDER), say('serve it with "breakeven serve", and ask it'),
        )
    feedback = read_traffic(store.folder / FOLDER, "feedback", since)
    artifact = Artifact.model_validate_json(
        (store.release_folder(release.number) / ARTIFACT / "artifact.json").read_bytes())
    tested = _tested(store, release, artifact)
    told = _told_truth(answers, feedback)
    found = _quality(answers, told, tested)
    span = max((until - min(answers.column("at").to_pylist())).total_seconds() / 86_400, 1 / 24)
    costs = _costs(store, release, answers.num_rows / min(span, days), answers)
    shifts = _shifts(artifact, answers, tested)
    milliseconds = np.asarray(answers.column("seconds")) * 1e3
    return Health(
        release=release.number,
        since=since.isoformat(timespec="seconds"),
        until=until.isoformat(timespec="seconds"),
        answers=answers.num_rows,
        per_day=answers.num_rows / min(span, days),
        p50_ms=float(np.quantile(milliseconds, 0.5)),
        p95_ms=float(np.quantile(milliseconds, 0.95)),
        shifts=shifts,
        **found,
        **costs,
        alarms=tuple(MessageRecord.of(alarm) for alarm in _alarms(shifts, found, costs)),
        unknown=tuple(MessageRecord.of(line) for line in _unknown(answers, tested, found, costs)),
    )


def _of_release(answers: pa.Table, number: int, since: datetime) -> pa.Table:
    mine = pc.and_(pc.equal(answers.column("release"), number),
                   pc.greater_equal(answers.column("at"), pa.scalar(since, pa.timestamp("ms", "UTC"))))  # fmt: skip
    return answers.filter(mine).sort_by("at")


def _tested(store: Store, release: Release, artifact: Artifact) -> Tested | None:
    """The test rows with the answers of the release, made by a worker; None when the rows are not here any more."""
    folder = store.data_folder(release.dataset)
    if not release.dataset or not (folder / "test.arrow").exists():
        return None
    rows = _spread(read_part(folder, "test"))
    names = [column.name for column in artifact.columns]
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place) / "test.parquet", Path(place) / "answers.parquet"
        pq.write_table(rows.select(names), source)
        answer_file(store.release_folder(release.number) / ARTIFACT, source, target)
        given = pq.read_table(target)
    name = "label" if "label" in given.column_names else "number"
    confidence = given.column("confidence").to_pylist() if "confidence" in given.column_names else [None] * len(given)
    answers = [{"answer": str(answer), "confidence": sure}
               for answer, sure in zip(given.column(name).to_pylist(), confidence, strict=True)]  # fmt: skip
    known = _spread(read_part(folder, "train", "validation", "test").select(names))
    return Tested(known, rows.column(artifact.answer).to_pylist(), answers)


def _spread(rows: pa.Table) -> pa.Table:
    """At most MOST_ROWS rows, spread over all."""
    step = -(-rows.num_rows // MOST_ROWS)
    return rows if step <= 1 else rows.take(list(range(0, rows.num_rows, step)))


def _shifts(artifact: Artifact, answers: pa.Table, tested: Tested | None) -> tuple[Shift, ...]:
    """Answers, their confidence, and every input column of which rows were kept."""
    if tested is None:
        return ()
    compared: list[tuple[Kind, str, Compared]] = []
    compared += answer_shifts(tested.answers, _spread(answers.select(["answer", "confidence"])).to_pylist())
    kept = _spread(answers.filter(pc.is_valid(answers.column("inputs"))))
    rows = [json.loads(line) for line in kept.column("inputs").to_pylist()]
    for column in artifact.columns:
        before, now = tested.rows.column(column.name).to_pylist(), [row.get(column.name) for row in rows]
        kind: Kind = "text" if column.kind == "text" else "column"
        for name, one in column_shifts(column, before, now):
            compared.append((kind, f"{column.name}: {name}" if name else column.name, one))
    return shifts_of(compared)


def _told_truth(answers: pa.Table, feedback: pa.Table) -> list[tuple[str | None, str | None, float | None]]:
    """(answer, truth, reward) of every answer that somebody came back to; the newest word counts."""
    by_id = {line["id"]: line for line in feedback.sort_by("at").to_pylist()}
    pairs = zip(answers.column("id").to_pylist(), answers.column("answer").to_pylist(), strict=True)
    return [(answer, by_id[name]["truth"], by_id[name]["reward"]) for name, answer in pairs if name in by_id]


def _quality(answers: pa.Table, told: Sequence[tuple[Any, ...]], tested: Tested | None) -> dict[str, Any]:
    """The fields of Health about quality; accuracy is of labels alone."""
    found: dict[str, Any] = dict.fromkeys(("expected_accuracy", "accuracy", "tested_accuracy", "reward"))
    rewards = [reward for _, _, reward in told if reward is not None]
    if rewards:
        found["reward"] = float(np.mean(rewards))
    if answers.column("confidence").null_count == answers.num_rows:
        return found
    found["accuracy"] = accuracy([answer == truth for answer, truth, _ in told if truth is not None])
    if tested is not None:
        right = np.array([one["answer"] == truth for one, truth in zip(tested.answers, tested.truth, strict=True)])
        sure = np.array([one["confidence"] for one in tested.answers], float)
        found["tested_accuracy"] = float(right.mean())
        found["expected_accuracy"] = expected_accuracy(
            np.asarray(answers.column("confidence").drop_null(), float), sure, right)
    return found


def _costs(store: Store, release: Release, per_day: float, answers: pa.Table) -> dict[str, Any]:
    """The fields of Health about money and capacity, by the unit cost that the run measured."""
    names = ("usd_per_day", "planned_usd_per_day", "usd_per_1k", "busy", "days_to_full")
    costs: dict[str, Any] = dict.fromkeys(names)
    run = store.read(Run, store.run_folder(release.run) / "run.json")
    rung = next((rung for rung in run.rungs if rung.name == release.candidate), None) if run else None
    if run is None or rung is None or rung.cost is None:
        return costs
    unit = UnitFigures.of(rung.cost.unit)
    asked = measured(per_day * DAYS_A_MONTH, "request/month", "requests a month", "the traffic log")
    costs["usd_per_day"] = unit.usd_per_month(asked).to("usd/month") / DAYS_A_MONTH
    costs["usd_per_1k"] = 1e3 * costs["usd_per_day"] / per_day
    month = _months_since(release.created, answers.column("at")[-1].as_py())
    if run.plan and month < len(run.plan.months):
        costs["planned_usd_per_day"] = run.plan.months[month].values["serving"] / DAYS_A_MONTH
    machines = unit.machines(asked)
    if machines is not None and unit.capacity is not None:
        an_hour = unit.capacity.to("request/machine/month") * machines.value / (DAYS_A_MONTH * 24)
        costs["busy"] = _busiest_hour(answers) / an_hour
        costs["days_to_full"] = _days_to_full(answers, an_hour * 24)
    return costs


def _months_since(created: str, now: datetime) -> int:
    return int((now - datetime.fromisoformat(created)).days / DAYS_A_MONTH)


def _busiest_hour(answers: pa.Table) -> int:
    hours = pc.floor_temporal(answers.column("at"), unit="hour")
    return max(int(count.as_py()) for count in pc.value_counts(hours).field("counts"))


def _days_to_full(answers: pa.Table, a_day: float) -> float | None:
    """Days until the answers of a day reach `a_day`, by the trend of their logarithm over whole days."""
    days = pc.value_counts(pc.floor_temporal(answers.column("at"), unit="day"))
    counts = np.array([count.as_py() for count in days.field("counts")], float)[:-1]  # today is not over
    if len(counts) < FEWEST_DAYS:
        return None
    growth = float(np.polyfit(np.arange(len(counts)), np.log(counts), 1)[0])
    if growth <= 1e-4:
        return None
    return max(0.0, float(np.log(a_day / counts[-1]) / growth))


def _alarms(shifts: Sequence[Shift], found: dict[str, Any], costs: dict[str, Any]) -> list[Message]:
    alarms = [say("{name} has moved: {share} of the rows are elsewhere", name=title_of(shift.name), share=shift.effect)
              for shift in shifts if shift.alarm]  # fmt: skip
    tested = found["tested_accuracy"]
    for name, title in (("accuracy", say("the accuracy by the truth that came back")),
                        ("expected_accuracy", say("the accuracy to be expected"))):  # fmt: skip
        now: Estimate | None = found[name]
        if now is not None and tested is not None and now.high < tested - ALARM_POINTS:
            alarms.append(say("{what} is {score}, tested were {tested_score}", what=title, score=now.value,
                              tested_score=tested))  # fmt: skip
    if costs["planned_usd_per_day"] and costs["usd_per_day"] > 1.2 * costs["planned_usd_per_day"]:
        alarms.append(say("a day costs {usd}, planned were {planned_usd}", usd=costs["usd_per_day"],
                          planned_usd=costs["planned_usd_per_day"]))  # fmt: skip
    if costs["busy"] is not None and costs["busy"] > 1:
        alarms.append(say("the busiest hour took {share} of the planned capacity", share=costs["busy"]))
    return alarms


def _unknown(answers: pa.Table, tested: Tested | None, found: dict[str, Any], costs: dict[str, Any]) -> list[Message]:
    lines = []
    if tested is None:
        lines.append(say("drift: the test rows of the release are not here any more"))
    elif answers.column("inputs").null_count == answers.num_rows:
        lines.append(say("drift of the inputs: none were kept; serve with --log-inputs 0.1"))
    if found["accuracy"] is None:
        lines.append(say("accuracy by the truth: too few truths came back; send them to /v1/feedback"))
    if costs["usd_per_day"] is None:
        lines.append(say("money: the run that made the release is not here any more"))
    if costs["days_to_full"] is None:
        lines.append(say("when the machines are full: it needs a week of growing traffic"))
    return lines
