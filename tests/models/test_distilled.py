"""Distilled: it takes the best teacher, says when it needs none, and learns what only the teacher knows."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.models import MODELS
from breakeven.models.distilled import MODEL
from breakeven.models.model import Declined, Member, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.store import write_bytes
from breakeven.testing import TOY_TASKS, toy_rows, toy_work

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from breakeven.models.nn import distilling

TASK = next(task for task in TOY_TASKS if task.input == "text" and task.output == "label")


def taught(folder: Path, rows: int = 240) -> Work:
    """A job with one fold whose members are a linear model and the baseline, really trained."""
    members = []
    for name in ("baseline", "linear"):
        model = MODELS.get(name)
        work = one_fold(folder / name, Candidate(name=name, family=model.tag, cost_rank=1), rows)
        predictions = model.train(work).predictions
        artifact = Artifact(family=model.tag, task=TASK.name, input="text", output="label",
                            columns=work.dataset.columns, answer="answer", labels=work.dataset.labels)  # fmt: skip
        write_bytes(work.artifact / "artifact.json", artifact.model_dump_json().encode())
        members.append(Member(name, work.artifact, predictions))
    candidate = Candidate(name="distilled", family=MODEL.tag, cost_rank=3.5, needs=("*",), settings=(("net", "bag"),))
    return replace(one_fold(folder / "distilled", candidate, rows), members=tuple(members))


def one_fold(folder: Path, candidate: Candidate, count: int) -> Work:
    folder.mkdir()
    rows, answers = toy_rows(TASK, count)
    work = toy_work(TASK, candidate, folder, seconds=600.0)
    places = np.arange(count)
    target = work.output.encode(answers, work.dataset.labels)
    return replace(work, rows=rows, target=target, folds=((places[places % 4 != 0], places[places % 4 == 0]),))


def test_a_quick_teacher_needs_no_pupil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "LEAST_MS", 1e6)
    with pytest.raises(Declined, match="the best model, linear, answers in"):
        MODEL.train(taught(tmp_path))


def test_the_pupil_learns_from_the_best_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "LEAST_MS", 0.0)
    work = taught(tmp_path)
    more, _ = toy_rows(TASK, 100, seed=1)
    work = replace(work, unlabelled=more)
    result = MODEL.train(work)
    assert result.settings["teacher"] == "linear"
    assert result.settings["asked"] == 340
    assert work.metric.score(work.target[work.scored], result.predictions, None) > 0.9


def test_without_time_the_truth_is_taught(tmp_path: Path) -> None:
    work = taught(tmp_path, 80)
    _, predictor = distilling.load_artifact(work.members[1].artifact)
    said = distilling.said_of_rows(work, work.members[1], predictor, time.monotonic() - 1)
    assert np.isfinite(said[work.scored]).all()
    fit = work.folds[0][0]
    assert np.isnan(said[fit]).all()
    lesson = distilling.mixed(distilling.Search.of(work), said)
    assert np.array_equal(lesson[fit], np.eye(3, dtype=np.float32)[work.target[fit]])
    assert np.allclose(lesson.sum(axis=1), 1.0, atol=1e-5)


def test_the_teacher_is_asked_in_batches_and_in_order(tmp_path: Path) -> None:
    class Echo:
        def predict(self, rows: pa.Table) -> np.ndarray:
            return np.array([[float(value)] for value in rows.column("n").to_pylist()]).reshape(-1, 1)

    rows = pa.table({"n": [str(number) for number in range(150)]})
    assert distilling.ask(Echo(), rows, time.monotonic() + 5)[:, 0].tolist() == list(range(150))
