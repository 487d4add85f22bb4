"""The gate: whether a model that learned from feedback is better than the release that answers, on the same rows.

Two paired bootstraps of the target's metric: on the frozen test rows the lower end of the gain must not be below
minus the tolerance, on recent rows, which neither model has seen, it must be above zero.
"""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import Literal

import numpy as np

from breakeven.core.errors import LimitReached, UsageError
from breakeven.core.words import say
from breakeven.engines.engine import Engine
from breakeven.inputs.parts import read_part
from breakeven.models.artifact import ARTIFACT, PREDICTIONS, load_predictions, read_artifact
from breakeven.outputs import OUTPUTS
from breakeven.outputs.bootstrap import Interval, difference
from breakeven.outputs.output import Metric
from breakeven.records.dataset import Dataset
from breakeven.records.gate import Gate, GatePart, Taken
from breakeven.records.job import Job, Limits
from breakeven.records.record import digest_of
from breakeven.records.release import Release
from breakeven.records.run import Rung
from breakeven.stages.evaluate import SEED
from breakeven.stages.release import file_digests
from breakeven.stages.work import kept_result
from breakeven.store import Store, code_version
from breakeven.tasks import task_named

LIMITS = Limits(seconds=600, bytes=8_000_000_000)
TOLERANCE = 0.02


def check_same_answers(store: Store, release: Release, dataset: Dataset) -> None:
    """Raises UsageError where a release cannot be compared: it gives other answers than the data has."""
    known = read_artifact(store.release_folder(release.number) / ARTIFACT)
    if OUTPUTS.get(known.output).reads_answer:
        raise UsageError(
            say("release {number} writes texts: feedback of texts is not learned from", number=release.number),
            str(store.release_folder(release.number)), say('add the texts to the data and give "breakeven run"'),
        )
    if (known.labels, known.task) != (dataset.labels, dataset.task):
        raise UsageError(
            say("the labels of the data are not those of release {number}", number=release.number),
            str(store.release_folder(release.number)), say('make a release of these data first: "breakeven run"'),
        )


def ask_gate(store: Store, engine: Engine, threads: int, chosen: Rung, beside: Release, metric: Metric,
             dataset: Dataset, recent: Path, taken: Taken, tolerance: float) -> Gate:  # fmt: skip
    """Both models on the frozen test rows and on recent ones. Raises LimitReached when one cannot be scored."""
    old = store.release_folder(beside.number) / ARTIFACT
    new = store.folder / chosen.folder / ARTIFACT
    parts = []
    for part, folder, needed in (("test", store.folder / dataset.folder, -tolerance), ("recent", recent, 0.0)):
        before, now = (_predictions(store, engine, threads, artifact, folder) for artifact in (old, new))
        rows = read_part(folder, "test")
        truth = OUTPUTS.get(task_named(dataset.task).output).encode(
            rows.column(dataset.answer).to_pylist(), dataset.labels)
        parts.append(_part(part, metric, truth, before, now, needed))
    return Gate(metric=metric.name, beside=beside.number, tolerance=tolerance, taken=taken, parts=tuple(parts))


def _part(part: str, metric: Metric, truth: np.ndarray, before: np.ndarray, now: np.ndarray,
          needed: float) -> GatePart:  # fmt: skip
    first, second = (metric.score(truth, predictions, None) for predictions in (before, now))
    gain = difference(metric, truth, before, now, SEED)
    if not metric.higher:
        gain = Interval(-gain.value, -gain.high, -gain.low)
    value, low, high, was, new = (None if isnan(one) else float(one) for one in (*_ends(gain), first, second))
    kind: Literal["test", "recent"] = "test" if part == "test" else "recent"
    passed = low is not None and (low >= needed if part == "test" else low > needed)
    return GatePart(part=kind, rows=len(truth), before=was, now=new, gain=value, low=low, high=high, needed=needed,
                    passed=passed)  # fmt: skip


def _ends(interval: Interval) -> tuple[float, float, float]:
    return interval.value, interval.low, interval.high


def _predictions(store: Store, engine: Engine, threads: int, artifact: Path, folder: Path) -> np.ndarray:
    """What an artifact predicts for the test part of a folder, by a worker; kept work is not repeated."""
    digest = digest_of("gate", *(sha256 for _, sha256 in file_digests(artifact)), folder.name, code_version())
    job = Job(kind="score", digest=digest, folder=str(store.job_folder(digest)), limits=LIMITS, threads=threads,
              artifact=str(artifact), data_folder=str(folder))  # fmt: skip
    result = kept_result(job) or engine.run(job, lambda progress: None)
    if result.outcome != "done":
        raise LimitReached(
            result.reason.message() if result.reason else say("the worker ended without a result"), str(artifact),
            say("what was finished is kept: mend it or raise the budget, and give the same command"),
        )
    return load_predictions(Path(job.folder) / PREDICTIONS)
