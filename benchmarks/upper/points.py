"""What each point of error costs: every rung of one ladder on the same rows, its error, its bill and its speed.

    python benchmarks/upper/points.py [--sets trec6,banking77] [--seeds 1,2,3] [--keep FOLDER]

Unlike `run.py`, which measures the product's whole road against the clock, this trains each rung to its end on the
same 85 % of the rows (one fold) and counts seconds of processor time, which other work on the machine hardly changes.
The test rows are answered by every rung, because the table compares them; nothing is chosen by that. Every line of
`points.jsonl` is one rung of one seed; a rung that is there already is not trained again as long as `--keep` has it.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "quality"))
sys.path.insert(0, str(HERE.parents[1]))

import numpy as np  # noqa: E402
import pyarrow as pa  # noqa: E402
import pyarrow.csv as pc  # noqa: E402
from run import commit, minilm  # noqa: E402
from sets import SETS, DataSet  # noqa: E402
from tables import write_readme  # noqa: E402

from breakeven.inputs import INPUTS  # noqa: E402
from breakeven.inputs.split import split_rows  # noqa: E402
from breakeven.models import MODELS  # noqa: E402
from breakeven.models.artifact import load_artifact, load_predictions, save_predictions  # noqa: E402
from breakeven.models.measure import folder_bytes  # noqa: E402
from breakeven.models.model import Declined, Member, Predictor, Trained, Work  # noqa: E402
from breakeven.outputs import OUTPUTS  # noqa: E402
from breakeven.prices.here import this_machine  # noqa: E402
from breakeven.prices.hourly import machine_price  # noqa: E402
from breakeven.records.artifact import Artifact  # noqa: E402
from breakeven.records.candidate import Refusal  # noqa: E402
from breakeven.records.dataset import Dataset  # noqa: E402
from breakeven.records.means import Means  # noqa: E402
from breakeven.records.project import Data  # noqa: E402
from breakeven.tasks import task_named  # noqa: E402

RESULTS = HERE / "points.jsonl"
LADDER = ("linear", "embed", "finetune", "lora", "small_net", "distilled", "blend")
MADE_OF_OTHERS = ("distilled", "blend")
THREADS = 2
SECONDS = 6 * 3600.0
"""No rung is cut short by the clock."""
PLACES = ("encoder", "model")
"""Settings that name folders of one machine."""
TIMED = 300
"""Single answers by which the speed is told."""


def main() -> int:
    wanted = _arguments()
    if wanted.rung:
        return train_rung(wanted.sets, int(wanted.seeds), wanted.rung, Path(wanted.keep))
    keep = Path(wanted.keep or tempfile.mkdtemp(prefix="breakeven-points-"))
    for name in wanted.sets.split(","):
        for seed in wanted.seeds.split(","):
            for rung in wanted.rungs.split(","):
                _one(name, seed, rung, keep / f"{name}-{seed}")
    write_readme(HERE / "results.jsonl")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure what each rung gains, and what it costs.")
    parser.add_argument("--sets", default="trec6,banking77", help="names, with commas between")
    parser.add_argument("--seeds", default="1,2,3", help="numbers, with commas between")
    parser.add_argument("--rungs", default=",".join(LADDER), help="families in their order, with commas between")
    parser.add_argument("--keep", default="", help="a folder for what was trained; a temporary one by default")
    parser.add_argument("--rung", default="", help=argparse.SUPPRESS)
    return parser.parse_args()


def _one(name: str, seed: str, rung: str, folder: Path) -> None:
    """A rung in a process of its own, so that its bill is its own; its line goes to the results."""
    told = folder / rung / "told.json"
    if told.exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, __file__, "--sets", name, "--seeds", seed, "--rung", rung, "--keep", str(folder)]
    done = subprocess.run(command, env=os.environ | {"OMP_NUM_THREADS": str(THREADS)}, check=False)
    if done.returncode:
        raise SystemExit(f"{name} {seed} {rung} failed")
    with RESULTS.open("a", encoding="utf-8") as file:
        file.write(json.dumps(json.loads(told.read_text(encoding="utf-8"))) + "\n")


# --- one rung --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """A set as a rung gets it: the rows to learn from, with one fold, and those that nobody learns from."""

    dataset: Dataset
    rows: pa.Table
    target: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    test: pa.Table
    truth: np.ndarray

    @classmethod
    def of(cls, data_set: DataSet, seed: int) -> Rows:
        assert data_set.input
        train, test = (_table(data_set, part) for part in ("train", "test"))
        settings = Data(train="train.csv", answer=data_set.answer, seed=seed)
        parts = split_rows({"train": train, "test": test}, settings, "stratified", fold=False).parts
        rows = pa.concat_tables([parts["train"], parts["validation"]])
        output = OUTPUTS.get("label")
        labels = output.labels(parts["train"].column(data_set.answer).to_pylist())
        inputs = rows.select([data_set.input])
        dataset = Dataset(
            digest=f"{data_set.name}-{seed}", folder="", task=data_set.task, answer=data_set.answer, labels=labels,
            columns=INPUTS.get("text").columns(inputs, (data_set.input,)), split="stratified", seed=seed,
            rows={part: table.num_rows for part, table in parts.items()}, bytes=inputs.nbytes,
        )  # fmt: skip
        cut = parts["train"].num_rows
        encode = [output.encode(each.column(data_set.answer).to_pylist(), labels) for each in (rows, test)]
        return cls(dataset, inputs, encode[0], ((np.arange(cut), np.arange(cut, rows.num_rows)),),
                   test.select([data_set.input]), encode[1])  # fmt: skip


def _table(data_set: DataSet, part: str) -> pa.Table:
    names = [str(data_set.input), data_set.answer]
    options = pc.ConvertOptions(include_columns=names, column_types=dict.fromkeys(names, pa.string()))
    quoted = pc.ParseOptions(newlines_in_values=True)
    return pc.read_csv(data_set.file(part), parse_options=quoted, convert_options=options)


def train_rung(name: str, seed: int, rung: str, folder: Path) -> int:
    """Train one rung, answer the test rows with it, write what it took and what it got wrong."""
    known = Rows.of(next(each for each in SETS if each.name == name), seed)
    try:
        work, trained = _train(known, rung, seed, folder)
    except Declined as why:
        told: dict[str, Any] = {"outcome": "refused", "reason": str(why.what)}
    else:
        told = {"outcome": "trained"} | _told(known, rung, work, trained)
    told = {"set": name, "seed": seed, "rung": rung, "date": datetime.now(UTC).isoformat(timespec="seconds"),
            "commit": commit(), "rows": len(known.folds[0][0])} | told  # fmt: skip
    (folder / rung / "told.json").write_text(json.dumps(told), encoding="utf-8")
    print({key: value for key, value in told.items() if key != "wrong"}, flush=True)
    return 0


def _train(known: Rows, rung: str, seed: int, folder: Path) -> tuple[Work, Trained]:
    model = MODELS.get(rung)
    task, output = task_named(known.dataset.task), OUTPUTS.get("label")
    proposed = model.offer(known.dataset, task, Means(encoders=(str(minilm()),)))
    if isinstance(proposed, Refusal):
        raise Declined(proposed.why.message())
    (folder / rung / "artifact").mkdir(parents=True, exist_ok=True)
    members = tuple(_member(folder / each) for each in _before(folder, rung)) if proposed[0].needs else ()
    work = Work(
        candidate=proposed[0], dataset=known.dataset, task=task, input=INPUTS.get("text"), output=output,
        metric=output.metrics()["accuracy"], rows=known.rows, target=known.target, folds=known.folds,
        artifact=folder / rung / "artifact", deadline=time.monotonic() + SECONDS, threads=THREADS, seed=seed,
        members=members, cache=folder / rung / "cache",
    )  # fmt: skip
    trained = model.train(work)
    save_predictions(folder / rung / "predictions.safetensors", trained.predictions)
    artifact = Artifact(family=model.tag, task=task.name, input="text", output="label", answer=known.dataset.answer,
                        columns=known.dataset.columns, labels=known.dataset.labels)  # fmt: skip
    (work.artifact / "artifact.json").write_text(artifact.model_dump_json(), encoding="utf-8")
    return work, trained


def _before(folder: Path, rung: str) -> list[str]:
    """The rungs that another one may be made of: those trained before it."""
    every = LADDER[: LADDER.index(rung)]
    return [each for each in every if (folder / each / "artifact" / "artifact.json").exists()]


def _member(folder: Path) -> Member:
    return Member(folder.name, folder / "artifact", load_predictions(folder / "predictions.safetensors"))


def _told(known: Rows, rung: str, work: Work, trained: Trained) -> dict[str, Any]:
    """Error, bill and speed. What a rung is made of is part of its bill."""
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu = own.ru_utime + own.ru_stime
    others = [str(trained.settings["teacher"])] if rung == "distilled" else list(trained.settings) * (rung == "blend")
    for other in others:
        cpu += json.loads((work.artifact.parents[1] / other / "told.json").read_text(encoding="utf-8"))["cpu_seconds"]
    _, predictor = load_artifact(work.artifact)
    answers = np.concatenate([predictor.predict(known.test.slice(at, 256)).argmax(axis=1)
                              for at in range(0, known.test.num_rows, 256)])  # fmt: skip
    truth = known.target[work.scored]
    hour = machine_price("here", this_machine()).usd_per_hour.value / this_machine().cores
    return {
        "validation": work.metric.score(truth, trained.predictions, None),
        "wrong": np.flatnonzero(answers != known.truth).tolist(),
        "test_rows": len(known.truth),
        "cpu_seconds": cpu,
        "peak_bytes": own.ru_maxrss * 1024,
        "usd_per_core_hour": hour,
        "answer_cpu_ms": _answer_ms(predictor, known.test),
        "bytes": folder_bytes(work.artifact),
        "settings": {key: value for key, value in trained.settings.items() if key not in PLACES},
        "made_of": others,
    }


def _answer_ms(predictor: Predictor, rows: pa.Table) -> float:
    """Median milliseconds of processor time of a single answer, on one thread."""
    taken = []
    for place in range(min(TIMED, rows.num_rows)):
        begun = time.process_time()
        predictor.predict(rows.slice(place, 1))
        taken.append(time.process_time() - begun)
    return float(np.median(taken[len(taken) // 10 :])) * 1e3


if __name__ == "__main__":
    sys.exit(main())
