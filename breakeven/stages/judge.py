"""What is known of a trained rung: its quality on validation rows, its speed and its cost; and once, the test."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from breakeven.core.errors import LimitReached
from breakeven.core.words import say
from breakeven.inputs.parts import group_values, read_part, training_rows
from breakeven.inputs.split import make_folds
from breakeven.models.artifact import PREDICTIONS, load_predictions
from breakeven.outputs import OUTPUTS
from breakeven.outputs.output import Metric, Output
from breakeven.records.evaluation import Evaluation
from breakeven.records.project import Project
from breakeven.records.run import Rung
from breakeven.stages.evaluate import compare, evaluate, row_groups
from breakeven.stages.price import price
from breakeven.stages.work import Climb
from breakeven.tasks import task_named

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass
class Judge:
    """Judges the rungs of one climb, all on the same rows."""

    project: Project
    climb: Climb
    metric: Metric

    def judge(self, rung: Rung) -> Rung:
        """A trained rung with its evaluation, measurement and cost; one that cannot be measured has failed."""
        assert rung.bill is not None
        measured = self.climb.after("measure", rung)
        if measured.measurement is None:
            return rung.model_copy(update={"outcome": "failed", "reason": measured.reason})
        cost = price(self.project, rung.name, measured.measurement, rung.bill)
        evaluation = self._validation(rung)
        return rung.model_copy(update={"evaluation": evaluation, "measurement": measured.measurement, "cost": cost})

    def compare(self, rungs: tuple[Rung, ...]) -> tuple[Rung, ...]:
        """The same rungs, each trained one compared with all the others on the validation rows."""
        found = {rung.name: self._predictions(rung) for rung in rungs if rung.outcome == "trained"}
        return tuple(self._compared(rung, found) if rung.name in found else rung for rung in rungs)

    def _compared(self, rung: Rung, found: dict[str, np.ndarray]) -> Rung:
        rows, truth = self._scored
        others = {name: predictions for name, predictions in found.items() if name != rung.name}
        groups = row_groups(rows, self.climb.dataset)
        compared = compare(self.metric, truth, found[rung.name], others, groups)
        assert rung.evaluation is not None
        return rung.model_copy(update={"evaluation": rung.evaluation.model_copy(update={"comparisons": compared})})

    def test(self, rung: Rung) -> Evaluation:
        """The evaluation on the test rows: only ever for the candidate that is released."""
        scored = self.climb.after("score", rung)
        if scored.outcome != "done":
            raise LimitReached(
                scored.reason.message() if scored.reason else say("the worker ended without a result"),
                say("{name}, when it was to be scored on the test rows", name=rung.name),
                say("what was finished is kept: mend it or raise the budget, and give the same command"),
            )
        rows = read_part(self._folder, "test")
        predictions = load_predictions(self.climb.store.job_folder(scored.digest) / PREDICTIONS)
        return self._evaluate(rung, "test", rows, self._encode(rows), predictions)

    # --- the rows, read once

    @cached_property
    def _output(self) -> Output:
        return OUTPUTS.get(task_named(self.climb.dataset.task).output)

    @property
    def _folder(self) -> Path:
        return self.climb.store.folder / self.climb.dataset.folder

    @cached_property
    def _scored(self) -> tuple[pa.Table, np.ndarray]:
        """The rows that are scored out of sample, and their truth, in the order of `Work.scored`."""
        dataset = self.climb.dataset
        rows = training_rows(self._folder)
        truth = self._encode(rows)
        folds = make_folds(dataset, truth, group_values(rows, dataset))
        scored = np.sort(np.concatenate([score for _, score in folds]))
        return rows.take(scored), truth[scored]

    def _encode(self, rows: pa.Table) -> np.ndarray:
        return self._output.encode(rows.column(self.climb.dataset.answer).to_pylist(), self.climb.dataset.labels)

    def _predictions(self, rung: Rung) -> np.ndarray:
        return load_predictions(self.climb.store.folder / rung.folder / PREDICTIONS)

    def _validation(self, rung: Rung) -> Evaluation:
        rows, truth = self._scored
        return self._evaluate(rung, "validation", rows, truth, self._predictions(rung))

    def _evaluate(
        self,
        rung: Rung,
        part: Literal["validation", "test"],
        rows: pa.Table,
        truth: np.ndarray,
        predictions: np.ndarray,
    ) -> Evaluation:
        return evaluate(
            rung.name,
            part,
            self.project,
            self.climb.dataset,
            self._output,
            self.metric.name,
            rows,
            truth,
            predictions,
            train_value=self.climb.train_value(rung) if part == "validation" else None,
        )
