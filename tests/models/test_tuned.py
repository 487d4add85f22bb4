"""Fine-tuning and adapters: tiny checkpoints of every kind made with the real library, and the real MiniLM."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from breakeven.models.finetune import MODEL as FINETUNE  # noqa: E402
from breakeven.models.lora import MODEL as LORA  # noqa: E402
from breakeven.models.model import Declined, Model, Trained, Work  # noqa: E402
from breakeven.models.nn.batches import padded  # noqa: E402
from breakeven.models.nn.devices import Device  # noqa: E402
from breakeven.models.nn.lora_tuning import adapter_share, add_adapters, keep_adapters, merge_adapters  # noqa: E402
from breakeven.models.nn.memory import foreseen_bytes, make_room  # noqa: E402
from breakeven.models.nn.tuned_answers import TunedPredictor, save_answering  # noqa: E402
from breakeven.models.nn.tuned_net import (  # noqa: E402
    freeze_below,
    load_net,
    load_text_tokenizer,
    parameter_groups,
    save_net,
    separator_of,
    tells_types,
)
from breakeven.models.nn.tuned_release import Mean  # noqa: E402
from breakeven.models.weights import Weights, find_weights  # noqa: E402
from breakeven.records.candidate import Refusal  # noqa: E402
from breakeven.records.means import Means  # noqa: E402
from breakeven.testing import (  # noqa: E402
    TOY_TASKS,
    _check_loading,
    _check_predictions,
    check_model,
    toy_dataset,
    toy_rows,
    toy_work,
)
from tests.models.checkpoints import KINDS, make_checkpoint, minilm  # noqa: E402

CPU = Device("cpu", "processor", "fp32", None)
LABELS, NUMBERS = (next(task for task in TOY_TASKS if task.name == f"toy-text-{kind}") for kind in ("label", "number"))


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a tiny checkpoint of every kind."""
    folder = tmp_path_factory.mktemp("checkpoints")
    for kind in KINDS:
        make_checkpoint(kind, folder / kind)
    return folder


def trained(model: Model, means: Means, folder: Path, task=LABELS) -> tuple[Work, Trained]:  # type: ignore[no-untyped-def]
    """A family trained on toy rows with a single fold, and held to the contract."""
    rows, _ = toy_rows(task)
    labels = ("billing", "delivery", "technical") if task is LABELS else ()
    proposed = model.propose(toy_dataset(task, rows, labels), task, means)
    assert not isinstance(proposed, Refusal), str(proposed.why)
    assert len(proposed) == 1
    work = toy_work(task, proposed[0], folder / "artifact", seconds=900)
    work = replace(work, folds=work.folds[:1])
    work.artifact.mkdir()
    found = model.train(work)
    _check_predictions(work, found)
    _check_loading(model, work)
    return work, found


def value(work: Work, found: Trained) -> float:
    return work.metric.score(work.target[work.scored], found.predictions, None)


def test_fine_tuning_keeps_the_contract_on_all_toy_tasks(checkpoints: Path) -> None:
    done = check_model(FINETUNE, Means(folder=str(checkpoints), encoders=("bert",)))
    for name in ("toy-text-label", "toy-text-number"):  # toy jobs have 20 seconds, which a busy machine may not give
        assert done[name] == "trained" or "steps of training fit into the time" in done[name]
    assert "reads texts" in done["toy-row-label"]


@pytest.mark.parametrize(
    ("model", "kind", "task"),
    [(FINETUNE, "gpt2", NUMBERS), (FINETUNE, "t5", LABELS), (LORA, "llama", LABELS), (LORA, "bert", NUMBERS)],
    ids=lambda each: getattr(each, "name", each),
)
def test_every_kind_of_model_is_trained_released_and_read_again(
    checkpoints: Path, tmp_path: Path, model: Model, kind: str, task: object
) -> None:
    means = Means(folder=str(checkpoints), language_models=(kind,))
    work, found = trained(model, means, tmp_path, task)
    assert value(work, found) > 0.9 if task is LABELS else value(work, found) < 0.5
    assert {variant.name for variant in found.variants} == {"plain", "int8"}
    assert (work.artifact / "net.onnx").exists()
    assert not (work.cache / "checkpoints").exists() or not any((work.cache / "checkpoints").iterdir())
    assert found.settings["estimated_peak_bytes"] > 0
    if model is LORA:
        assert (work.artifact / "adapters" / "0" / "adapter_model.safetensors").exists()


def test_a_hub_name_is_found_in_the_librarys_cache(
    checkpoints: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "hub" / "models--somebody--tiny-qwen"
    (store / "refs").mkdir(parents=True)
    (store / "refs" / "main").write_text("abc123")
    (store / "blobs").mkdir()
    snapshot = store / "snapshots" / "abc123"
    snapshot.mkdir(parents=True)
    for file in (checkpoints / "qwen2").iterdir():
        (store / "blobs" / file.name).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(store / "blobs" / file.name)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    work, found = trained(FINETUNE, Means(folder=str(tmp_path), language_models=("somebody/tiny-qwen",)), tmp_path)
    assert found.settings["model"] == "somebody/tiny-qwen"
    assert value(work, found) > 0.9


@pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning")  # peft asks transformers' old name
@pytest.mark.parametrize("kind", KINDS)
def test_merged_adapters_answer_as_unmerged_ones(checkpoints: Path, tmp_path: Path, kind: str) -> None:
    net = load_net(Weights(kind, checkpoints / kind), 3).eval()
    ids = torch.randint(3, 60, (5, 7))
    mask = torch.ones_like(ids)
    plain = net(ids, mask)
    add_adapters(net)
    assert {name for name, each in net.body.named_parameters() if each.requires_grad and "lora_" not in name} == set()
    assert torch.allclose(net.eval()(ids, mask), plain, atol=1e-6), "fresh adapters change nothing"
    with torch.no_grad():
        for name, each in net.named_parameters():
            if "lora_B" in name:
                each.normal_(0, 0.1)
    adapted = net(ids, mask)
    assert (adapted - plain).abs().max() > 1e-3
    assert 0 < adapter_share(net) < 0.05
    kept = keep_adapters(net, tmp_path)
    assert kept["adapter_share"] < 0.05
    assert str(checkpoints) not in (tmp_path / "adapter_config.json").read_text()
    merge_adapters(net)
    assert (net(ids, mask) - adapted).abs().max() < 1e-4
    again = load_net(Weights(kind, checkpoints / kind), 3).eval()
    from peft import PeftModel

    again.body = PeftModel.from_pretrained(again.body, str(tmp_path)).eval()
    again.head.load_state_dict(net.head.state_dict())
    assert torch.allclose(again(ids, mask), adapted, atol=1e-5), "the adapters that were kept are the trained ones"


@pytest.mark.parametrize("kind", KINDS)
def test_a_net_without_a_graph_is_kept_and_answered_by_torch(checkpoints: Path, tmp_path: Path, kind: str) -> None:
    from breakeven.inputs.texts import Texts
    from breakeven.models.nn.session import save_settings

    weights = Weights(kind, checkpoints / kind)
    net, tokenizer = load_net(weights, 3).eval(), load_text_tokenizer(weights)
    save_net(net, tmp_path)
    save_settings(tmp_path, tokenizer.to_str(), 16)
    rows, _ = toy_rows(LABELS)
    save_answering(tmp_path, Texts(toy_dataset(LABELS, rows, ()).columns), True)
    answers = TunedPredictor.load(tmp_path).predict(rows.slice(30, 10))
    tokenizer.enable_truncation(16)
    ids = torch.tensor([tokenizer.encode(rows.column("message")[31].as_py()).ids])
    expected = torch.softmax(net(ids, torch.ones_like(ids)), 1).detach().numpy()[0]
    assert np.allclose(answers[1], expected, atol=1e-5)
    assert np.isfinite(answers).all(), "an empty text has an answer"
    assert TunedPredictor.load(tmp_path).predict(rows.slice(0, 0)).shape == (0, 3)


def test_a_pair_is_read_as_the_encoder_was_trained_to(checkpoints: Path, tmp_path: Path) -> None:
    """The types of tokens that the net makes are those that the library gives it."""
    from transformers import AutoModel, AutoTokenizer

    weights = Weights("bert", checkpoints / "bert")
    tokenizer = load_text_tokenizer(weights)
    net = load_net(weights, 2).eval()
    assert tells_types(net.body)
    plain, net.separator = net, separator_of(tokenizer)
    library = AutoTokenizer.from_pretrained(weights.folder)
    told = library("invoice paid twice", "parcel late today now", return_tensors="pt")
    short = tokenizer.encode("invoice paid twice", "parcel late today now")
    assert short.ids == told["input_ids"][0].tolist()
    assert set(short.type_ids) == {0, 1}
    ids, mask = padded([short.ids, tokenizer.encode("app", "crash").ids])
    types = plain._types(ids, mask)
    assert types[0].tolist() == short.type_ids
    assert types[1, : int(mask[1].sum())].tolist() == tokenizer.encode("app", "crash").type_ids
    assert not types[1, int(mask[1].sum()) :].any()
    body = AutoModel.from_pretrained(weights.folder).eval()
    states = body(told["input_ids"], token_type_ids=torch.tensor([short.type_ids])).last_hidden_state
    mean = torch.nn.functional.normalize(states.mean(1), dim=1)
    found = net.vectors(told["input_ids"], torch.ones_like(told["input_ids"]))
    assert torch.allclose(found, mean, atol=1e-6)
    net.separator = None
    assert not torch.allclose(net.vectors(told["input_ids"], torch.ones_like(told["input_ids"])), mean, atol=1e-3)
    assert separator_of(load_text_tokenizer(Weights("gpt2", checkpoints / "gpt2"))) is None


def test_a_net_of_pairs_is_trained_released_and_read_again(checkpoints: Path, tmp_path: Path) -> None:
    rows, _ = toy_rows(LABELS)
    asked = [f"{text} ?" if text else text for text in rows.column("message").to_pylist()]
    rows = rows.append_column("asked", pa.array(asked, pa.large_string()))
    dataset = toy_dataset(LABELS, rows, ("billing", "delivery", "technical"))
    (candidate,) = FINETUNE.propose(dataset, LABELS, Means(folder=str(checkpoints), encoders=("bert",)))
    work = toy_work(LABELS, candidate, tmp_path / "artifact", seconds=900)
    work = replace(work, folds=work.folds[:1], rows=rows, dataset=dataset)
    work.artifact.mkdir()
    found = FINETUNE.train(work)
    assert {variant.name for variant in found.variants} == {"plain", "int8"}
    predictor = FINETUNE.load(work.artifact, None)
    assert predictor.texts.pair
    answers = predictor.predict(rows.slice(0, 20))
    swapped = rows.slice(0, 20).rename_columns(["asked", "message"])
    assert np.isfinite(answers).all()
    assert not np.allclose(answers, predictor.predict(swapped)), "which text is the first one matters"


@pytest.mark.parametrize("kind", KINDS)
def test_lower_layers_learn_more_slowly(checkpoints: Path, kind: str) -> None:
    net = load_net(Weights(kind, checkpoints / kind), 3)
    groups = parameter_groups(net, 0.5, 10.0, 0.01)
    assert sum(each.numel() for group in groups for each in group["params"]) == sum(
        each.numel() for each in net.parameters()
    )
    assert {group["share"] for group in groups} == {10.0, 1.0, 0.5, 0.25}
    table = net.body.get_input_embeddings().weight
    assert [group["share"] for group in groups if any(each is table for each in group["params"])] == [0.25]


def test_the_lower_layers_may_stay_as_they_are(checkpoints: Path) -> None:
    net = load_net(Weights("bert", checkpoints / "bert"), 3)
    freeze_below(net, 0.0)
    assert all(each.requires_grad for each in net.parameters())
    freeze_below(net, 0.5)
    learning = [name for name, each in net.body.named_parameters() if each.requires_grad]
    assert any("layer.1." in name for name in learning)
    assert not any("layer.0." in name or "embeddings" in name for name in learning)


def test_the_mean_of_nets_has_their_mean_weights(checkpoints: Path) -> None:
    nets = [load_net(Weights("bert", checkpoints / "bert"), 3) for _ in range(2)]
    nets[1].load_state_dict(nets[0].state_dict())
    mean = Mean(nets[0])
    assert mean.net() is nets[0]
    with torch.no_grad():
        nets[1].head.weight.add_(2.0)
    mean.add(nets[1])
    assert torch.allclose(mean.net().head.weight, nets[0].head.weight + 1.0)
    assert torch.equal(mean.net().body.get_input_embeddings().weight, nets[0].body.get_input_embeddings().weight)


def test_the_batch_is_cut_until_it_fits(checkpoints: Path) -> None:
    net = load_net(Weights("bert", checkpoints / "bert"), 3)
    whole = make_room(net, 32, 64, CPU, free=1 << 30)
    assert (whole.rows, whole.accumulate, whole.again) == (32, 1, False)
    tight = make_room(net, 32, 64, CPU, free=int(foreseen_bytes(net, 9, 64, CPU) / 0.8))
    assert (tight.rows, tight.accumulate, tight.again) == (8, 4, False)
    again = make_room(net, 32, 64, CPU, free=int(foreseen_bytes(net, 3, 64, CPU) / 0.8))
    assert again.again
    with pytest.raises(Declined, match="memory"):
        make_room(net, 32, 64, CPU, free=1000)


def test_refusals_say_what_is_missing(checkpoints: Path, tmp_path: Path) -> None:
    rows, _ = toy_rows(LABELS)
    dataset = toy_dataset(LABELS, rows, ("a", "b"))
    absent = FINETUNE.propose(dataset, LABELS, Means(folder=str(tmp_path), encoders=("./nowhere",)))
    assert isinstance(absent, Refusal)
    assert "nowhere" in str(absent.why)
    small = LORA.propose(dataset, LABELS, Means(folder=str(checkpoints), encoders=("bert",)))
    assert isinstance(small, Refusal)
    assert "finetune" in str(small.why)
    means = Means(folder=str(checkpoints), encoders=("bert",), language_models=("gpt2", "bert"))
    both = FINETUNE.propose(dataset, LABELS, means)
    assert [candidate.name for candidate in both] == ["finetune_bert", "finetune_gpt2"]


def test_damaged_weights_and_too_little_time_decline(checkpoints: Path, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    for file in (checkpoints / "bert").iterdir():
        whole = file.read_bytes()
        (tmp_path / "bad" / file.name).write_bytes(whole[:200] if file.suffix == ".safetensors" else whole)
    rows, _ = toy_rows(LABELS)
    dataset = toy_dataset(LABELS, rows, ("billing", "delivery", "technical"))
    cases = (("bad", tmp_path, 60.0, "cannot be read"), ("bert", checkpoints, -1.0, "steps"))
    for name, folder, seconds, words in cases:
        (candidate,) = FINETUNE.propose(dataset, LABELS, Means(folder=str(folder), encoders=(name,)))
        work = toy_work(LABELS, candidate, tmp_path / f"artifact-{name}", seconds=seconds)
        work.artifact.mkdir()
        with pytest.raises(Declined, match=words):
            FINETUNE.train(work)


def test_the_real_minilm_is_read_as_it_was_trained(tmp_path: Path) -> None:
    weights = find_weights(str(minilm()), tmp_path)
    assert weights is not None
    net, tokenizer = load_net(weights, 4).eval(), load_text_tokenizer(weights)
    texts = ["how do I reset my password?", "I forgot my password", "the parcel has not come", "where is my parcel?"]
    tokens = [tokenizer.encode(text).ids for text in texts]
    vectors = np.concatenate([net.vectors(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.int64)).detach()
                              for ids in tokens])  # fmt: skip
    near = vectors @ vectors.T
    assert near[0, 1] > 0.6
    assert near[2, 3] > 0.5
    assert near[0, 2] < 0.3
    groups = parameter_groups(net, 0.9, 10.0, 0.01)
    assert len({group["share"] for group in groups}) == 8
    optimizer = torch.optim.SGD([{**group, "lr": 1e-2 * group["share"]} for group in groups])
    ids = torch.tensor([tokens[0]])
    loss = torch.nn.functional.cross_entropy(net(ids, torch.ones_like(ids)), torch.tensor([2]))
    loss.backward()
    optimizer.step()
    after = torch.nn.functional.cross_entropy(net(ids, torch.ones_like(ids)), torch.tensor([2]))
    assert after < loss
