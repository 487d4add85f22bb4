"""The choice: the cheapest candidate, at the stated demand, that meets the quality and the latency target."""

from __future__ import annotations

from breakeven.core.words import Message, say
from breakeven.outputs.output import Metric
from breakeven.records.choice import Choice, Left
from breakeven.records.project import Target
from breakeven.records.record import MessageRecord
from breakeven.records.run import Rung


def bound(target: Target) -> float | None:
    """The quality bound of a target, of whichever kind."""
    return target.at_least if target.at_least is not None else target.at_most


def meets_quality(rung: Rung, target: Target, metric: Metric) -> bool:
    """Whether the validation score reaches the bound; without a bound every score does."""
    wanted, value = bound(target), _value(rung)
    if wanted is None:
        return True
    return value is not None and (value >= wanted if metric.higher else value <= wanted)


def meets_latency(rung: Rung, target: Target) -> bool:
    """Whether single answers are quick enough at the 95th percentile."""
    if target.p95_latency_ms is None:
        return True
    return rung.measurement is not None and rung.measurement.p95_ms <= target.p95_latency_ms


def choose(rungs: tuple[Rung, ...], target: Target, metric: Metric) -> Choice | None:
    """The choice among the trained rungs; None when there is none."""
    trained = [rung for rung in rungs if rung.outcome == "trained"]
    if not trained:
        return None
    good = [rung for rung in trained if meets_quality(rung, target, metric) and meets_latency(rung, target)]
    unbounded = bound(target) is None
    picked = _cheapest_of_the_best(good, metric) if good and unbounded else None
    picked = picked or (min(good, key=_price) if good else _nearest(trained, target, metric))
    left = tuple(
        Left(name=rung.name, why=MessageRecord.of(_why_left(rung, picked, target, metric)))
        for rung in rungs
        if rung is not picked
    )
    missing = () if good else _missing(picked, target, metric)
    return Choice(
        name=picked.name,
        why=MessageRecord.of(_why(picked, bool(good), unbounded)),
        met=bool(good),
        missing=tuple(MessageRecord.of(message) for message in missing),
        remedies=tuple(MessageRecord.of(message) for message in _remedies(rungs, picked)) if missing else (),
        left=left,
    )


def _value(rung: Rung) -> float | None:
    return rung.evaluation.main.value if rung.evaluation else None


def _price(rung: Rung) -> tuple[float, float, float]:
    """What is compared: money a month at the stated demand, then seconds an answer takes, then the bill of training.

    Machines are rented whole, so that small candidates often cost the same: then the lighter one is the cheaper.
    """
    month = rung.cost.usd_per_month.value if rung.cost else float("inf")
    seconds = 1.0 / rung.measurement.bulk_rows_per_second if rung.measurement else float("inf")
    return (round(month, 6), rung.candidate.cost_rank if rung.candidate else 0.0, seconds)


def _cheapest_of_the_best(good: list[Rung], metric: Metric) -> Rung:
    """Without a bound: the cheapest of those that are not measurably worse than the best."""
    best = _best(good, metric)
    compared = {other.other: other for other in best.evaluation.comparisons} if best.evaluation else {}
    equal = [r for r in good if r is best or (r.name in compared and compared[r.name].verdict == "no difference")]
    return min(equal, key=_price)


def _best(rungs: list[Rung], metric: Metric) -> Rung:
    """The rung with the best score; one without a score comes last."""
    sign = 1.0 if metric.higher else -1.0

    def worth(rung: Rung) -> float:
        value = _value(rung)
        return float("-inf") if value is None else sign * value

    return max(rungs, key=worth)


def _nearest(trained: list[Rung], target: Target, metric: Metric) -> Rung:
    """Nobody meets all: the quickest of those good enough; when none is, the best of those quick enough, or of all."""
    enough = [rung for rung in trained if meets_quality(rung, target, metric)]
    if enough:
        return min(enough, key=lambda rung: rung.measurement.p95_ms if rung.measurement else float("inf"))
    quick = [rung for rung in trained if meets_latency(rung, target)]
    return _best(quick or trained, metric)


def _why(picked: Rung, met: bool, unbounded: bool) -> Message:
    if not met:
        return say("no candidate meets the target; {name} comes nearest", name=picked.name)
    if unbounded:
        return say("the cheapest of those that are not measurably worse than the best (no target was set)")
    return say("the cheapest candidate that meets the target")


def _why_left(rung: Rung, picked: Rung, target: Target, metric: Metric) -> Message:
    if rung.outcome != "trained":
        return rung.reason.message() if rung.reason else say("it was not trained")
    if not meets_quality(rung, target, metric):
        return say(
            "{metric} {value:.4f} misses the target of {bound}",
            metric=metric.name,
            value=_value(rung) if _value(rung) is not None else float("nan"),
            bound=bound(target),
        )
    if not meets_latency(rung, target) and rung.measurement:
        return say("p95 of {ms:.1f} ms misses the target of {bound} ms", ms=rung.measurement.p95_ms,
                   bound=target.p95_latency_ms)
    if _price(rung) <= _price(picked):
        return say("measurably worse than {name}", name=picked.name)
    if bound(target) is None:
        return say("not cheaper than {name}, and not measurably better", name=picked.name)
    return say("it meets the target, too, but costs more than {name}", name=picked.name)


def _missing(picked: Rung, target: Target, metric: Metric) -> list[Message]:
    found = []
    if not meets_quality(picked, target, metric):
        found.append(say("{metric} is {value:.4f}, the target is {bound}", metric=metric.name,
                         value=_value(picked) if _value(picked) is not None else float("nan"), bound=bound(target)))
    if not meets_latency(picked, target) and picked.measurement:
        found.append(say("p95 latency is {ms:.1f} ms, the target is {bound} ms", ms=picked.measurement.p95_ms,
                         bound=target.p95_latency_ms))
    return found


def _remedies(rungs: tuple[Rung, ...], picked: Rung) -> list[Message]:
    """What could close the gap: more rows, more budget for what was skipped, a dearer rung."""
    found = [
        say("give the run more budget: {name} was not tried", name=rung.name)
        for rung in rungs
        if rung.outcome == "skipped"
    ]
    if picked.evaluation and picked.evaluation.gap:
        found.append(picked.evaluation.gap.message())
    found.append(say("label more rows, above all for the classes of the worst slices and mistakes in the report"))
    return found
