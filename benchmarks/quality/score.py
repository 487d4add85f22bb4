"""One yardstick for every tool: the score of a file of answers, counted here and by nobody else."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from sets import DataSet


def read_column(path: Path, column: str) -> list[str]:
    """One column of a CSV file, gzipped or not."""
    with (gzip.open(path, "rt", encoding="utf-8-sig", newline="") if path.suffix == ".gz"
          else path.open(encoding="utf-8-sig", newline="")) as file:
        return [row[column] for row in csv.DictReader(file)]


def score_answers(data_set: DataSet, answers: Path, score_column: str) -> float:
    """The metric of a set from the answers that a tool wrote: `label`, or the score of the positive class."""
    test = data_set.file("test")
    assert test is not None
    truth = read_column(test, data_set.answer)
    if data_set.kind == "text":
        return accuracy(truth, read_column(answers, "label"))
    scores = [float(score) for score in read_column(answers, score_column)]
    return roc_auc([label == data_set.positive for label in truth], scores)


def accuracy(truth: Sequence[str], answers: Sequence[str]) -> float:
    """The share of right answers."""
    _check_lengths(truth, answers)
    return sum(true == answer for true, answer in zip(truth, answers, strict=True)) / len(truth)


def roc_auc(truth: Sequence[bool], scores: Sequence[float]) -> float:
    """The area under the ROC curve by ranks (Mann and Whitney 1947); equal scores share their rank."""
    _check_lengths(truth, scores)
    ordered = sorted(zip(scores, truth, strict=True), key=lambda pair: pair[0])
    seen, positive_ranks = 0, 0.0
    for _, tied in groupby(ordered, key=lambda pair: pair[0]):
        members = [is_positive for _, is_positive in tied]
        positive_ranks += sum(members) * (seen + (len(members) + 1) / 2)
        seen += len(members)
    positives = sum(truth)
    return (positive_ranks - positives * (positives + 1) / 2) / (positives * (seen - positives))


def _check_lengths(truth: Sequence[object], answers: Sequence[object]) -> None:
    if not truth or len(truth) != len(answers):
        raise ValueError(f"{len(answers)} answers to {len(truth)} rows")
