"""What the gap between the rows a candidate learned from and new rows says, and what would close it."""

from __future__ import annotations

from math import isnan

from breakeven.core.words import Message, say
from breakeven.outputs.output import Metric
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Score
from breakeven.records.project import Target
from breakeven.records.record import MessageRecord

LITTLE = 0.1
"""A training error that is less than a tenth below the best that the interval allows is no gap."""
FEW_A_LABEL = 200
FEW_A_COLUMN = 50
"""Below so many rows a label, or a column, more of them is what helps (a rule of thumb)."""


def tell_gap(
    metric: Metric, train_value: float | None, new: Score, target: Target, dataset: Dataset
) -> MessageRecord | None:
    """The gap in a sentence, with the remedy; None where the family does not report its training score."""
    if train_value is None or isnan(train_value) or new.value is None or new.low is None or new.high is None:
        return None
    best = _error(metric, new.high if metric.higher else new.low)
    values = {"train_score": float(train_value), "new_score": float(new.value)}
    if _error(metric, train_value) < (1 - LITTLE) * best:
        return MessageRecord.of(_over_fits(dataset, values))
    if _misses(metric, new.value, target):
        return MessageRecord.of(
            say("{train_score} on the rows it learned from and {new_score} on new ones: it falls short even on what it "
                "has seen. A stronger candidate or more telling columns would help, more rows of the same kind hardly",
                **values)
        )
    return MessageRecord.of(
        say("{train_score} on the rows it learned from and {new_score} on new ones: no over-fitting to speak of",
            **values)
    )


def _over_fits(dataset: Dataset, values: dict[str, float]) -> Message:
    """Over-fitting with its remedy: more rows while they are few, else a tighter or simpler candidate."""
    rows = dataset.rows["train"] + (dataset.rows["validation"] if dataset.folds > 1 else 0)
    if dataset.labels and rows < FEW_A_LABEL * len(dataset.labels):
        return say("{train_score} on the rows it learned from and {new_score} on new ones: it over-fits. More rows "
                   "would help most: there are {rows} for {labels} labels",
                   rows=rows, labels=len(dataset.labels), **values)
    if rows < FEW_A_COLUMN * len(dataset.inputs):
        return say("{train_score} on the rows it learned from and {new_score} on new ones: it over-fits. More rows or "
                   "fewer columns would help most: there are {rows} rows for {columns} columns",
                   rows=rows, columns=len(dataset.inputs), **values)
    return say("{train_score} on the rows it learned from and {new_score} on new ones: it over-fits, although there "
               "are {rows} rows. Stronger regularisation or a simpler candidate may do as well", rows=rows, **values)


def _error(metric: Metric, value: float) -> float:
    """A score as an error: metrics of which more is better are 1 at best."""
    return 1.0 - value if metric.higher else value


def _misses(metric: Metric, value: float, target: Target) -> bool:
    """Whether a value misses the target's bound; without a bound nothing is missed."""
    if metric.higher:
        return target.at_least is not None and value < target.at_least
    return target.at_most is not None and value > target.at_most
