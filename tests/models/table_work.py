"""Training jobs on small tables with a known pattern."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pyarrow as pa

from breakeven.inputs import INPUTS
from breakeven.models.model import Work
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.task import Task

METRICS = {"label": "roc_auc", "number": "rmse"}


def cells(values: np.ndarray) -> pa.Array:
    """Numbers or words as a column of text."""
    return pa.array([str(value) for value in values], pa.large_string())


def make_work(
    rows: pa.Table,
    answers: list[str],
    folder: Path,
    output: str = "label",
    folds: int = 3,
    seconds: float = 60,
    seed: int = 0,
) -> Work:
    """A job on these rows: cross-validation, or with `folds=1` a third held out. `folder` is made."""
    folder.mkdir(parents=True)
    kind = OUTPUTS.get(output)
    labels = kind.labels(answers)
    place = np.arange(rows.num_rows) % 3
    pairs = tuple((np.flatnonzero(place != k), np.flatnonzero(place == k)) for k in range(3 if folds > 1 else 1))
    dataset = Dataset(
        digest="table", folder="", task="table", answer="answer", labels=labels, split="random", folds=folds,
        columns=INPUTS.get("row").columns(rows, tuple(rows.column_names)),
        rows={"train": rows.num_rows, "validation": 0, "test": 0},
    )  # fmt: skip
    return Work(
        candidate=Candidate(name="boosted", family="boosted/1", cost_rank=2),
        dataset=dataset,
        task=Task(name="table", input="row", output=output, metric=METRICS[output]),
        input=INPUTS.get("row"),
        output=kind,
        metric=kind.metrics()[METRICS[output]],
        rows=rows,
        target=kind.encode(answers, labels),
        folds=pairs,
        artifact=folder,
        deadline=time.monotonic() + seconds,
        seed=seed,
    )


def artifact_of(work: Work, family: str) -> Artifact:
    return Artifact(
        family=family, task="table", input="row", output=work.output.name, columns=work.dataset.columns,
        answer="answer", labels=work.dataset.labels,
    )  # fmt: skip
