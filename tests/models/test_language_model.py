"""Language models: the decoder and its cache, writing that does not depend on what is beside it, training, chats,
pretrained checkpoints made by the real library."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.models import MODELS
from breakeven.models.model import Writer
from breakeven.outputs.chats import Said, read_said
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.means import Means
from breakeven.testing import TOY_TASKS, toy_dataset, toy_rows, toy_work

torch = pytest.importorskip("torch", reason="needs the extra [torch]")

from breakeven.models.nn.gpt import Gpt, GptShape, mean_loss  # noqa: E402
from breakeven.models.nn.language_answers import nats_of  # noqa: E402
from breakeven.models.nn.language_data import Packed, PackedBatches  # noqa: E402
from breakeven.models.nn.language_tokens import BYTES, ByteTokens  # noqa: E402
from breakeven.models.nn.muon import Muon, orthogonal  # noqa: E402
from breakeven.models.nn.writing import GptReader, TransformersReader  # noqa: E402
from breakeven.models.writing import Batch, Request, generate  # noqa: E402
from tests.models.checkpoints import make_checkpoint  # noqa: E402

TASK = next(task for task in TOY_TASKS if task.output == "text")
CHAT = json.dumps([{"role": "user", "content": "hi"}, {"role": "assistant", "content": "yes, 是的"}])
SHAPE = GptShape(vocabulary=50, layers=2, heads=2, width=16, context=12)


def random_net(style: str = "modern") -> Gpt:
    """A net whose answers depend on what it reads: the first weights of ours give the same to everything."""
    torch.manual_seed(0)
    net = Gpt(replace(SHAPE, style=style))  # type: ignore[arg-type]
    with torch.no_grad():
        for weight in net.parameters():
            weight.normal_(std=0.5)
    return net.eval()


# --- the decoder


@pytest.mark.parametrize("style", ["modern", "gpt2"])
def test_no_token_sees_those_behind_it(style: str) -> None:
    net = random_net(style)
    ids = torch.randint(0, 50, (2, 10))
    other = ids.clone()
    other[:, 6:] = (other[:, 6:] + 1) % 50
    before, after = net(ids), net(other)
    assert torch.allclose(before[:, :6], after[:, :6], atol=1e-5)
    assert not torch.allclose(before[:, 6:], after[:, 6:], atol=1e-2)


@pytest.mark.parametrize("style", ["modern", "gpt2"])
def test_reading_with_a_cache_gives_the_same_logits(style: str) -> None:
    net = random_net(style)
    ids = torch.randint(0, 50, (1, 9))
    whole = net(ids)[0].detach().numpy()
    reader = GptReader(net, slots=3)
    assert np.allclose(reader.read(1, ids[0, :5].tolist()), whole[4], atol=1e-4)
    for place in range(5, 9):
        assert np.allclose(reader.step([1], [int(ids[0, place])])[0], whole[place], atol=1e-4)


def test_the_count_of_weights_is_that_of_the_net() -> None:
    for style in ("modern", "gpt2"):
        shape = replace(SHAPE, style=style)  # type: ignore[arg-type]
        assert sum(each.numel() for each in Gpt(shape).parameters() if each.ndim > 1) == shape.parameters


# --- writing

REQUESTS = [Request([1, 2, 3][: 1 + n % 3], 5 + 4 * n, 0.9, 0.9, n) for n in range(7)]


def written(cached: bool, slots: int, requests: list[Request]) -> list[list[int]]:
    found: list[list[int]] = [[] for _ in requests]
    reader = GptReader(random_net(), slots, cached)
    for number, token in generate(Batch(reader, slots, frozenset([7]), banned=(0,)), requests):
        found[number].append(token)
    return found


def test_an_answer_is_the_same_alone_in_a_batch_with_and_without_the_cache() -> None:
    together = written(cached=True, slots=3, requests=REQUESTS)
    assert together == written(cached=False, slots=3, requests=REQUESTS)
    assert together == [written(cached=True, slots=1, requests=[request])[0] for request in REQUESTS]
    assert max(map(len, together)) > SHAPE.context, "some answers outgrow the context"
    assert not any({0, 7} & set(ids) for ids in together), "the end and what is banned are never written"


def test_another_seed_writes_something_else() -> None:
    first, second = (written(True, 1, [replace(REQUESTS[6], seed=seed)])[0] for seed in (1, 2))
    assert first != second


@pytest.mark.parametrize("kind", ["llama", "gpt2", "qwen2"])
def test_a_decoder_of_the_library_writes_the_same_alone_and_beside_others(kind: str, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained(make_checkpoint(kind, tmp_path)).eval()
    requests = [Request(list(range(5, 6 + 3 * n)), 4 + 3 * n, 0.9 * (n % 2), 0.9, n) for n in range(7)]

    def told(slots: int, asked: list[Request]) -> list[list[int]]:
        found: list[list[int]] = [[] for _ in asked]
        for number, token in generate(Batch(TransformersReader(model, slots), slots, frozenset([2])), asked):
            found[number].append(token)
        return found

    together = told(3, requests)
    assert together == [told(1, [request])[0] for request in requests]
    assert len({len(ids) for ids in together}) > 3, "they join and leave at different steps"


# --- tokens, packing, scoring


@pytest.mark.parametrize("vocabulary", [0, BYTES + 60])
def test_tokens_lose_nothing_of_any_text(vocabulary: int, tmp_path: Path) -> None:
    tokens = ByteTokens.learn(["the cat sat on the mat, the cat sat"] * 20, vocabulary)
    tokens.save(tmp_path)
    loaded = ByteTokens.load(tmp_path)
    text = "账单 é \r\n the cat ☃\t "
    ids, marks = loaded.encode((Said("", text),))
    assert loaded.text(ids[1:-1].tolist()) == text
    assert marks.tolist() == [False] + [True] * (len(ids) - 1)
    assert len(ids) == len(text.encode()) + 2 or vocabulary
    assert tokens.encode((Said("", text),))[0].tolist() == ids.tolist()


def test_only_the_assistant_is_learned_from() -> None:
    tokens = ByteTokens.learn(["hi yes"], 0)
    ids, marks = tokens.encode(read_said(CHAT))
    assert tokens.text(ids[marks].tolist()) == "yes, 是的"
    assert ids[marks][-1] in tokens.ends
    assert tokens.prompt(read_said(CHAT)) == ids[: marks.argmax()].tolist()
    packed = Packed.of([(ids, marks)] * 5, seed=0)
    batch = PackedBatches(packed, rows=3, length=8, seed=0)(4)
    scored = batch.tensors["targets"] != -1
    assert 0 < int(scored.sum()) < scored.numel()
    assert torch.equal(batch.tensors["targets"][:, :-1][scored[:, :-1]], batch.tensors["ids"][:, 1:][scored[:, :-1]])


def test_processes_share_a_batch() -> None:
    packed = Packed(np.arange(100, dtype=np.int32), np.ones(100, bool))
    whole = PackedBatches(packed, 4, 5, 1)(3).tensors["ids"]
    halves = [PackedBatches(packed, 4, 5, 1, (which, 2))(3).tensors["ids"] for which in (0, 1)]
    assert sorted(torch.cat(halves).tolist()) == sorted(whole.tolist())


def test_long_rows_are_scored_once_each_token() -> None:
    net = random_net()
    ids = np.random.default_rng(0).integers(0, 50, 40).astype(np.int32)
    marks = np.arange(40) > 0
    uniform = nats_of(lambda tokens: torch.zeros(*tokens.shape, 50), [(ids, marks), (ids[:5], marks[:5])], 12)
    assert uniform == pytest.approx([39 * np.log(50), 4 * np.log(50)], rel=1e-5)
    short = nats_of(net, [(ids[:9], marks[:9])], 12)[0]
    logits = net(torch.from_numpy(ids[:8].astype(np.int64))[None]).detach()
    assert short == pytest.approx(8 * float(mean_loss(logits, torch.from_numpy(ids[1:9].astype(np.int64))[None])), 1e-4)


# --- Muon


def test_orthogonal_updates_have_singular_values_near_one() -> None:
    torch.manual_seed(1)
    for shape in ((4, 16, 16), (2, 32, 8), (2, 8, 32)):
        values = torch.linalg.svdvals(orthogonal(torch.randn(shape)))
        assert float(values.min()) > 0.3
        assert float(values.max()) < 1.4


def test_muon_goes_down_and_leaves_other_weights_to_adamw() -> None:
    torch.manual_seed(2)
    matrix, vector = torch.nn.Parameter(torch.randn(6, 4)), torch.nn.Parameter(torch.randn(4))
    goal = torch.randn(6)
    optimizer = Muon([{"params": [matrix], "orthogonal": True, "lr": 0.05}, {"params": [vector]}],
                     lr=0.05, weight_decay=0.0)
    losses = []
    for _ in range(80):
        loss = (matrix @ vector - goal).square().sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.05 * losses[0]
    assert {"momentum"} == set(optimizer.state[matrix])
    assert "exp_avg" in optimizer.state[vector]


# --- the family


def trained(candidate: Candidate, folder: Path, **changes: object):  # type: ignore[no-untyped-def]
    work = replace(toy_work(TASK, candidate, folder, seconds=150.0), **changes)  # type: ignore[arg-type]
    folder.mkdir(exist_ok=True)
    model = MODELS.get("language_model")
    return work, model.train(work), model.load(folder, None)  # type: ignore[arg-type]


SCRATCH = Candidate(name="language_model", family="language_model/1", cost_rank=4)


def test_a_net_from_scratch_learns_its_rows_and_writes_them(tmp_path: Path) -> None:
    work, found, loaded = trained(SCRATCH, tmp_path, folds=(tuple(np.split(np.arange(120), [90])),))
    bits = work.output.metrics()["bits_per_byte"].score(work.target[work.scored], found.predictions, None)
    assert bits < 1.0, "the answers are the same few words; a byte at random has 8 bits"
    assert isinstance(loaded, Writer)
    assert np.allclose(loaded.predict(work.rows.take(work.scored)), found.predictions, atol=1e-4)
    question = work.rows["message"][0].as_py()
    answer = "".join(loaded.stream(question, 30, temperature=0))
    assert answer.startswith("we will look into it")
    assert loaded.write(work.rows.slice(0, 3)) == [loaded.write(work.rows.slice(n, 1))[0] for n in range(3)]
    first, second = ("".join(loaded.stream(question, 30, 1.5, seed=seed)) for seed in (1, 1))
    assert first == second
    assert found.settings["sample"] is not None


@pytest.mark.parametrize("template", [True, False])
def test_a_pretrained_decoder_is_trained_on_with_answers_only(template: bool, tmp_path: Path) -> None:
    checkpoint = make_checkpoint("llama", tmp_path / "tiny", chats=template)
    model = MODELS.get("language_model")
    rows, _ = toy_rows(TASK)
    proposed = model.propose(toy_dataset(TASK, rows, ()), TASK, Means(language_models=(str(checkpoint),)))
    assert not isinstance(proposed, Refusal)
    assert [each.name for each in proposed] == ["language_model", "language_model_tiny"]
    work, found, loaded = trained(proposed[1], tmp_path / "artifact", folds=(tuple(np.split(np.arange(120), [90])),))
    assert found.settings["trained_on"] is True
    assert np.allclose(loaded.predict(work.rows.take(work.scored)), found.predictions, atol=1e-3)
    ids, marks = loaded.tokens.encode(read_said(CHAT))
    assert loaded.tokens.text(ids[marks].tolist()).strip() == "yes, 是的"
    assert loaded.tokens.prompt(read_said(CHAT)) == ids[: marks.argmax()].tolist()
    assert "".join(loaded.stream("hi", 12, seed=5)) == "".join(loaded.stream("hi", 12, seed=5))


def test_a_folder_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    rows, _ = toy_rows(TASK)
    means = Means(folder=str(tmp_path), language_models=("./nowhere",))
    found = MODELS.get("language_model").propose(toy_dataset(TASK, rows, ()), TASK, means)
    assert isinstance(found, Refusal)
    assert "./nowhere" in str(found.why)


def test_other_families_are_not_asked_for_texts() -> None:
    rows, _ = toy_rows(TASK)
    for name in ("linear", "blend"):
        assert isinstance(MODELS.get(name).offer(toy_dataset(TASK, rows, ()), TASK, Means()), Refusal)


def test_an_answer_column_may_be_missing_when_a_file_is_answered(tmp_path: Path) -> None:
    from breakeven.models.artifact import answer_rows
    from breakeven.testing import _artifact

    work = toy_work(TASK, Candidate(name="ngram", family="ngram/1", cost_rank=1), tmp_path)
    MODELS.get("ngram").train(work)
    artifact = _artifact(work, "ngram/1")
    predictor = MODELS.get("ngram").load(tmp_path, artifact)
    questions = pa.table({"message": pa.array(["invoice paid twice now 3"], pa.large_string())})
    answered = answer_rows(questions, artifact, predictor, work.output, "questions.csv")
    assert answered["written"][0].as_py().startswith("we will look into it")
