"""Rows of two texts: what the label hangs on is whether both say the same, which no bag of their words can tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs import INPUTS
from breakeven.models import MODELS
from breakeven.models.artifact import load_artifact
from breakeven.models.model import Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.means import Means
from breakeven.store import write_bytes
from breakeven.testing import TOY_TASKS, toy_dataset, toy_work

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

from breakeven.models.nn.pairs import compared, texts_of, vectors_of
from breakeven.models.nn.small_net_training import RECIPES, _shaken
from breakeven.models.nn.tokenizing import BETWEEN, MASK, token_numbers, train_tokenizer
from tests.models.checkpoints import make_checkpoint

TASK = next(task for task in TOY_TASKS if task.input == "text" and task.output == "label")
NAMES = ("invoice", "parcel", "app", "crash", "late", "paid", "twice", "please", "today", "now")


def pair_work(folder: Path, candidate: Candidate, count: int = 900) -> Work:
    """Rows with a name in each text, in half of them the same one; one fold."""
    random = np.random.default_rng(0)
    first = random.integers(len(NAMES), size=count)
    other = (first + random.integers(1, len(NAMES), size=count)) % len(NAMES)
    same = random.random(count) < 0.5
    rows = pa.table({"left": [NAMES[place] for place in first],
                     "right": [NAMES[place] for place in np.where(same, first, other)]})  # fmt: skip
    folder.mkdir()
    columns = INPUTS.get("text").columns(rows, ("left", "right"))
    dataset = toy_dataset(TASK, rows, ("no", "yes")).model_copy(update={"columns": columns, "folds": 1})
    places = np.arange(count)
    work = replace(toy_work(TASK, candidate, folder, seconds=600.0), dataset=dataset, rows=rows,
                   target=same.astype(np.int64),
                   folds=((places[places % 4 != 0], places[places % 4 == 0]),))  # fmt: skip
    artifact = Artifact(family=candidate.family, task=TASK.name, input="text", output="label",
                        columns=columns, answer="answer", labels=("no", "yes"))  # fmt: skip
    write_bytes(folder / "artifact.json", artifact.model_dump_json().encode())
    return work


def right(work: Work) -> float:
    """The share of scored rows that the family gets right, after its artifact is seen to answer as training did."""
    found = MODELS.get(work.candidate.family.partition("/")[0]).train(work)
    _, loaded = load_artifact(work.artifact)
    answers = loaded.predict(work.rows.take(work.scored))
    alone = np.concatenate([loaded.predict(work.rows.take([place])) for place in work.scored[:20]])
    assert np.allclose(answers[:20], alone, atol=1e-6)
    truth = work.target[work.scored]
    assert (found.predictions.argmax(1) == answers.argmax(1)).mean() > 0.9
    return work.metric.score(truth, found.predictions, None)


def test_a_frozen_encoder_compares_both_texts(tmp_path: Path) -> None:
    tiny = make_checkpoint("bert", tmp_path / "tiny")
    work = pair_work(tmp_path / "work", Candidate(name="embed", family="embed/1", cost_rank=3))
    proposed = MODELS.get("embed").propose(work.dataset, TASK, Means(encoders=(str(tiny),)))
    assert not isinstance(proposed, Refusal)
    assert right(replace(work, candidate=proposed[0])) > 0.95


def test_a_small_net_compares_both_texts(tmp_path: Path) -> None:
    candidate = Candidate(name="small_net", family="small_net/1", cost_rank=4, settings=(("net", "bag"),))
    assert right(pair_work(tmp_path / "work", candidate)) > 0.95


def test_vectors_of_a_pair() -> None:
    first, second = np.array([[0.6, 0.8]], np.float32), np.array([[1.0, 0.0]], np.float32)
    told = compared(first, second)[0]
    assert np.allclose(told, [0.6, 0.8, 1.0, 0.0, 0.4, 0.8, 0.6 * 2**0.5, 0.0])
    assert told[6:].sum() / 2**0.5 == pytest.approx(float((first * second).sum()))
    pairs = [("a", "bb"), ("ccc", "")]
    assert texts_of(pairs) == ["a", "ccc", "bb", ""]
    lengths = vectors_of(pairs, True, lambda texts: np.array([[float(len(text))] for text in texts]))
    assert lengths.tolist() == [[1.0, 2.0, 1.0, 2.0], [3.0, 0.0, 3.0, 0.0]]


def test_no_shaking_takes_what_stands_between_two_texts() -> None:
    row = np.array([3, 9, 9, BETWEEN, 9, 9, 9, 9, 9, 9, 9])
    shaken = [_shaken([row], replace(RECIPES["bag"], drop_words=0.9), (0, seed))[0] for seed in range(200)]
    assert all((each == BETWEEN).sum() == 1 for each in shaken)
    assert any(len(each) < len(row) for each in shaken)
    assert all((each == MASK).any() for each in shaken)


@pytest.mark.parametrize("name", ["bag", "cnn", "transformer", "rnn"])
def test_a_net_answers_pairs_with_empty_texts_too(name: str) -> None:
    import torch

    tokenizer = train_tokenizer(["late parcel", "paid twice"], 0.0)
    net = RECIPES[name].net(tokenizer.get_vocab_size(), 2, 64, 100, pair=True).eval()
    for pair in [("late", "paid"), ("", "paid"), ("late", ""), ("", "")]:
        ids = torch.from_numpy(token_numbers(tokenizer, [pair])[0])[None]
        answer = net(ids, torch.ones_like(ids))
        assert bool(torch.isfinite(answer).all())
        assert float(answer.detach().abs().max()) < 100.0
