"""Small nets: tokenizers of both kinds, nets that know no neighbours, releases without torch, forms that pay."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from breakeven.inputs import INPUTS
from breakeven.models.model import Trained, Work
from breakeven.models.small_net import MODEL
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.store import write_bytes
from breakeven.tasks import task_named

pytest.importorskip("torch")
pytest.importorskip("onnxruntime")

import torch

from breakeven.models.nn.gate import choose_form
from breakeven.models.nn.nets import TextNet
from breakeven.models.nn.shrinking import keep_zeros, without_heads, without_layers, without_small_weights
from breakeven.models.nn.small_net_training import RECIPES, Rows, Spent, guess_words, train_recipe
from breakeven.models.nn.tokenizing import BEGIN, token_numbers, train_tokenizer

TOPICS = {"money": "invoice refund card charge price", "parcel": "courier box late street door",
          "water": "漏水 水管 龙头 淹没 排水"}  # fmt: skip
COMMON = ["please", "help", "me", "today", "my", "the", "is", "it", "now", "again", "请问", "谢谢"]


def messages(rows: int, seed: int) -> tuple[pa.Table, list[str]]:
    """Texts of which two words in eight tell the class."""
    random = np.random.default_rng(seed)
    answers = [sorted(TOPICS)[int(k)] for k in random.integers(0, 3, rows)]
    texts = [" ".join(random.permutation([*random.choice(TOPICS[a].split(), 2), *random.choice(COMMON, 6)]))
             for a in answers]
    return pa.table({"message": pa.array(texts, pa.large_string())}), answers


def make_work(folder: Path, rows: int = 400, net: str | None = "bag", seconds: float = 600.0, seed: int = 0) -> Work:
    table, answers = messages(rows, 1)
    task = task_named("text-classification")
    input_, output = INPUTS.get("text"), OUTPUTS.get("label")
    labels = output.labels(answers)
    dataset = Dataset(
        digest="test", folder="", task=task.name, columns=input_.columns(table, ("message",)), answer="answer",
        labels=labels, split="random", rows={"train": rows, "validation": 0, "test": 0}, bytes=table.nbytes,
    )  # fmt: skip
    places = np.arange(rows)
    folder.mkdir(parents=True)
    settings = (("net", net),) if net else ()
    return Work(
        candidate=Candidate(name="small_net", family=MODEL.tag, cost_rank=4, settings=settings), dataset=dataset,
        task=task, input=input_, output=output, metric=output.metrics()["accuracy"], rows=table,
        target=output.encode(answers, labels), folds=((places[places % 4 != 0], places[places % 4 == 0]),),
        artifact=folder, deadline=time.monotonic() + seconds, threads=1, seed=seed,
    )  # fmt: skip


def artifact_of(work: Work) -> Artifact:
    return Artifact(
        family=MODEL.tag, task=work.task.name, input="text", output=work.output.name, columns=work.dataset.columns,
        answer="answer", labels=work.dataset.labels,
    )  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Work, Trained]:
    work = make_work(tmp_path_factory.mktemp("small_net") / "artifact", net="cnn")
    return work, MODEL.train(work)


@pytest.mark.parametrize("chinese", [0.0, 0.9])
def test_a_tokenizer_gives_back_what_it_reads(chinese: float) -> None:
    texts = ["漏水 了 吗？", "the pipe is leaking", "水管 漏水 pipe 2 次"] * 20
    tokenizer = train_tokenizer(texts, chinese)
    for text in texts[:3]:
        ids = token_numbers(tokenizer, [text])[0]
        assert ids[0] == BEGIN
        assert tokenizer.decode(ids.tolist()).replace(" ", "") == text.replace("？", "?").replace(" ", "")
    assert [len(ids) for ids in token_numbers(tokenizer, ["", "the pipe " * 999])] == [1, 256]


def test_chinese_is_read_by_characters_and_anything_can_be_read_by_bytes() -> None:
    texts = ["水管漏水", "水管漏水了吗", "the pipe leaks"] * 30
    characters = train_tokenizer(texts, 0.9)
    assert characters.encode("水管leaks").tokens == ["[CLS]", "水", "管", "leaks"]
    in_bytes = train_tokenizer(texts, 0.0)
    assert in_bytes.decode(in_bytes.encode("☃ 龘 pipe").ids) == " ☃ 龘 pipe"
    assert "[UNK]" not in in_bytes.encode("☃ 龘").tokens


@pytest.mark.parametrize("name", list(RECIPES))
def test_nets_know_no_neighbours(name: str) -> None:
    torch.manual_seed(0)
    net = RECIPES[name].net(50, 3, 64, 100).eval()
    ids = torch.randint(4, 50, (3, 9))
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    with torch.no_grad():
        together, alone = net(ids, mask)[1], net(ids[1:2, :4], mask[1:2, :4])[0]
    assert torch.allclose(together, alone, atol=1e-5)


def test_it_learns_and_the_release_answers_as_training_said(trained: tuple[Work, Trained]) -> None:
    work, result = trained
    truth = work.target[work.scored]
    assert work.metric.score(truth, result.predictions, None) > 0.9
    assert result.train_value is not None
    assert result.train_value > 0.9
    answers = MODEL.load(work.artifact, artifact_of(work)).predict(work.rows.take(work.scored))
    assert (answers.argmax(1) == result.predictions.argmax(1)).mean() > 0.98  # but for the cross-fitted calibration
    assert np.abs(answers - result.predictions).mean() < 0.03
    assert sum(variant.kept for variant in result.variants) == 1
    assert {"plain", "int8", "int8-static"} <= {variant.name for variant in result.variants}


def test_the_release_answers_without_torch(trained: tuple[Work, Trained]) -> None:
    work, _ = trained
    expected = MODEL.load(work.artifact, artifact_of(work)).predict(work.rows.slice(0, 5))
    write_bytes(work.artifact / "artifact.json", artifact_of(work).model_dump_json().encode())
    code = """
import sys, json
class Wall:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("torch", "transformers", "onnx", "sklearn"):
            raise ImportError(name)
sys.meta_path.insert(0, Wall())
from pathlib import Path
import pyarrow as pa
from breakeven.models.artifact import load_artifact
_, predictor = load_artifact(Path(sys.argv[1]))
rows = pa.table({"message": pa.array(json.loads(sys.argv[2]), pa.large_string())})
answers = predictor.predict(rows).tolist()
peak = [line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')]
print(json.dumps([answers, int(peak[0]) * 1024]))
"""
    texts = json.dumps(work.rows.slice(0, 5).column("message").to_pylist())
    done = subprocess.run([sys.executable, "-c", code, str(work.artifact), texts], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers, peak = json.loads(done.stdout)
    assert np.allclose(answers, expected, atol=1e-6)
    assert peak < 300e6


def test_the_same_rows_and_seed_give_the_same_artifact(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        work = make_work(tmp_path / name / "artifact", rows=120)
        result = MODEL.train(work)
        made.append((result.predictions, (work.artifact / "tokenizer.json").read_bytes(), result.settings))
    assert np.abs(made[0][0] - made[1][0]).max() < 0.02  # the kept form hangs on measured times, the net does not
    assert made[0][1:] == made[1][1:]


def test_numbers_from_texts(tmp_path: Path) -> None:
    work = make_work(tmp_path / "artifact", rows=300)
    output = OUTPUTS.get("number")
    target = output.encode([f"{1000 + 10 * int(k)}" for k in work.target], ())
    task = work.task.model_copy(update={"output": "number"})
    work = replace(work, task=task, output=output, metric=output.metrics()["rmse"], target=target,
                   dataset=work.dataset.model_copy(update={"labels": ()}))  # fmt: skip
    result = MODEL.train(work)
    assert work.metric.score(target[work.scored], result.predictions, None) < 5  # the mean is 8 off
    answers = MODEL.load(work.artifact, artifact_of(work)).predict(work.rows)
    assert np.abs(answers[:, 0] - target).mean() < 4


def test_it_refuses_tables() -> None:
    work_task = task_named("tabular-classification")
    rows = pa.table({"size": pa.array(["1", "2"], pa.large_string())})
    dataset = Dataset(digest="", folder="", task=work_task.name, columns=INPUTS.get("row").columns(rows, ("size",)),
                      answer="a", labels=("x", "y"), rows={"train": 2}, split="random")  # fmt: skip
    assert isinstance(MODEL.propose(dataset, work_task, Means()), Refusal)


def test_guessing_words_learns_their_neighbours() -> None:
    table, _ = messages(300, 2)
    tokenizer = train_tokenizer(table.column("message").to_pylist(), 0.0)
    ids = token_numbers(tokenizer, table.column("message").to_pylist())
    recipe = replace(RECIPES["transformer"], wide=32, layers=1, guess_epochs=16, learning_rate=5e-3)
    torch.manual_seed(0)
    net = recipe.net(tokenizer.get_vocab_size(), 3, 256, 300)
    before = net.head.weight.detach().clone()
    trace = guess_words(recipe, net, ids, spent())
    assert trace.mean_loss < 0.8 * np.log(tokenizer.get_vocab_size())
    assert torch.equal(before, net.head.weight)


def spent(seconds: float = 20.0) -> Spent:
    from breakeven.models.nn.devices import choose_device

    until = time.monotonic() + seconds
    return Spent(lambda: until - time.monotonic(), choose_device(1, "cpu"), 0)


def small_transformer() -> tuple[TextNet, Rows]:
    table, answers = messages(400, 3)
    tokenizer = train_tokenizer(table.column("message").to_pylist(), 0.0)
    ids = token_numbers(tokenizer, table.column("message").to_pylist())
    target = np.array([sorted(TOPICS).index(answer) for answer in answers])
    recipe = replace(RECIPES["transformer"], wide=64, layers=2, epochs=3)
    torch.manual_seed(0)
    net = recipe.net(tokenizer.get_vocab_size(), 3, 256, 400)
    train_recipe(recipe, net, Rows(ids, target), None, spent(), steps=60)
    return net, Rows(ids, target)


def test_what_is_cut_is_gone_and_the_net_still_answers() -> None:
    net, rows = small_transformer()
    weights = sum(each.numel() for each in net.parameters())
    for cut in (without_heads(net, 0.5), without_layers(net, 1)):
        assert sum(each.numel() for each in cut.parameters()) < weights
        assert cut(torch.tensor([[3, 5, 6]]), torch.ones((1, 3), dtype=torch.int64)).shape == (1, 3)
    pruned = without_small_weights(net, 0.5)
    keep_zeros(pruned)
    zeros = [float((each == 0).float().mean()) for each in pruned.parameters() if each.ndim > 1]
    recipe = replace(RECIPES["transformer"], wide=64)
    train_recipe(recipe, pruned, rows, None, spent(), steps=5)  # type: ignore[arg-type]
    assert zeros == [float((each == 0).float().mean()) for each in pruned.parameters() if each.ndim > 1]
    assert min(zeros) > 0.49
    assert sum(each.numel() for each in net.parameters()) == weights


def test_the_gate_refuses_what_pruning_broke_and_keeps_eight_bits(tmp_path: Path) -> None:
    """A net of which 97 % was cut, kept in eight bits, is as small as the good one, and wrong."""
    from breakeven.models.nn.small_net_forms import Maker

    table, answers = messages(600, 5)
    texts = table.column("message").to_pylist()
    tokenizer = train_tokenizer(texts[:400], 0.0)
    ids = token_numbers(tokenizer, texts)
    target = np.array([sorted(TOPICS).index(answer) for answer in answers])
    torch.manual_seed(0)
    net = RECIPES["cnn"].net(tokenizer.get_vocab_size(), 3, 256, 400)
    train_recipe(RECIPES["cnn"], net, Rows(ids[:400], target[:400]), None, spent(), steps=150)
    forms = []
    for name, made in (("whole", net), ("broken", without_small_weights(net, 0.97))):
        (tmp_path / name).mkdir()
        assert isinstance(made, TextNet)
        maker = Maker(made, tokenizer, 256, ids[:400], True, tmp_path / name, lambda n: None, lambda n: None)
        forms += [replace(maker.form(form), name=f"{name} {form}") for form in ("plain", "int8-static")]
    accuracy = OUTPUTS.get("label").metrics()["accuracy"]
    kept, variants = choose_form([forms[0], forms[1], forms[3]], texts[400:], target[400:], accuracy, seconds=3.0)
    assert kept.name == "whole int8-static"
    assert variants[0].bytes > 3 * variants[1].bytes
    assert "gets worse by" in str(variants[2].why)
