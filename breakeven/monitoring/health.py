"""The health of a release: its traffic beside its test rows, its cost beside the plan."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.inputs.parts import read_part
from breakeven.models.artifact import ARTIFACT
from breakeven.monitoring.alarms import alarms_of, unknown_of
from breakeven.monitoring.columns import Cells, column_shifts
from breakeven.monitoring.domain import compare_inputs
from breakeven.monitoring.drift import Answers, Compared, Kind, answer_shifts, shifts_of, surely_elsewhere
from breakeven.monitoring.energy import energy_of
from breakeven.monitoring.money import costs_of, rung_of
from breakeven.monitoring.quality import expected_accuracy
from breakeven.monitoring.told import mean_reward, periods_of, slices_of, told_accuracy
from breakeven.monitoring.users import user_metrics
from breakeven.monitoring.window import MOST_ROWS, Window, read_window
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact, asking_columns
from breakeven.records.dataset import Column
from breakeven.records.health import Estimate, Health, Shift
from breakeven.records.record import MessageRecord
from breakeven.records.release import Release
from breakeven.serving.traffic_place import traffic_of
from breakeven.stages.golden import answer_file
from breakeven.store import Store

MOST_WRITTEN = 120
"""Test rows that are written anew, where answers are texts: each takes many steps."""


@dataclass(frozen=True)
class Reference:
    """The rows of a release's data; of its test rows the answers to them, and which are right (n,) bool."""

    rows: pa.Table
    answers: Answers
    right: np.ndarray


def health(store: Store, release: Release, days: int, now: datetime | None = None) -> Health:
    """What the last `days` of traffic tell of a release. Raises UsageError when it has answered nothing."""
    until = now or datetime.now(UTC)
    since = until - timedelta(days=days)
    window = read_window(store, release.number, since, until)
    if window.first is None:
        raise UsageError(
            say("release {number} has answered nothing in {count} days", number=release.number, count=days),
            traffic_of(store).place, say('serve it with "breakeven serve", and ask it'),
        )
    artifact = artifact_of(store, release)
    tested = tested_rows(store, release, artifact)
    return assess(store, release, artifact, window, tested, (since, until))


def assess(store: Store, release: Release, artifact: Artifact, window: Window, tested: Reference | None,
           between: tuple[datetime, datetime]) -> Health:  # fmt: skip
    """The figures of a window of traffic that holds at least one answer."""
    since, until = between
    assert window.first is not None
    span = min(max((until - window.first) / timedelta(days=1), 1 / 24), (until - since) / timedelta(days=1))
    per_day = window.answers / span
    shifts = _shifts(artifact, window, tested)
    labels = window.has_confidence
    told = told_accuracy(window) if labels else None
    right = tested.right if tested and labels else None
    expected = _expected(window, tested, surely_elsewhere(shifts), len(artifact.labels)) if labels else None
    costs = costs_of(store, release, per_day, window)
    made = rung_of(store, release)
    energy = energy_of(*made, per_day) if made else None
    tested_accuracy = None if right is None else float(right.mean())
    return Health(
        release=release.number,
        since=since.isoformat(timespec="seconds"),
        until=until.isoformat(timespec="seconds"),
        answers=window.answers,
        per_day=per_day,
        failures=window.failures,
        compared=window.sample.rows().num_rows,
        inputs_kept=window.inputs.seen,
        p50_ms=window.quantile_ms(0.5),
        p95_ms=window.quantile_ms(0.95),
        p99_ms=window.quantile_ms(0.99),
        shifts=shifts,
        expected_accuracy=expected,
        accuracy=told,
        tested_accuracy=tested_accuracy,
        periods=periods_of(window) if labels else (),
        slices=slices_of(window, artifact) if labels else (),
        reward=mean_reward(window),
        users=user_metrics(window),
        **asdict(costs),
        energy=energy,
        alarms=tuple(MessageRecord.of(one) for one in alarms_of(shifts, tested_accuracy, told, expected, costs)),
        unknown=tuple(MessageRecord.of(one) for one in unknown_of(window, tested is not None, told, costs, energy)),
    )


def artifact_of(store: Store, release: Release) -> Artifact:
    path = store.release_folder(release.number) / ARTIFACT / "artifact.json"
    return Artifact.model_validate_json(path.read_bytes())


def tested_rows(store: Store, release: Release, artifact: Artifact) -> Reference | None:
    """The rows of a release with its answers to the test rows, made by a worker; None when they are gone."""
    folder = store.data_folder(release.dataset)
    if not release.dataset or not (folder / "test.arrow").exists():
        return None
    rows = _spread(read_part(folder, "test"), MOST_WRITTEN if _writes(artifact) else MOST_ROWS)
    names = [column.name for column in artifact.columns]
    with tempfile.TemporaryDirectory() as place:
        source, target = Path(place) / "test.parquet", Path(place) / "answers.parquet"
        pq.write_table(rows.select(names), source)
        answer_file(store.release_folder(release.number) / ARTIFACT, source, target)
        given = pq.read_table(target)
    name = next(name for name in ("label", "number", "written") if name in given.column_names)
    confidence = given.column("confidence").to_numpy() if "confidence" in given.column_names else None
    answers = [str(answer) for answer in given.column(name).to_pylist()]
    truth = rows.column(artifact.answer).to_pylist()
    right = np.array([answer == true for answer, true in zip(answers, truth, strict=True)], bool)
    known = _spread(read_part(folder, "train", "validation", "test").select(names))
    return Reference(known, Answers(answers, confidence), right)


def _writes(artifact: Artifact) -> bool:
    return OUTPUTS.get(artifact.output).reads_answer


def _spread(rows: pa.Table, most: int = MOST_ROWS) -> pa.Table:
    """At most so many rows, spread over all."""
    step = -(-rows.num_rows // most)
    return rows if step <= 1 else rows.take(list(range(0, rows.num_rows, step)))


def _expected(window: Window, tested: Reference | None, elsewhere: float, classes: int) -> Estimate | None:
    if tested is None or tested.answers.confidence is None:
        return None
    now = window.sample.rows().column("confidence").drop_null().to_numpy()
    return expected_accuracy(now, tested.answers.confidence, tested.right, elsewhere, classes)


def _shifts(artifact: Artifact, window: Window, tested: Reference | None) -> tuple[Shift, ...]:
    """Answers, their confidence, every input column of which rows were kept, and all of them together."""
    if tested is None:
        return ()
    sample = window.sample.rows()
    confidence = sample.column("confidence").to_numpy() if window.has_confidence else None
    rows = [json.loads(line) for line in window.inputs.rows().column("inputs").to_pylist()]
    columns = asking_columns(artifact)
    now = {column.name: [row.get(column.name) for row in rows] for column in columns}
    return compare(columns, tested, Answers(sample.column("answer").to_pylist(), confidence), now, _writes(artifact))


def compare(columns: Sequence[Column], tested: Reference, answers: Answers, now: Mapping[str, Cells],
            written: bool = False) -> tuple[Shift, ...]:  # fmt: skip
    """Everything that is compared of rows and answers of now, the largest effect first.

    Answers that were `written` are compared as texts: no two need be the same. One that was not kept is empty.
    """
    compared: list[tuple[Kind, str, Compared]] = []
    if written:
        column = Column(name="answer", kind="text", missing=0, distinct=0)
        compared += column_shifts(column, tested.answers.answers, [answer for answer in answers.answers if answer])
    else:
        compared += answer_shifts(tested.answers, answers)
    before = {column.name: tested.rows.column(column.name).to_pylist() for column in columns}
    for column in columns:
        compared += column_shifts(column, before[column.name], now[column.name])
    together = compare_inputs(columns, before, now)
    return shifts_of([*compared, ("inputs", "inputs", together)] if together else compared)
