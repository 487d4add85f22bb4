"""The frozen encoder: real weights and tiny ones, by folder and by hub name; its release answers without torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from breakeven.core.words import Message
from breakeven.models.embed import MODEL
from breakeven.models.model import Declined
from breakeven.models.nn.encoder import load_encoder, load_tokenizer, most_tokens, pooled, released_forms
from breakeven.models.nn.session import OnnxNet
from breakeven.models.nn.vector_cache import VectorCache
from breakeven.models.pretrained import encoders_for
from breakeven.models.weights import Weights, find_weights
from breakeven.records.candidate import Refusal
from breakeven.records.means import Means
from breakeven.testing import TOY_TASKS, check_model, toy_dataset, toy_rows, toy_work
from tests.models.checkpoints import make_checkpoint, minilm

TEXT_LABEL = next(task for task in TOY_TASKS if task.name == "toy-text-label")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint("bert", tmp_path_factory.mktemp("tiny") / "bert")


def test_the_contract_with_a_tiny_encoder(tiny: Path) -> None:
    done = check_model(MODEL, Means(encoders=(str(tiny),)), seconds=120)
    assert done["toy-text-label"] == done["toy-text-number"] == "trained"
    assert "texts" in done["toy-row-label"]


def test_a_hub_name_is_found_in_the_library_s_cache(tiny: Path, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    snapshot = tmp_path / "hub" / "models--owner--tiny" / "snapshots" / "abc"
    snapshot.parent.mkdir(parents=True)
    snapshot.symlink_to(tiny)
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    found = find_weights("owner/tiny", tmp_path / "project")
    assert found is not None
    assert found.config["model_type"] == "bert"


@pytest.fixture
def no_hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that never fetched anything."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "nothing"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)


def refusal(means: Means, chinese: float = 0.0) -> str:
    rows, answers = toy_rows(TEXT_LABEL)
    dataset = toy_dataset(TEXT_LABEL, rows, tuple(sorted(set(answers)))).model_copy(update={"chinese": chinese})
    refused = MODEL.propose(dataset, TEXT_LABEL, means)
    assert isinstance(refused, Refusal)
    return str(refused.why)


@pytest.mark.usefixtures("no_hub")
def test_without_weights_it_says_how_to_get_some() -> None:
    assert 'encoders = ["sentence-transformers/all-MiniLM-L6-v2"] (Apache-2.0, 91' in refusal(Means())
    assert "bge-small-zh" in refusal(Means(), chinese=0.9)
    assert "./nowhere" in refusal(Means(encoders=("./nowhere",)))


def test_a_hub_name_that_is_not_here_becomes_a_candidate(tmp_path: Path) -> None:
    rows, answers = toy_rows(TEXT_LABEL)
    dataset = toy_dataset(TEXT_LABEL, rows, tuple(sorted(set(answers))))
    found = encoders_for(dataset, TEXT_LABEL, Means(encoders=("owner/never-fetched",), folder=str(tmp_path)))
    assert not isinstance(found, Message)
    assert found[0].weights is None


def test_a_hub_that_cannot_be_reached_is_declined_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    proposed = MODEL.propose(toy_dataset(TEXT_LABEL, toy_rows(TEXT_LABEL)[0], ("a", "b")), TEXT_LABEL,
                             Means(encoders=("owner/never-fetched",), folder=str(tmp_path)))  # fmt: skip
    assert not isinstance(proposed, Refusal)
    work = toy_work(TEXT_LABEL, proposed[0], tmp_path / "artifact")
    with pytest.raises(Declined, match="cannot be fetched"):
        MODEL.train(work)


def test_a_damaged_checkpoint_is_declined_in_words(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    (tmp_path / "model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(Declined, match="cannot be read"):
        load_encoder(Weights("broken", tmp_path))


def test_the_export_answers_as_torch_does(tiny: Path, tmp_path: Path) -> None:
    import torch

    weights = Weights("tiny", tiny)
    net = OnnxNet.load(released_forms(weights, tmp_path)["plain"])
    texts = ["invoice paid twice", "快递 迟到", "", "late " * 100]
    for text, vector in zip(texts, net.run(texts), strict=True):
        ids = torch.tensor([net.tokenizer.encode(text).ids])
        with torch.no_grad():
            told = load_encoder(weights).eval()(ids, torch.ones_like(ids))[0].numpy()
        assert np.allclose(vector, told, atol=1e-5)
    assert most_tokens(weights) == 64
    assert "WordPiece" in load_tokenizer(weights)


def test_pooling_looks_at_no_padding() -> None:
    import torch

    states, mask = torch.arange(12.0).reshape(1, 3, 4), torch.tensor([[1, 1, 0]])
    assert pooled(states, mask, "mean").tolist() == [[2.0, 3.0, 4.0, 5.0]]
    assert pooled(states, mask, "first").tolist() == [[0.0, 1.0, 2.0, 3.0]]
    assert pooled(states, mask, "last").tolist() == [[4.0, 5.0, 6.0, 7.0]]


def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    asked: list[str] = []

    def encode(texts):  # type: ignore[no-untyped-def]
        asked.extend(texts)
        return np.array([[len(text), 1.0] for text in texts], np.float32)

    texts = ["a", "bb", "a", "ccc"]
    first = VectorCache(tmp_path).vectors(texts, encode)
    assert first[:, 0].tolist() == [1, 2, 1, 3]
    assert sorted(asked) == ["a", "bb", "ccc"]
    again = VectorCache(tmp_path)
    assert again.missing(["bb", "new", "new"]) == ["new"]
    assert np.array_equal(again.vectors([*texts, "dddd"], encode)[:4], first)
    assert asked[3:] == ["dddd"]


BLOCKED = """
import sys
for name in ("torch", "transformers"):
    sys.modules[name] = None
from pathlib import Path
from breakeven.models.artifact import load_artifact
from breakeven.testing import TOY_TASKS, toy_rows
task = next(task for task in TOY_TASKS if task.name == "toy-text-label")
print(load_artifact(Path(sys.argv[1]))[1].predict(toy_rows(task)[0]).argmax(1).tolist())
"""


def test_real_weights_learn_quickly_and_answer_without_torch(tmp_path: Path) -> None:
    from breakeven.testing import _artifact

    folder = minilm()
    proposed = MODEL.propose(toy_dataset(TEXT_LABEL, toy_rows(TEXT_LABEL)[0], ("a", "b")), TEXT_LABEL,
                             Means(encoders=(str(folder),)))  # fmt: skip
    assert not isinstance(proposed, Refusal)
    work = toy_work(TEXT_LABEL, proposed[0], tmp_path / "artifact", seconds=120)
    work.artifact.mkdir()
    trained = MODEL.train(work)
    right = trained.predictions.argmax(1) == work.target[work.scored]
    assert right.mean() > 0.8  # a third of the rows are Chinese, which these weights never learned
    assert [variant.name for variant in trained.variants] == ["plain", "int8"]
    assert sum(variant.kept for variant in trained.variants) == 1
    artifact = _artifact(work, MODEL.tag)
    (work.artifact / "artifact.json").write_text(artifact.model_dump_json(), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", BLOCKED, str(work.artifact)], capture_output=True, text=True,
                          env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=60)  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == MODEL.load(work.artifact, artifact).predict(work.rows).argmax(1).tolist()


def test_time_that_does_not_suffice_is_declined(tiny: Path, tmp_path: Path) -> None:
    proposed = MODEL.propose(toy_dataset(TEXT_LABEL, toy_rows(TEXT_LABEL)[0], ("a", "b")), TEXT_LABEL,
                             Means(encoders=(str(tiny),)))  # fmt: skip
    assert not isinstance(proposed, Refusal)
    work = toy_work(TEXT_LABEL, proposed[0], tmp_path / "artifact")
    assert work.cache is not None
    released_forms(Weights("tiny", tiny), work.cache)
    work.deadline = time.monotonic()
    with pytest.raises(Declined, match="longer than the time"):
        MODEL.train(work)
