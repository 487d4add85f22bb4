"""QLoRA on the processor: a frozen model in four bits learns by its adapters and is released as a plain one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from breakeven.models import lora
from breakeven.models.lora import MODEL
from breakeven.records.candidate import Refusal
from breakeven.records.means import Means
from breakeven.testing import TOY_TASKS, toy_dataset, toy_rows, toy_work

LABELS = next(task for task in TOY_TASKS if task.name == "toy-text-label")


def test_without_bitsandbytes_it_refuses_and_names_the_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    from tests.models.checkpoints import make_checkpoint

    make_checkpoint("llama", tmp_path / "llama")
    kept = lora.lacking
    monkeypatch.setattr("breakeven.models.extras._is_there", lambda module: module != "bitsandbytes")
    rows, _ = toy_rows(LABELS)
    means = Means(folder=str(tmp_path), language_models=("llama",), quantize="nf4")
    found = MODEL.propose(toy_dataset(LABELS, rows, ("a", "b")), LABELS, means)
    assert isinstance(found, Refusal)
    assert "breakeven[qlora]" in str(found.why)
    assert kept("qlora") is not None
    plain = MODEL.propose(toy_dataset(LABELS, rows, ("a", "b")), LABELS, means.model_copy(update={"quantize": "none"}))
    assert not isinstance(plain, Refusal)
    assert plain[0].setting("quantize") is None


@pytest.fixture
def torch():  # type: ignore[no-untyped-def]
    pytest.importorskip("transformers")
    pytest.importorskip("bitsandbytes", reason="needs the extra [qlora]")
    return pytest.importorskip("torch")


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("kind", ["llama", "bert"])
def test_the_merged_net_is_plain_and_answers_the_same(torch, tmp_path: Path, kind: str) -> None:  # type: ignore[no-untyped-def]
    from breakeven.models.nn.lora_tuning import add_adapters, keep_adapters, matrices, whole_size
    from breakeven.models.nn.quantized import has_packed, load_quantized, merge_quantized
    from breakeven.models.nn.tuned_net import load_net
    from breakeven.models.weights import Weights
    from tests.models.checkpoints import make_checkpoint

    weights = Weights(kind, make_checkpoint(kind, tmp_path / kind))
    plain, net = load_net(weights, 3).eval(), load_quantized(weights, 3).eval()
    assert sum(map(whole_size, net.body.parameters())) == sum(each.numel() for each in plain.body.parameters())
    packed = [name for name in matrices(net.body) if has_packed(net.body.get_submodule(name))]
    assert len(packed) >= 8
    ids = torch.randint(3, 60, (5, 7))
    mask = torch.ones_like(ids)
    off = (net.vectors(ids, mask) - plain.vectors(ids, mask)).abs().max()
    assert 1e-4 < off < 0.3, "four bits round, and not wildly"
    add_adapters(net)
    learning = [each for each in net.parameters() if each.requires_grad]
    optimizer = torch.optim.AdamW(learning, lr=0.02)
    losses = []
    for _ in range(12):
        loss = torch.nn.functional.cross_entropy(net.train()(ids, mask), torch.tensor([0, 1, 2, 0, 1]))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(float(loss.detach()))
    assert losses[-1] < losses[0] - 0.1
    adapted = net.eval()(ids, mask).detach()
    kept = keep_adapters(net, tmp_path / "adapters")
    assert 0 < kept["adapter_share"] < 0.05
    merge_quantized(net)
    assert not any(has_packed(each) for each in net.body.modules())
    assert all(each.dtype == torch.float32 for each in net.parameters())
    assert (net.eval()(ids, mask) - adapted).abs().max() < 1e-4
    json.dumps(net.body.config.to_dict(), default=str)


@pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
def test_a_rung_in_four_bits_is_trained_released_and_read_again(torch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    from tests.models.checkpoints import make_checkpoint

    make_checkpoint("llama", tmp_path / "llama")
    rows, _ = toy_rows(LABELS)
    dataset = toy_dataset(LABELS, rows, ("billing", "delivery", "technical"))
    means = Means(folder=str(tmp_path), language_models=("llama",), quantize="nf4")
    (candidate,) = MODEL.propose(dataset, LABELS, means)
    assert candidate.setting("quantize") == "nf4"
    work = toy_work(LABELS, candidate, tmp_path / "artifact", seconds=900)
    work = replace(work, folds=work.folds[:1])
    work.artifact.mkdir()
    found = MODEL.train(work)
    assert work.metric.score(work.target[work.scored], found.predictions, None) > 0.8
    answers = MODEL.load(work.artifact, None).predict(work.rows.slice(0, 9))  # type: ignore[arg-type]
    assert np.isfinite(answers).all()
    assert (work.artifact / "net.onnx").exists()
