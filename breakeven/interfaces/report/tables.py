"""The rows of the report's tables, already as text; what they look like is said by the templates."""

from __future__ import annotations

import math
from dataclasses import dataclass

from breakeven.core.words import N_
from breakeven.interfaces.answer import OUTCOMES, PROVENANCES, amount, metric_title
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.plan_words import COUNTED, PLAN_TITLES, shown_lines
from breakeven.interfaces.report.voice import Speaker, Subject
from breakeven.interfaces.terminal.ladder import cells, forecast_lines, left_lines, prospect_lines
from breakeven.interfaces.terminal.screen import rows_of
from breakeven.records.dataset import Dataset
from breakeven.records.evaluation import Evaluation, Slice
from breakeven.records.ledger import Entry, Ledger
from breakeven.records.plan import LINES, Plan
from breakeven.records.run import Rung

__all__ = [
    "assumption_rows", "bill_rows", "figure_text", "forecast_lines", "input_names", "ladder_rows", "left_lines",
    "plan_rows", "prospect_lines", "rows_of", "score_rows", "source_text", "unfolded", "worst_slices",
]
DEEPEST = 6
MOST_ASSUMPTIONS = 200
MOST_SLICES = 12
MOST_NAMES = 40


@dataclass(frozen=True)
class RungRow:
    """A line of the ladder's table."""

    name: str
    picked: bool
    trained: bool
    cells: tuple[str, ...]


def ladder_rows(subject: Subject) -> list[RungRow]:
    """Every rung with its numbers."""
    return [
        RungRow(
            rung.name, subject.is_picked(rung), rung.outcome == "trained",
            cells(rung, subject.write) if rung.outcome == "trained" else (),
        )
        for rung in subject.run.rungs
    ]


def form_rows(subject: Subject) -> list[tuple[str, bool, tuple[str, ...], str]]:
    """(model and form, whether it is kept, its numbers, why) of the forms that nets were measured in."""
    write = subject.write
    return [
        (
            f"{rung.name} · {form.name}", form.kept,
            (write.score(form.value), write.ms(form.p50_ms), write.number(round(form.rows_per_second)),
             write.bytes(form.bytes)),
            subject.voice(form.why),
        )
        for rung in subject.run.rungs
        for form in rung.variants
    ]  # fmt: skip


def bill_rows(subject: Subject) -> list[tuple[str, ...]]:
    """(name, outcome, seconds, processor seconds, peak memory, money) of all work that was done."""
    return [_bill_row(subject, rung) for rung in subject.run.rungs if rung.bill]


def _bill_row(subject: Subject, rung: Rung) -> tuple[str, ...]:
    bill, write = rung.bill, subject.write
    usd = amount(rung.cost.train_usd, "usd") if rung.cost else bill.usd if bill else None
    numbers = (
        write.seconds(bill.seconds), write.seconds(bill.cpu_seconds), write.bytes(bill.peak_bytes or None)
    ) if bill else ("—", "—", "—")
    return (rung.name, subject.voice(OUTCOMES[rung.outcome]), *numbers, write.usd(usd))


def score_rows(subject: Subject) -> list[tuple[str, str, str, str]]:
    """(metric, test, its interval, validation) of the chosen candidate, the target's metric first."""
    rung, release = subject.picked, subject.run.release
    seen = {s.metric: s for s in rung.evaluation.scores} if rung and rung.evaluation else {}
    tested = {s.metric: s for s in release.test.scores} if release else {}
    rows = []
    for name in dict.fromkeys((*tested, *seen)):
        test, validation = tested.get(name), seen.get(name)
        both = test.low is not None and test.high is not None if test else False
        interval = f"{subject.write.score(test.low)} – {subject.write.score(test.high)}" if test and both else "—"
        title = subject.voice(metric_title(subject.run, name))
        rows.append((title, subject.write.score(test.value if test else None), interval,
                     subject.write.score(validation.value if validation else None)))
    return rows


def worst_slices(subject: Subject, evaluation: Evaluation) -> list[Slice]:
    """The slices by score, the weakest first; those without a score last."""
    sign = 1.0 if subject.higher else -1.0

    def order(one: Slice) -> float:
        return math.inf if one.score.value is None else sign * one.score.value

    return sorted(evaluation.slices, key=order)[:MOST_SLICES]


def input_names(data: Dataset) -> list[str]:
    """The names of the input columns, of many the first ones."""
    names = [column.name for column in data.inputs]
    return names if len(names) <= MOST_NAMES else [*names[:MOST_NAMES], "…"]


def plan_rows(subject: Speaker, plan: Plan) -> tuple[list[str], list[list[str]]]:
    """(titles, one row a month): money by line, requests and machines as counts."""
    lines = shown_lines(plan, LINES)
    titles = [subject.voice(N_("month")), *(subject.voice(PLAN_TITLES[line]) for line in lines)]
    rows = [
        [str(month.month), *(_cell(subject, line, month.values[line]) for line in lines)] for month in plan.months
    ]
    return titles, rows


def _cell(subject: Speaker, line: str, value: float) -> str:
    return subject.write.number(round(value)) if line in COUNTED else _whole_usd(subject, value)


def _whole_usd(subject: Speaker, value: float) -> str:
    """Plans are read in whole dollars; below ten the cents are shown, of which a month has two digits."""
    return subject.write.usd(round(value, 0 if abs(value) >= 10 else 2)).removesuffix(".00")


@dataclass(frozen=True)
class Unfolded:
    """A figure of the plan with what it was made of."""

    title: str
    value: str
    made_by: str
    provenance: str
    sources: str
    parts: tuple[Unfolded, ...]


def unfolded(subject: Speaker, plan: Plan, month: int) -> list[Unfolded]:
    """Every line of one month, down to what it rests on."""
    cells_of_month = plan.months[month - 1].cells
    return [
        _unfold(subject, plan.ledger, cells_of_month[line], DEEPEST, subject.voice(PLAN_TITLES[line]))
        for line in shown_lines(plan, LINES) if line in cells_of_month
    ]


def _unfold(subject: Speaker, ledger: Ledger, number: int, depth: int, title: str = "") -> Unfolded:
    entry = ledger.entries[number]
    figure = entry.figure
    parts = tuple(_unfold(subject, ledger, part, depth - 1) for part in entry.parts) if depth else ()
    return Unfolded(
        title=title or _named(subject, entry),
        value=figure_text(figure, subject.voice),
        made_by=subject.voice(entry.made_by),
        provenance=figure.provenance.value,
        sources=source_text(figure, subject.voice),
        parts=parts,
    )


def _named(subject: Speaker, entry: Entry) -> str:
    unnamed = N_("in between") if entry.parts else N_("a number of the formula")
    return subject.voice(entry.figure.name or unnamed)


def assumption_rows(subject: Speaker, plan: Plan) -> list[tuple[str, str, str, str, str]]:
    """(name, value, provenance as a word and as a key, source) of all that the plan rests on."""
    return [
        (
            subject.voice(figure.name) or "—", figure_text(figure, subject.voice),
            subject.voice(PROVENANCES[figure.provenance.value]), figure.provenance.value,
            source_text(figure, subject.voice),
        )
        for figure in plan.assumptions[:MOST_ASSUMPTIONS]
    ]
