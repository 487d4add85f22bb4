"""The limits of a release as its card tells them: what was not tested, and where little is known."""

from __future__ import annotations

from breakeven.core.words import Message, say
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Evaluation
from breakeven.records.project import Project
from breakeven.stages.slices import FEWEST_ROWS

HARDLY = 0.02
"""A language that has less of the letters than this was not tested."""


def limits(dataset: Dataset, test: Evaluation, project: Project, opened: int) -> list[Message]:
    """Sentences, the widest first."""
    return [
        *_where_from(dataset, project),
        *_used(test, opened),
        *_few_rows(dataset, test),
        *_languages(dataset),
        *_confidence(test),
        say("Not tested: inputs that somebody made to mislead it, and groups of people other than the slices above."),
        say('Drift: the scores hold for rows like those of the data. "breakeven monitor" compares them with traffic.'),
    ]


def _where_from(dataset: Dataset, project: Project) -> list[Message]:
    if project.data.test:
        return [say("The test rows come from a file of their own: {file}.", file=project.data.test)]
    if dataset.split == "time":
        return [say("The test rows are the newest of the data; what came after them was not tested.")]
    return [say("The test rows come from the same file as those it learned from: how well it answers rows from "
                "elsewhere or of a later time is not known.")]


def _used(test: Evaluation, opened: int) -> list[Message]:
    found = []
    if opened > 1:
        found.append(say("So many candidates were scored on the same test rows: {count}. Each of them makes the score "
                         "a little more flattering.", count=opened))
    main = test.main
    if main.value is not None and main.low is not None and main.high is not None:
        found.append(say("{rows} test rows leave the score uncertain between {low_score} and {high_score}.",
                         rows=test.rows, low_score=main.low, high_score=main.high))
    return found


def _few_rows(dataset: Dataset, test: Evaluation) -> list[Message]:
    found = []
    confusion = test.confusion
    if confusion and len(confusion.labels) == len(dataset.labels):
        few = tuple(label for label, row in zip(confusion.labels, confusion.counts, strict=True)
                    if sum(row) < FEWEST_ROWS)  # fmt: skip
        if few:
            found.append(say("Classes with fewer than {count} test rows, of which little is known: {names}.",
                             count=FEWEST_ROWS, names=few))
    found.append(say("Slices with fewer than {count} test rows are not scored.", count=FEWEST_ROWS))
    return found


def _languages(dataset: Dataset) -> list[Message]:
    if not any(column.kind == "text" for column in dataset.inputs):
        return []
    if dataset.chinese < HARDLY:
        return [say("Chinese text was not tested: {share} of the letters of the data are Chinese.",
                    share=dataset.chinese)]  # fmt: skip
    if dataset.chinese > 1 - HARDLY:
        return [say("Text other than Chinese was not tested: {share} of the letters of the data are Chinese.",
                    share=dataset.chinese)]  # fmt: skip
    return []


def _confidence(test: Evaluation) -> list[Message]:
    """By how much the stated confidence is off, where there is one."""
    known = next((score for score in test.scores if score.metric == "ece" and score.value is not None), None)
    return [] if known is None else [
        say("Its confidence differs from the share of right answers by {share} on average.", share=known.value)
    ]
