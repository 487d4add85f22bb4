"""Traffic as figures for the plan: how many requests a month, how they grow, and how good, quick and sure answers are.

    requests a month = mean of the whole days × 365.25 / 12            whole weeks, the newest four at most
    growth a month   = exp(slope × 365.25 / 12) − 1                    slope of the logarithm of whole days, whole weeks
    accuracy         = share of right answers among those whose truth came back
    errors           = share of answers that a release failed to give

Of requests and growth the range is the one whose standard deviation is their standard error (± √3 of it, drawn evenly);
of shares it is Wilson's interval of 95 %. Too few days or answers: the plan keeps what it assumes, and says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp, sqrt

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.core.figure import Figure, measured
from breakeven.core.words import N_, Message, say
from breakeven.monitoring.quality import FEWEST, wilson
from breakeven.records.record import FigureRecord, MessageRecord
from breakeven.records.traffic_figures import TrafficFigures
from breakeven.serving.traffic import TRIAL
from breakeven.serving.traffic_place import traffic_of
from breakeven.stages.releases import history
from breakeven.store import Store

DAYS_A_MONTH = 365.25 / 12
WEEK = 7
FEWEST_DAYS, FEWEST_GROWTH_DAYS, MOST_DAYS = 7, 14, 28
FEWEST_ANSWERS = 100
LOG = "the traffic log"
NEEDED = ["at", "id", "release", "seconds", "answer", "confidence", "arm"]


def traffic_figures(store: Store, days: int, now: datetime | None = None) -> TrafficFigures:
    """What the last `days` of the log tell. Without any traffic all is kept as it was assumed."""
    until = now or datetime.now(UTC)
    since = until - timedelta(days=days)
    answers = _answers(store, since)
    feedback = traffic_of(store).read("feedback", since)
    counts = whole_days(answers)
    found: dict[str, Figure | None] = {
        "requests_per_month": requests_per_month(counts), "growth_per_month": growth_per_month(counts),
        "p95_ms": _p95(answers), "error_share": _errors(answers), "accuracy": _accuracy(answers, feedback),
    }  # fmt: skip
    return TrafficFigures(
        answers=answers.num_rows,
        days=len(counts),
        kept=tuple(MessageRecord.of(line) for line in _kept(found, len(counts), answers.num_rows)),
        **{name: FigureRecord.of(figure) if figure else None for name, figure in found.items()},
    )


def _answers(store: Store, since: datetime) -> pa.Table:
    """Answers that clients got, by time; what a shadow was asked went to nobody."""
    answers = traffic_of(store).read("answers", since, NEEDED)
    shadows = pa.array([line["release"] for line in history(store) if line["act"] == "shadow"], pa.int32())
    shadowed = pc.and_(pc.equal(answers.column("arm"), TRIAL), pc.is_in(answers.column("release"), shadows))
    late = pc.greater_equal(answers.column("at"), pa.scalar(since, pa.timestamp("ms", "UTC")))
    return answers.filter(pc.and_(late, pc.invert(pc.fill_null(shadowed, False)))).sort_by("at")


def whole_days(answers: pa.Table) -> np.ndarray:
    """Answers of each whole day (days,), one without any counted as 0; the first and the last day are not whole."""
    if not answers.num_rows:
        return np.zeros(0)
    days = np.asarray(answers.column("at").cast(pa.date32()).cast(pa.int32()))
    return np.bincount(days - days.min()).astype(float)[1:-1]


def requests_per_month(counts: Sequence[float] | np.ndarray) -> Figure | None:
    """Of whole days; None before FEWEST_DAYS of them. In request/month, with its range."""
    newest = _weeks(np.asarray(counts, float), MOST_DAYS)
    if len(newest) < FEWEST_DAYS or not newest.any():
        return None
    mean, error = float(newest.mean()), float(newest.std(ddof=1)) / sqrt(len(newest))
    figure = measured(mean * DAYS_A_MONTH, "request/month", N_("requests a month"), f"{LOG}: {len(newest)} whole days")
    return _with_error(figure, error * DAYS_A_MONTH, least=0.0)


def growth_per_month(counts: Sequence[float] | np.ndarray) -> Figure | None:
    """By the trend over whole weeks; None before FEWEST_GROWTH_DAYS of them, or where one had no answers."""
    kept = _weeks(np.asarray(counts, float), len(counts))
    if len(kept) < FEWEST_GROWTH_DAYS or not kept.all():
        return None
    day = np.arange(len(kept)) - (len(kept) - 1) / 2
    logs = np.log(kept)
    slope = float(day @ logs / (day @ day))
    rest = logs - logs.mean() - slope * day
    error = sqrt(float(rest @ rest) / (len(kept) - 2) / float(day @ day))
    growth = exp(slope * DAYS_A_MONTH) - 1
    figure = measured(growth, "1", N_("growth a month"), f"{LOG}: {len(kept)} whole days")
    return _with_error(figure, (1 + growth) * error * DAYS_A_MONTH, least=-1.0)


def _weeks(counts: np.ndarray, most: int) -> np.ndarray:
    """The newest whole weeks, so that every day of the week counts alike."""
    days = min(len(counts), most) // WEEK * WEEK
    return counts[len(counts) - days :]


def _with_error(figure: Figure, error: float, least: float) -> Figure:
    """With the even range that has this standard deviation; a figure that is sure has none."""
    if error <= 0:
        return figure
    return replace(figure, low=max(least, figure.value - sqrt(3) * error), high=figure.value + sqrt(3) * error)


def _p95(answers: pa.Table) -> Figure | None:
    if answers.num_rows < FEWEST_ANSWERS:
        return None
    value = float(np.quantile(np.asarray(answers.column("seconds")), 0.95)) * 1e3
    return measured(value, "ms", N_("seconds of 95 % of the answers"), f"{LOG}: {answers.num_rows} answers")


def _errors(answers: pa.Table) -> Figure | None:
    if answers.num_rows < FEWEST_ANSWERS:
        return None
    return _share(answers.column("answer").null_count, answers.num_rows, N_("share of answers that failed"), "answers")


def _accuracy(answers: pa.Table, feedback: pa.Table) -> Figure | None:
    """Of answers that are labels; numbers are not right or wrong."""
    if answers.column("confidence").null_count == answers.num_rows:
        return None
    told = {line["id"]: line["truth"] for line in feedback.sort_by("at").to_pylist() if line["truth"] is not None}
    pairs = zip(answers.column("id").to_pylist(), answers.column("answer").to_pylist(), strict=True)
    right = [answer == told[name] for name, answer in pairs if name in told]
    return _share(sum(right), len(right), N_("accuracy"), "truths") if len(right) >= FEWEST else None


def _share(part: int, rows: int, name: str, what: str) -> Figure:
    low, high = wilson(part / rows, rows)
    return replace(measured(part / rows, "1", name, f"{LOG}: {rows} {what}"), low=low, high=high)


def _kept(found: dict[str, Figure | None], days: int, answers: int) -> list[Message]:
    """What is not replaced, and what it would take."""
    lines = []
    if found["requests_per_month"] is None:
        lines.append(say("requests a month stay as assumed: {count} whole days of traffic, {fewest_count} are needed",
                         count=days, fewest_count=FEWEST_DAYS))  # fmt: skip
    if found["growth_per_month"] is None:
        lines.append(say("growth stays as assumed: {count} whole days of traffic, {fewest_count} in a row are needed",
                         count=days, fewest_count=FEWEST_GROWTH_DAYS))  # fmt: skip
    if found["p95_ms"] is None:
        lines.append(say("latency and errors are those of the run: {count} answers, {fewest_count} are needed",
                         count=answers, fewest_count=FEWEST_ANSWERS))  # fmt: skip
    if found["accuracy"] is None:
        lines.append(
            say("quality is that of the test rows: {fewest_count} truths of answers that are labels are needed",
                fewest_count=FEWEST)
        )  # fmt: skip
    return lines
