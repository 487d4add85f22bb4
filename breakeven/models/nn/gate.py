"""The gate for smaller forms of a net: measured here, and kept only where it pays and costs no quality.

The first form is the plain one. Every other must be faster or smaller than it, and must not lose more of the metric
than is allowed, on the same rows, none of which the net was fitted on. Allowed is the smaller of half a point and one
standard error of the paired difference (Efron and Tibshirani 1993, chapter 13), but never less than a twentieth of a
point, which nobody would notice. Of those that pass, the one
with the smallest product of milliseconds and bytes is kept: time and memory are both paid for with every answer.
Times are taken in turns, a few answers of each form at a time, so that a busy moment falls on all of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from breakeven.core.words import Message, say
from breakeven.outputs.bootstrap import difference
from breakeven.outputs.output import Metric
from breakeven.records.record import MessageRecord
from breakeven.records.variant import Variant

POINTS = 0.005
"""What may be lost at most: of a metric where more is better so much, of an error this share of it."""
ERRORS = 1.2
"""Standard errors that may be lost: one, and a little more, as a single row lost is one to a hair and no proof."""
NEGLIGIBLE = 0.1
"""This share of that may always be lost: of answers that all move by a hair, the standard error is next to nothing."""
WORTH = 0.95
"""A form counts as faster (smaller) when it takes at most this share of the plain one's time (bytes)."""
MOST_WORSE = 1.25
"""What is smaller may be so much slower, and what is faster so much larger."""
MOST_ROWS = 2_000
ROUNDS, TURN = 7, 15
"""Single answers are timed in so many rounds, so many of each form in a turn."""
BATCH = 256
STANDARD_ERRORS = 2 * 1.96
"""The width of a 95 % interval."""

Answer = Callable[[Sequence[str]], np.ndarray]
"""Texts -> answers (n, width)."""


@dataclass(frozen=True)
class Form:
    """One form of a net: the file or folder whose size counts, and what answers with it on one thread.

    `fault` tells why it could not be made; then there is nothing to measure.
    """

    name: str
    path: Path
    answer: Answer = field(repr=False)
    fault: str = ""
    known: np.ndarray | None = field(default=None, repr=False)
    """Its answers (n, width) to the judged texts, where they are known already; else it is asked."""


@dataclass(frozen=True)
class Measured:
    """What was found out about a form; `fall` and `allowed` are NaN where its answers cannot be judged."""

    form: Form
    bytes: int
    p50_ms: float
    rows_per_second: float
    value: float
    fall: float
    allowed: float

    @property
    def cost(self) -> float:
        return self.p50_ms * self.bytes

    def is_as_good(self) -> bool:
        return self.fall <= self.allowed + 1e-12

    def pays(self, plain: Measured) -> bool:
        """Whether it is faster or smaller than the plain form, and not much worse in the other."""
        time_, size = self.p50_ms / plain.p50_ms, self.bytes / plain.bytes
        return min(time_, size) <= WORTH and max(time_, size) <= MOST_WORSE


def choose_form(
    forms: Sequence[Form],
    texts: Sequence[str],
    truth: np.ndarray,
    metric: Metric,
    points: float = POINTS,
    seconds: float = 30.0,
) -> tuple[Form, tuple[Variant, ...]]:
    """The form to release and what all of them were measured to do, in their order; the first one is plain.

    `truth` (n,) are the encoded answers to `texts`, rows that no form was fitted on; of many, 2,000 are judged.
    `seconds` is about the most that timing takes.
    """
    places = _judged(truth)
    texts, truth = [texts[place] for place in places.tolist()], truth[places]
    sound = [form for form in forms if not form.fault]
    answers = [form.answer(texts) if form.known is None else form.known[places] for form in sound]
    times = _timed(sound, texts, seconds)
    found = [_measured(form, taken, answer, answers[0], truth, metric, points)
             for form, taken, answer in zip(sound, times, answers, strict=True)]  # fmt: skip
    plain = found[0]
    passed = [plain, *(each for each in found[1:] if each.is_as_good() and each.pays(plain))]
    kept = min(passed, key=lambda each: each.cost if each is not plain else math.inf)
    by_name = {each.form.name: each for each in found}
    variants = (_variant(form, by_name.get(form.name), plain, kept, metric) for form in forms)
    return kept.form, tuple(variants)


def form_or_fault(name: str, path: Path, make: Callable[[Path], Answer]) -> Form:
    """The form that `make` writes to `path`, or what went wrong: a tool that fails must not end the training."""
    try:
        return Form(name, path, make(path))
    except Exception as fault:  # the exporters raise whatever they like for a net that they cannot take
        words = (str(fault).splitlines() or [""])[0][:200]
        return Form(name, path, _no_answer, f"{type(fault).__name__}: {words}")


def _no_answer(texts: Sequence[str]) -> np.ndarray:
    raise ValueError("this form could not be made")


def _judged(truth: np.ndarray) -> np.ndarray:
    """The places of rows whose answer is known, of many a part spread evenly."""
    places = np.flatnonzero(np.isfinite(truth) & (truth >= 0 if truth.dtype.kind == "i" else True))
    return places[:: max(1, -(-len(places) // MOST_ROWS))]


def _timed(forms: Sequence[Form], texts: Sequence[str], seconds: float) -> list[tuple[float, float]]:
    """Of each form the median milliseconds of a single answer, and rows a second in batches."""
    singles: list[list[float]] = [[] for _ in forms]
    until = time.perf_counter() + seconds / 2
    for round_ in range(ROUNDS):
        if round_ and time.perf_counter() > until:
            break
        for form, taken in zip(forms, singles, strict=True):
            taken += _turn(form, [texts[(round_ * TURN + i) % len(texts)] for i in range(TURN)])
    batch = list(texts[:BATCH])
    rates = [max(_rate(form, batch) for _ in range(2)) for form in forms]
    return [(float(np.median(taken)) * 1e3, rate) for taken, rate in zip(singles, rates, strict=True)]


def _turn(form: Form, texts: Sequence[str]) -> list[float]:
    form.answer(texts[:1])  # what the other forms pushed out of the caches comes back
    taken = []
    for text in texts:
        begun = time.perf_counter()
        form.answer([text])
        taken.append(time.perf_counter() - begun)
    return taken


def _rate(form: Form, texts: Sequence[str]) -> float:
    begun = time.perf_counter()
    form.answer(texts)
    return len(texts) / (time.perf_counter() - begun)


def _measured(
    form: Form, taken: tuple[float, float], answers: np.ndarray, plain: np.ndarray, truth: np.ndarray, metric: Metric,
    points: float,
) -> Measured:
    value = metric.score(truth, answers, None) if np.isfinite(answers).all() else math.nan
    fall, allowed = _fall(metric, truth, plain, answers, points) if math.isfinite(value) else (math.nan, math.nan)
    return Measured(form, _bytes(form.path), *taken, value, fall, allowed)


def _fall(
    metric: Metric, truth: np.ndarray, plain: np.ndarray, answers: np.ndarray, points: float
) -> tuple[float, float]:
    """How much worse the answers are than the plain form's, and how much worse they may be."""
    found = difference(metric, truth, plain, answers)
    error = (found.high - found.low) / STANDARD_ERRORS
    most = points if metric.higher else points * abs(metric.score(truth, plain, None))
    return (-found.value if metric.higher else found.value), min(most, max(ERRORS * error, NEGLIGIBLE * most))


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else (path,)
    return sum(file.stat().st_size for file in files if file.is_file())


def _variant(form: Form, found: Measured | None, plain: Measured, kept: Measured, metric: Metric) -> Variant:
    if found is None:
        why = say("it could not be made: {fault}", fault=form.fault)
        return Variant(name=form.name, bytes=0, value=None, p50_ms=0.0, rows_per_second=0.0, kept=False,
                       why=MessageRecord.of(why))  # fmt: skip
    return Variant(
        name=form.name,
        bytes=found.bytes,
        value=found.value if math.isfinite(found.value) else None,
        p50_ms=found.p50_ms,
        rows_per_second=found.rows_per_second,
        kept=found is kept,
        why=MessageRecord.of(_why(found, plain, kept, metric)),
    )


def _why(found: Measured, plain: Measured, kept: Measured, metric: Metric) -> Message:
    figures = {"ms": found.p50_ms, "bytes": found.bytes, "plain_ms": plain.p50_ms, "plain_bytes": plain.bytes}
    loss = {"metric": metric.name, "loss_value": max(0.0, found.fall), "allowed_value": found.allowed}
    if found is plain:
        return (say("nothing smaller or faster is as good") if found is kept
                else say("{name} is as good and costs less", name=kept.form.name))  # fmt: skip
    if math.isnan(found.fall):
        return say("its answers cannot be judged")
    if not found.is_as_good():
        return say("{metric} gets worse by {loss_value}; {allowed_value} would be allowed", **loss)
    if not found.pays(plain):
        return say("it saves nothing: {ms} and {bytes}, plain {plain_ms} and {plain_bytes}", **figures)
    if found is not kept:
        return say("as good, but {name} costs less", name=kept.form.name)
    if found.fall <= 0:
        return say("{ms} and {bytes} instead of {plain_ms} and {plain_bytes}; {metric} gets no worse",
                   **figures, metric=metric.name)  # fmt: skip
    return say("{ms} and {bytes} instead of {plain_ms} and {plain_bytes}; {metric} gets worse by {loss_value}, "
               "{allowed_value} would be allowed", **figures, **loss)  # fmt: skip
