"""The model card of a release, filled from what the run knows: nothing in it was written for the card.

What is not known is said to be not known. The sections: what it is for, the data, the scores on the test rows as a
whole, by class and by slice, the limits, what it costs, its energy, the weights it began from.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

from breakeven.core.words import N_, Message, say
from breakeven.outputs import OUTPUTS
from breakeven.outputs.output import Metric
from breakeven.records.audit import Audit
from breakeven.records.card import ModelCard, Section
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Confusion, Evaluation, Score, Slice
from breakeven.records.project import Project
from breakeven.records.record import MessageRecord
from breakeven.records.run import Rung
from breakeven.stages.card_costs import costs, energy, weights
from breakeven.stages.card_limits import limits
from breakeven.tasks import task_named

Table = list[tuple[Message, ...]]
MOST_SLICES = 15
MOST_FINDINGS = 10
KINDS = {"text": N_("text"), "number": N_("number"), "category": N_("category"), "date": N_("date")}
PARTS = {"train": say("training"), "validation": say("validation"), "test": say("test")}


@dataclass(frozen=True)
class Known:
    """All that a card is filled from."""

    project: Project
    folder: Path
    """Of the project file."""
    audit: Audit
    dataset: Dataset
    rung: Rung
    test: Evaluation
    opened: int
    """How many candidates have been scored on the test rows."""

    def metric(self, name: str) -> Metric | None:
        found: dict[str, Metric] = OUTPUTS.get(task_named(self.dataset.task).output).metrics()
        return found.get(name)

    def title(self, name: str) -> Message:
        """What people call a metric."""
        metric = self.metric(name)
        return metric.title if metric else say("{name}", name=name)


def make_card(known: Known) -> ModelCard:
    """The card of a rung that is released."""
    return ModelCard(
        name=known.project.product.name,
        candidate=known.rung.name,
        sections=(
            section(say("What it is for"), _use(known)),
            section(say("Data"), _data(known), _rows(known.dataset)),
            section(say("Scores on the test rows"), _scored(known), *_score_tables(known)),
            section(say("Limits"), limits(known.dataset, known.test, known.project, known.opened)),
            section(say("Cost"), costs(known.rung)),
            section(say("Energy, estimated"), energy(known.rung, known.project)),
            section(say("Pretrained weights"), weights(known.rung, known.folder)),
        ),
    )


def section(title: Message, lines: Iterable[Message], *tables: Table) -> Section:
    """A section as it is kept."""
    kept = tuple(tuple(tuple(MessageRecord.of(cell) for cell in row) for row in table) for table in tables if table)
    return Section(title=MessageRecord.of(title), lines=tuple(MessageRecord.of(line) for line in lines), tables=kept)


def _use(known: Known) -> list[Message]:
    project, dataset = known.project, known.dataset
    inputs = tuple(column.name for column in dataset.inputs)
    found = [say("{product}: it reads {names} and answers {answer} ({task}).", product=project.product.name,
                 names=inputs, answer=dataset.answer, task=dataset.task)]  # fmt: skip
    if dataset.labels:
        found.append(say("Possible answers: {names}.", names=_shortened(dataset.labels)))
    found.append(_asked_for(known))
    found.append(say("It is meant for {requests} requests a month, as the project states them.",
                     requests=project.demand.requests_per_month.value))  # fmt: skip
    found.append(say("The project states no other use, and none was tested."))
    return found


def _asked_for(known: Known) -> Message:
    target, score = known.project.target, known.test.main
    bound = target.at_least if target.at_least is not None else target.at_most
    if bound is None or score.value is None:
        return say("The project states no quality that is good enough.")
    metric = known.title(score.metric)
    met = score.value >= bound if target.at_least is not None else score.value <= bound
    if met:
        return say("Asked for: {metric} of {bound_score}; the test rows say {score}, which meets it.", metric=metric,
                   bound_score=bound, score=score.value)  # fmt: skip
    return say("Asked for: {metric} of {bound_score}; the test rows say {score}, which does not meet it.",
               metric=metric, bound_score=bound, score=score.value)  # fmt: skip


def _data(known: Known) -> list[Message]:
    dataset, data = known.dataset, known.project.data
    files = tuple(name for name in (data.train, data.validation, data.test, data.unlabelled) if name)
    found = [say("Files: {names}. The digest of rows and settings: {digest}.", names=files, digest=dataset.digest)]
    found += [sentence.message() for sentence in known.audit.split]
    found += [say("Column {name}: {figures}, {missing} cells empty, {distinct} different values.", name=column.name,
                  figures=KINDS[column.kind], missing=column.missing, distinct=column.distinct)
              for column in dataset.inputs]  # fmt: skip
    if dataset.unlabelled:
        found.append(say("{rows} rows without answers were learned from, too.", rows=dataset.unlabelled))
    told = [finding for finding in known.audit.findings if finding.level == "warning"]
    found += [say("The check of the data warns: {finding}.", finding=finding.what.message())
              for finding in told[:MOST_FINDINGS]]  # fmt: skip
    if not told:
        found.append(say("The check of the data warns of nothing."))
    return found


def _rows(dataset: Dataset) -> Table:
    table: Table = [(say("part"), say("rows"))]
    return table + [(PARTS[part], say("{count}", count=rows)) for part, rows in dataset.rows.items()]


def _scored(known: Known) -> list[Message]:
    found = [say("{rows} rows that nothing was tuned on. Intervals hold 95% (bootstrap; by class Wilson's).",
                 rows=known.test.rows)]  # fmt: skip
    if known.test.confusion and len(known.test.confusion.labels) < len(known.dataset.labels):
        found.append(say("Scores by class are left out: of {count} classes only those most often confused are kept.",
                         count=len(known.dataset.labels)))  # fmt: skip
    return found


def _score_tables(known: Known) -> list[Table]:
    scores: Table = [(say("metric"), say("score"), say("95% interval"))]
    scores += [(known.title(score.metric), _value(score), _interval(score)) for score in known.test.scores]
    whole = known.test.confusion and len(known.test.confusion.labels) == len(known.dataset.labels)
    classes = by_class(known.test.confusion) if known.test.confusion and whole else []
    return [scores, classes, _by_slice(known)]


def by_class(confusion: Confusion) -> Table:
    """Of each class: its test rows, how many of them were found, and how many of those answered so are it."""
    table: Table = [(say("class"), say("test rows"), say("found (recall)"), say("95% interval"),
                     say("right when answered (precision)"), say("95% interval"))]  # fmt: skip
    answered = [sum(row[place] for row in confusion.counts) for place in range(len(confusion.labels))]
    for place, label in enumerate(confusion.labels):
        right, rows = confusion.counts[place][place], sum(confusion.counts[place])
        table.append((say("{name}", name=label), say("{count}", count=rows), *_share(right, rows),
                      *_share(right, answered[place])))  # fmt: skip
    return table


def _share(right: int, rows: int) -> tuple[Message, Message]:
    """A share with Wilson's interval; not known where there is nothing to divide by."""
    if not rows:
        return say("not known"), say("{nothing}", nothing="")
    low, high = wilson(right, rows)
    return say("{share}", share=right / rows), say("{low_share} to {high_share}", low_share=low, high_share=high)


def wilson(right: int, rows: int, z: float = 1.96) -> tuple[float, float]:
    """The interval of a share of `rows` ≥ 1 (E. B. Wilson 1927)."""
    share, spread = right / rows, z * z / rows
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / rows + spread / (4 * rows)) / (1 + spread)
    return max(0.0, middle - half), min(1.0, middle + half)


def _by_slice(known: Known) -> Table:
    """The slices of each column, the worst first."""
    if not known.test.slices:
        return []
    heads = say("column"), say("value"), say("test rows"), known.title(known.test.main.metric), say("95% interval")
    return [heads, *(_slice_row(found) for found in known.test.slices[:MOST_SLICES])]


def _slice_row(found: Slice) -> tuple[Message, ...]:
    return (say("{name}", name=found.column), say("{name}", name=found.value), say("{count}", count=found.rows),
            _value(found.score), _interval(found.score))  # fmt: skip


def _value(score: Score) -> Message:
    return say("not known") if score.value is None else say("{score}", score=score.value)


def _interval(score: Score) -> Message:
    if score.low is None or score.high is None:
        return say("{nothing}", nothing="")
    return say("{low_score} to {high_score}", low_score=score.low, high_score=score.high)


def _shortened(names: tuple[str, ...], most: int = 30) -> tuple[str, ...]:
    return names if len(names) <= most else (*names[:most], "…")
