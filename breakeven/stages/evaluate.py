"""From predictions to an Evaluation: scores with intervals, confusion, slices, mistakes, comparisons, the gap.

Pure functions: the same rows and predictions give the same record. Truth (n,) and predictions (n, width) are in
the coding of the output; `rows` has the same n rows, with whatever columns the dataset names.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isnan

import numpy as np
import pyarrow as pa

from breakeven.inputs import INPUTS
from breakeven.inputs.parts import group_values
from breakeven.inputs.sampling import codes_of
from breakeven.outputs.bootstrap import Interval, difference, intervals
from breakeven.outputs.output import Metric, Output
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Bin, Comparison, Confusion, Evaluation, Mistake, Score
from breakeven.records.project import Project
from breakeven.stages.gap import tell_gap
from breakeven.stages.slices import find_slices
from breakeven.tasks import task_named

SEED = 0
MOST_LABELS = 30
"""Labels of a confusion matrix that people can still read."""
MOST_MISTAKES = 20
MOST_CHARACTERS = 200
"""Of an answer that is a long text, as many are shown."""
BINS = 10


def evaluate(
    candidate_name: str,
    part: str,
    project: Project,
    dataset: Dataset,
    output: Output,
    metric_name: str,
    rows: pa.Table,
    truth: np.ndarray,
    predictions: np.ndarray,
    train_value: float | None = None,
    others: Mapping[str, np.ndarray] | None = None,
) -> Evaluation:
    """All that predictions tell of a candidate. `part` is validation or test; `others` are the predictions of
    other candidates for the same rows, each of which is compared with this one."""
    metric = output.metrics()[metric_name]
    groups = row_groups(rows, dataset)
    scores = _scores(output, metric, truth, predictions, groups)
    return Evaluation.model_validate(
        {
            "candidate": candidate_name,
            "part": part,
            "rows": len(truth),
            "scores": scores,
            "train_value": train_value,
            "gap": tell_gap(metric, train_value, scores[0], project.target, dataset),
            "confusion": find_confusion(dataset.labels, truth, predictions) if dataset.labels else None,
            "slices": find_slices(project, dataset, metric, rows, truth, predictions),
            "mistakes": find_mistakes(dataset, output, rows, truth, predictions),
            "reliability": find_reliability(output, dataset.labels, truth, predictions),
            "comparisons": compare(metric, truth, predictions, others or {}, groups),
        }
    )


def row_groups(rows: pa.Table, dataset: Dataset) -> np.ndarray | None:
    """A number (n,) for the group of each row, when the dataset has groups: they are drawn whole."""
    values = group_values(rows, dataset)
    return None if values is None else codes_of(pa.array(values, pa.large_string()), empty_alike=False)


def _scores(
    output: Output, main: Metric, truth: np.ndarray, predictions: np.ndarray, groups: np.ndarray | None
) -> tuple[Score, ...]:
    """The main metric first, then all others in the output's order; one that is known of the release alone is left
    out where it is not."""
    metrics = [main, *(metric for metric in output.metrics().values() if metric.name != main.name)]
    found = intervals(metrics, truth, predictions, SEED, groups=groups)
    told = (name for name, interval in found.items() if output.metrics()[name].aim or not isnan(interval.value))
    return tuple(score_of(name, found[name]) for name in told)


def score_of(metric: str, interval: Interval) -> Score:
    """An interval as a record, in which what does not exist is None."""
    ends = (None if isnan(end) else end for end in (interval.value, interval.low, interval.high))
    return Score(metric=metric, **dict(zip(("value", "low", "high"), ends, strict=True)))


def compare(
    metric: Metric,
    truth: np.ndarray,
    predictions: np.ndarray,
    others: Mapping[str, np.ndarray],
    groups: np.ndarray | None = None,
) -> tuple[Comparison, ...]:
    """This candidate against each of the others on the same rows; one where the metric does not exist is left
    out."""
    found = {name: difference(metric, truth, predictions, other, SEED, groups=groups) for name, other in others.items()}
    return tuple(
        Comparison.model_validate(
            {
                "other": name,
                "difference": interval.value,
                "low": interval.low,
                "high": interval.high,
                "verdict": _verdict(metric, interval),
            }
        )
        for name, interval in found.items()
        if not isnan(interval.low)
    )


def _verdict(metric: Metric, other_less_this: Interval) -> str:
    """Of this candidate; an interval that holds 0 shows no difference."""
    if other_less_this.low <= 0 <= other_less_this.high:
        return "no difference"
    return "worse" if (other_less_this.value > 0) == metric.higher else "better"


def find_confusion(labels: tuple[str, ...], truth: np.ndarray, predictions: np.ndarray) -> Confusion:
    """Counts by true and answered class; of many classes, those that are most often confused, in their order.

    Rows of a class that training never saw have no row in the matrix.
    """
    seen, width = truth >= 0, len(labels)
    pairs = truth[seen] * width + predictions[seen].argmax(axis=1)
    counts = np.bincount(pairs, minlength=width * width).reshape(width, width)
    wrong = counts.sum(axis=0) + counts.sum(axis=1) - 2 * counts.diagonal()
    kept = np.sort(np.argsort(-wrong, kind="stable")[:MOST_LABELS])
    return Confusion(
        labels=tuple(labels[i] for i in kept),
        counts=tuple(tuple(row) for row in counts[np.ix_(kept, kept)].tolist()),
    )


def find_mistakes(
    dataset: Dataset, output: Output, rows: pa.Table, truth: np.ndarray, predictions: np.ndarray
) -> tuple[Mistake, ...]:
    """The worst mistakes, the worst first. `row` is the number in the row's file, from 1."""
    wrong = output.wrong(truth, predictions)
    worst = np.argsort(-wrong, kind="stable")[:MOST_MISTAKES]
    worst = worst[wrong[worst] > 0]
    decoded = output.decode(predictions[worst], dataset.labels).to_pylist()
    show, inputs = INPUTS.get(task_named(dataset.task).input).show, [c.name for c in dataset.inputs]
    return tuple(
        Mistake(
            row=row.get("_row", place + 1),
            shown=show({name: row[name] for name in inputs if name != dataset.answer}),
            truth=_short(row.get(dataset.answer) or output.shown(truth[place], dataset.labels)),
            answer=output.shown(predictions[place], dataset.labels),
            confidence=answer.get("confidence"),
        )
        for place, row, answer in zip(worst.tolist(), rows.take(worst).to_pylist(), decoded, strict=True)
    )


def _short(truth: str) -> str:
    return truth if len(truth) <= MOST_CHARACTERS else truth[: MOST_CHARACTERS - 1] + "…"


def find_reliability(
    output: Output, labels: tuple[str, ...], truth: np.ndarray, predictions: np.ndarray, bins: int = BINS
) -> tuple[Bin, ...]:
    """How often answers of each confidence are right, in equal-width bins of rising confidence without the empty
    ones; none for an output that states no confidence."""
    decoded = output.decode(predictions, labels)
    if "confidence" not in decoded.column_names:
        return ()
    confidence = decoded.column("confidence").to_numpy()
    right = output.wrong(truth, predictions) == 0
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    return tuple(
        Bin(
            confidence=float(confidence[place == b].mean()),
            right=float(right[place == b].mean()),
            rows=int((place == b).sum()),
        )
        for b in np.unique(place).tolist()
    )
