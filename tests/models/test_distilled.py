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
from breakeven.models.nn.small_net_training import RECIPES
from breakeven.models.nn.token_vectors import SPREAD, principal, token_vectors
from breakeven.models.weights import Weights
from tests.models.checkpoints import make_checkpoint

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


def test_the_pupil_begins_with_the_tokens_of_the_named_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distilling, "LEAST_MS", 0.0)
    tiny = make_checkpoint("bert", tmp_path / "tiny")
    work = taught(tmp_path)
    candidate = work.candidate.model_copy(update={"settings": (("net", "bag"), ("encoder", str(tiny)), ("folder", ""))})
    result = MODEL.train(replace(work, candidate=candidate))
    assert result.settings["tokens"] == token_vectors(Weights("tiny", tiny)).tokenizer.get_vocab_size()
    assert work.metric.score(work.target[work.scored], result.predictions, None) > 0.9
    loaded = MODEL.load(work.artifact, Artifact(family=MODEL.tag, task=TASK.name, input="text", output="label",
                                                columns=work.dataset.columns, answer="answer"))  # fmt: skip
    answers = loaded.predict(work.rows.take(work.scored))
    assert (answers.argmax(1) == result.predictions.argmax(1)).mean() > 0.95


def test_token_vectors_keep_their_distances_and_stay_as_they_are(tmp_path: Path) -> None:
    import torch

    start = token_vectors(Weights("tiny", make_checkpoint("bert", tmp_path / "tiny")))
    assert start.tokenizer.id_to_token(start.between or 0) == "[SEP]"
    recipe = start.recipe(RECIPES["cnn"])
    net = recipe.net(len(start.vectors), 2, 64, 100)
    start.put_into(net)
    table = net.encoder.tokens.weight
    assert torch.equal(table, torch.from_numpy(start.vectors))
    assert not table.requires_grad
    vectors = np.random.default_rng(0).normal(size=(50, 6))
    turned = principal(vectors, 8)
    apart, before = (np.linalg.norm(each[:, None] - each[None], axis=2) for each in (turned, vectors))
    assert turned.shape == (50, 8)
    assert np.allclose(apart, before * (apart.sum() / before.sum()), atol=1e-5)
    assert float(turned[:, :6].std()) == pytest.approx(SPREAD, rel=1e-4)
    assert principal(vectors, 3).shape == (50, 3)
