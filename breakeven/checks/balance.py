"""How the classes are shared out: one that swallows the rest, and classes too rare to learn or to measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pyarrow.compute as pc

from breakeven.checks.check import Check, Seen, finding
from breakeven.core.words import Message, say
from breakeven.records.audit import Finding

SWALLOWING = 0.8
"""From this share of one class on, always answering it looks good by accuracy."""
RARE_ROWS = 10
SHOWN = 10


class Balance(Check):
    """Whether the metric sees the classes that matter."""

    name: ClassVar[str] = "balance"

    def describe(self) -> Message:
        return say("a class that swallows the others, classes with too few rows")

    def look(self, seen: Seen) -> Iterator[Finding]:
        if len(seen.labels) < 2:
            return
        counted = pc.value_counts(seen.parts["train"][seen.project.data.answer].drop_null())
        counts = dict(zip(counted.field("values").to_pylist(), counted.field("counts").to_pylist(), strict=True))
        yield from _swallowing(seen, counts)
        yield from _rare(seen, counts)


def _swallowing(seen: Seen, counts: dict[str, int]) -> Iterator[Finding]:
    label = max(counts, key=counts.__getitem__)
    share = counts[label] / sum(counts.values())
    if share < SWALLOWING:
        return
    blind = (seen.project.target.metric or seen.task.metric) == "accuracy"
    better = "roc_auc" if len(counts) == 2 else "macro_f1"
    yield finding(
        "balance",
        "warning" if blind else "note",
        say("{share} of the training rows have the answer {label}", share=share, label=label),
        say("{file}, column {column}", file=seen.files["train"], column=seen.project.data.answer),
        say("always answering {label} has an accuracy of {share}: measure with metric = {metric}",
            label=label, share=share, metric=f'"{better}"')
        if blind
        else say("compare every score with that of the baseline, which always gives this answer"),
        column=seen.project.data.answer,
        count=counts[label],
    )


def _rare(seen: Seen, counts: dict[str, int]) -> Iterator[Finding]:
    rare = sorted((count, label) for label, count in counts.items() if count < RARE_ROWS)
    if rare:
        yield finding(
            "balance",
            "warning",
            say("{count} classes have fewer than {fewest} training rows: {labels}", count=len(rare),
                fewest=RARE_ROWS, labels=[f"{label} ({count})" for count, label in rare[:SHOWN]]),
            say("{file}, column {column}", file=seen.files["train"], column=seen.project.data.answer),
            say("collect more rows of them or merge them: their scores will be chance"),
            column=seen.project.data.answer,
            count=len(rare),
        )


CHECK = Balance()
