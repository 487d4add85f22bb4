"""How much a trained text net gains by leaving torch and 32 bits: speed, size and quality of each form, one thread.

    python benchmarks/shrink/run.py [--set banking77] [--seconds 300] [--threads 2]

A transformer of 4 layers, 256 wide, is trained on the set's training rows as the `small_net` rung trains it (a tenth
of them held out for the early stop). Then every form that the gate knows is made of it, and eager torch stands beside
them. Times are of the net alone, one text at a time, tokens given, in turns; quality is that on the test rows,
opened once, with the paired difference to torch. The record is appended to results.jsonl, and README.md is
written from the last record of each set.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks" / "quality")]

from sets import SETS, data_folder  # noqa: E402

from breakeven.models.nn.devices import choose_device  # noqa: E402
from breakeven.models.nn.nets import TextNet  # noqa: E402
from breakeven.models.nn.padding import padded_arrays  # noqa: E402
from breakeven.models.nn.session import open_session  # noqa: E402
from breakeven.models.nn.small_net_answers import answers_of  # noqa: E402
from breakeven.models.nn.small_net_forms import FORMS, Maker  # noqa: E402
from breakeven.models.nn.small_net_training import RECIPES, Rows, Spent, guess_words, train_recipe  # noqa: E402
from breakeven.models.nn.tokenizing import MOST_LENGTH, token_numbers, train_tokenizer  # noqa: E402
from breakeven.outputs import OUTPUTS  # noqa: E402
from breakeven.outputs.bootstrap import difference  # noqa: E402

RESULTS = HERE / "results.jsonl"
LAYERS, WIDE = 4, 256
SEED = 0
ROUNDS, TURN = 20, 20
LENGTHS = (16, 64)
"""Beside the texts of the set, rows of so many tokens are timed."""
RECOVERY_SHARE = 0.25
"""Of the seconds for training, at most, for training a net on from which something was cut."""

Net = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""input_ids, attention_mask -> what the head says."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", default="banking77", choices=[each.name for each in SETS if each.kind == "text"])
    parser.add_argument("--seconds", type=float, default=300.0, help="for training")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1, help="for training; answers take one")
    wanted = parser.parse_args()
    if not (data_folder() / wanted.set).is_dir():
        print(f"the data sets are not at {data_folder()}: set BREAKEVEN_DATA", file=sys.stderr)
        return 2
    record = measure(wanted.set, wanted.seconds, wanted.threads)
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    write_readme()
    return 0


def measure(name: str, seconds: float, threads: int) -> dict[str, Any]:
    """Train on one set, make the forms, time and score them."""
    texts, target, labels = rows_of(name, "train")
    test_texts, test_target, _ = rows_of(name, "test", labels)
    chinese = 1.0 if sum("一" <= sign <= "鿿" for sign in texts[0]) else 0.0
    order = np.random.default_rng(SEED).permutation(len(texts))
    held, fit = order[: len(texts) // 10], order[len(texts) // 10 :]
    tokenizer = train_tokenizer([texts[place] for place in fit], chinese)
    rows = Rows(token_numbers(tokenizer, texts), target)
    net, trained = train(rows, fit, held, len(labels), tokenizer.get_vocab_size(), seconds, threads)
    test = token_numbers(tokenizer, test_texts)
    with tempfile.TemporaryDirectory() as place:
        def recover(cut: TextNet) -> None:
            gentle = replace(RECIPES["transformer"], epochs=2, learning_rate=2e-4, drop_words=0.0)
            train_recipe(gentle, cut, rows.take(fit), None, spent(RECOVERY_SHARE * seconds, threads))

        maker = Maker(net, tokenizer, MOST_LENGTH, rows.take(fit).ids, True, Path(place), recover, lambda cut: None)
        nets: dict[str, tuple[Net, int]] = {"torch": (in_torch(net), sum(4 * w.numel() for w in net.parameters()))}
        for form in FORMS:
            path = maker.form(form).path
            nets[form] = (in_onnx(path), path.stat().st_size)
        torch.set_num_threads(1)
        found = compare(nets, test, test_target)
    return {"set": name, "when": datetime.now(UTC).isoformat(timespec="seconds"), "machine": machine(),
            "training": trained, "test_rows": len(test), "tokens": float(np.mean([len(ids) for ids in test])),
            "forms": found}  # fmt: skip


def rows_of(name: str, part: str, labels: Sequence[str] = ()) -> tuple[list[str], np.ndarray, Sequence[str]]:
    """Texts, classes (n,) and the names of the classes of a part of a set."""
    data_set = next(each for each in SETS if each.name == name)
    path = data_set.file(part)
    assert path
    assert data_set.input
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    labels = labels or sorted({row[data_set.answer] for row in rows})
    number = {label: place for place, label in enumerate(labels)}
    return [row[data_set.input] for row in rows], np.array([number[row[data_set.answer]] for row in rows]), labels


def train(
    rows: Rows, fit: np.ndarray, held: np.ndarray, classes: int, tokens: int, seconds: float, threads: int
) -> tuple[TextNet, dict[str, Any]]:
    """The net and what its training came to; a quarter of the time is for guessing words."""
    recipe = replace(RECIPES["transformer"], wide=WIDE, layers=LAYERS, learning_rate=6e-4)
    torch.manual_seed(SEED)
    net = recipe.net(tokens, classes, MOST_LENGTH, len(fit))
    begun = time.monotonic()
    guess_words(recipe, net, rows.take(fit).ids, spent(seconds / 4, threads))
    trace = train_recipe(recipe, net, rows.take(fit), rows.take(held), spent(seconds * 3 / 4, threads))
    weights = sum(each.numel() for each in net.parameters())
    return net, {"seconds": time.monotonic() - begun, "steps": trace.step, "held_out_loss": trace.best, "seed": SEED,
                 "weights": weights, "threads": threads}  # fmt: skip


def spent(seconds: float, threads: int) -> Spent:
    until = time.monotonic() + seconds
    return Spent(lambda: until - time.monotonic(), choose_device(threads, "cpu"), SEED)


def in_torch(net: TextNet) -> Net:
    def answer(ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return net(torch.from_numpy(ids), torch.from_numpy(mask)).numpy()

    return answer


def in_onnx(graph: Path) -> Net:
    session = open_session(graph, 1)
    return lambda ids, mask: session.run(None, {"input_ids": ids, "attention_mask": mask})[0]


def compare(nets: dict[str, tuple[Net, int]], test: Sequence[np.ndarray], target: np.ndarray) -> dict[str, Any]:
    """Speed on texts of the set and on fixed lengths, size, and quality against torch, of every form."""
    accuracy = OUTPUTS.get("label").metrics()["accuracy"]
    answered = {name: answers_of(np.concatenate([net(*padded_arrays([ids])) for ids in test]), True)
                for name, (net, _) in nets.items()}  # fmt: skip
    every = {"texts": list(test)} | {str(n): [np.resize(ids, n) for ids in test[:200]] for n in LENGTHS}
    times = {name: timed({form: net for form, (net, _) in nets.items()}, rows) for name, rows in every.items()}
    found = {}
    for form, (_, size) in nets.items():
        change = difference(accuracy, target, answered["torch"], answered[form])
        found[form] = {
            "p50_ms": {name: taken[form] for name, taken in times.items()}, "bytes": size,
            "accuracy": accuracy.score(target, answered[form], None),
            "change": [change.value, change.low, change.high],
        }  # fmt: skip
    return found


def timed(nets: dict[str, Net], rows: Sequence[np.ndarray]) -> dict[str, float]:
    """The median milliseconds of one answer by each net, a few answers in turn."""
    taken: dict[str, list[float]] = {name: [] for name in nets}
    for round_ in range(ROUNDS):
        for name, net in nets.items():
            net(*padded_arrays([rows[0]]))
            for place in range(TURN):
                given = padded_arrays([rows[(round_ * TURN + place) % len(rows)]])
                begun = time.perf_counter()
                net(*given)
                taken[name].append(time.perf_counter() - begun)
    return {name: float(np.median(each)) * 1e3 for name, each in taken.items()}


def machine() -> dict[str, Any]:
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else None
    names = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
             if line.startswith("model name")] if Path("/proc/cpuinfo").exists() else []  # fmt: skip
    return {"processor": names[0] if names else platform.processor(), "cores": os.cpu_count(), "load": load,
            "torch": torch.__version__, "python": platform.python_version()}  # fmt: skip


def write_readme() -> None:
    """The page: the words of TEXT and a table of the last record of each set."""
    records = [json.loads(line) for line in RESULTS.read_text(encoding="utf-8").splitlines()]
    last = {record["set"]: record for record in records}
    tables = "\n\n".join(table(record) for record in last.values())
    (HERE / "README.md").write_text(TEXT + "\n" + tables + "\n", encoding="utf-8")


def table(record: dict[str, Any]) -> str:
    plain = record["forms"]["torch"]["p50_ms"]
    training, computer = record["training"], record["machine"]
    lines = [
        f"## {record['set']}", "",
        f"{computer['processor']}, one thread; torch {computer['torch']}; load {computer['load']:.1f}; "
        f"{record['when'][:10]}. {training['weights']:,} weights, trained for {training['seconds']:.0f} s "
        f"({training['steps']:,} steps, seed {training['seed']}); {record['test_rows']:,} test rows "
        f"of {record['tokens']:.0f} tokens in the mean.{BUSY if computer['load'] > computer['cores'] else ''}", "",
        "| form | ms a text | times torch's rate | ms, 16 tokens | times | ms, 64 tokens | times | MB | accuracy "
        "| change in points (95 %) |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]  # fmt: skip
    for name, form in record["forms"].items():
        ms = [f"{form['p50_ms'][key]:.2f} | {plain[key] / form['p50_ms'][key]:.1f}" for key in ("texts", "16", "64")]
        value, low, high = (100 * each for each in form["change"])
        lines.append(f"| {name} | {' | '.join(ms)} | {form['bytes'] / 1e6:.1f} | {100 * form['accuracy']:.2f} "
                     f"| {value:+.2f} ({low:+.2f} to {high:+.2f}) |")  # fmt: skip
    return "\n".join(lines)


BUSY = (
    " The machine was busy with other work: every time is too long, and those of slow forms more than those of quick "
    "ones, which end before they are interrupted. The rates at 64 tokens, the lowest, are the safest."
)

TEXT = """# What shrinking gains

A transformer of 4 layers, 256 wide, trained from scratch on a set of texts as the `small_net` rung does it, then
answered by eager torch and by every form that the gate knows (`breakeven/models/nn/small_net_forms.py`). Times are
medians of 400 single answers of the net alone, tokens given, one thread, the forms in turns. Written by
`python benchmarks/shrink/run.py`; aim: int8 at three times the rate of eager torch at a loss under 0.5 points.

- `plain`: ONNX, 32 bits. `int8`: dynamic scales. `int8-static`: scales fixed by 256 training rows.
- `layers-half`, `heads-half`: half of the layers or heads cut out, then two short passes of training; `-int8`: the
  same with fixed scales.
- `weights-half`: the smaller half of each matrix set to zero, then trained so: as large and as slow as before in ONNX.
"""

if __name__ == "__main__":
    sys.exit(main())
