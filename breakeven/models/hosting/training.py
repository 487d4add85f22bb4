"""Scoring a hosted model on the validation rows: nothing is learned but the calibration, and every answer is paid."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, Any

from breakeven.core.errors import LimitReached, ModelError
from breakeven.core.words import say
from breakeven.models.hosting.access import Access, Usage
from breakeven.models.hosting.answers import Reading
from breakeven.models.hosting.calibration import calibrated, fit_calibration
from breakeven.models.hosting.endpoint import Messages
from breakeven.models.hosting.examples import Examples
from breakeven.models.hosting.predictor import HostedPredictor
from breakeven.models.hosting.prompts import in_a_line, masked, row_texts, task_words
from breakeven.models.hosting.replies import Reply
from breakeven.models.measure import HOSTED_ROWS
from breakeven.models.model import Trained, Work

if TYPE_CHECKING:
    import numpy as np

FIRST = 10
"""So many rows are asked about before the rest: they tell what an answer costs and how long it takes."""
BYTES_PER_TOKEN = 4.0
"""Rule of thumb for text in UTF-8, until the first replies tell."""
ANSWER_TOKENS = 10
TOKENS_A_MESSAGE = 8


def train_hosted(work: Work) -> Trained:
    """Ask about every scored row with examples from the rows that its fold may fit, read and calibrate the answers."""
    import numpy as np

    settings = dict(work.candidate.settings)
    base = _predictor(work, settings)
    texts, _ = masked(row_texts(work.input, work.dataset.inputs, work.rows))
    asked: list[Messages | None] = [None] * len(work.scored)
    personal = 0
    for fit, score in work.folds:
        base.examples = _examples(work, fit, texts, base.count)
        requests, found = base.requests(work.rows.take(score))
        personal += found
        for place, each in zip(np.searchsorted(work.scored, score), requests, strict=True):
            asked[place] = each
    if len(work.folds) > 1:
        base.examples = _examples(work, np.arange(len(work.target)), texts, base.count)
    replies = _ask(base, asked, work)
    reading = base.read(replies)
    predictions = _calibrate(base, reading, work)
    base.usd_per_request = sum(reply.usd for reply in replies if reply) / max(1, sum(r is not None for r in replies))
    base.dialect = base.endpoint.dialect.settings()
    base.save(work.artifact)
    return Trained(predictions, None, _told(base, replies, reading, personal))


def _predictor(work: Work, settings: dict[str, Any]) -> HostedPredictor:
    """Ready to ask, without examples yet."""
    labels = work.dataset.labels
    longest = max((len(in_a_line(label).encode()) for label in labels), default=8)
    return HostedPredictor(
        Access.of(settings), work.task.input, work.dataset.inputs, labels,
        task_words(work.dataset.answer, labels, str(settings["instructions"])), int(settings["examples"]),
        _prior(work), max(16, min(256, longest + 8)),
        wallet=work.wallet, cache=work.cache, until=work.deadline,
    )  # fmt: skip


def _prior(work: Work) -> np.ndarray:
    """The shares of the classes in the first fold (an absent class gets a little), or the mean (1,)."""
    import numpy as np

    target = work.target[work.folds[0][0]]
    if not work.dataset.labels:
        return np.array([float(np.mean(target[np.isfinite(target)]))])
    counts = np.bincount(target[target >= 0], minlength=len(work.dataset.labels)) + 0.5
    return counts / counts.sum()


def _examples(work: Work, fit: np.ndarray, texts: list[str], count: int) -> Examples | None:
    """The rows of `fit` whose answer is known, to choose examples from."""
    import numpy as np

    if not count:
        return None
    labels, target = work.dataset.labels, work.target
    known = fit[target[fit] >= 0] if labels else fit[np.isfinite(target[fit])]
    answers = [in_a_line(labels[code]) if code >= 0 else "" for code in target] if labels else [
        f"{number:.10g}" for number in target]
    return Examples.of(work, known, texts, answers)


# --- asking, within money and time


def _ask(base: HostedPredictor, asked: list[Messages | None], work: Work) -> list[Reply | None]:
    """All replies; the first few tell whether money and time suffice for the rest. Raises LimitReached, ModelError."""
    found = {messages: base.endpoint.kept(messages) for messages in asked if messages}
    open_ = [messages for messages, reply in found.items() if reply is None]
    guessed = [_guess(base, messages) for messages in open_]
    _check_money(sum(guessed), _later(guessed, work), open_, work)
    _add(found, base, open_[:1])
    begun, spent = monotonic(), work.wallet.spent
    some, rest = open_[1 : FIRST + 1], open_[FIRST + 1 :]
    _add(found, base, some)
    if rest:
        each = (work.wallet.spent - spent) / FIRST
        _check_money(each * len(rest), _later([each], work), rest, work)
        _check_time((monotonic() - begun) / FIRST * len(rest), rest, work)
    _add(found, base, rest, lambda share: work.progress(share, None))
    replies = [found[messages] if messages else None for messages in asked]
    if not any(replies):
        raise ModelError(say("{host} gave no whole reply to any row", host=base.access.host), base.access.model,
                         say("look at model of the [[alternative]]: does it answer in short texts?"))
    return replies


def _add(
    found: dict[Messages, Reply | None],
    base: HostedPredictor,
    asked: list[Messages],
    tell: Callable[[float], None] = lambda share: None,
) -> None:
    found.update(zip(asked, base.ask(list(asked), tell), strict=True))


def _guess(base: HostedPredictor, messages: Messages) -> float:
    """About what a request costs, before the first was sent."""
    size = sum(len(content.encode()) / BYTES_PER_TOKEN + TOKENS_A_MESSAGE for _, content in messages)
    return base.access.rate.usd(Usage(round(size), ANSWER_TOKENS))


def _later(usd: list[float], work: Work) -> float:
    """What the test rows, and the few that are measured, will cost should the candidate be chosen."""
    mean = sum(usd) / len(usd) if usd else 0.0
    return mean * (work.dataset.rows["test"] + HOSTED_ROWS)


def _check_money(now: float, later: float, open_: list[Messages], work: Work) -> None:
    left = work.wallet.left()
    if now + later <= left:
        return
    raise LimitReached(
        say("asking about {rows} validation rows costs about {usd}, and {later_usd} for the test rows are to be kept: "
            "{left_usd} of the budget are left", rows=len(open_), usd=now, later_usd=later, left_usd=left),
        work.candidate.name, say("raise usd in [budget]"),
    )  # fmt: skip


def _check_time(seconds: float, rest: list[Messages], work: Work) -> None:
    if seconds <= work.seconds_left():
        return
    raise LimitReached(
        say("asking about {rows} more rows takes about {seconds}, and it has {left_seconds}",
            rows=len(rest), seconds=seconds, left_seconds=work.seconds_left()),
        work.candidate.name, say("give the run more seconds in [budget]"),
    )  # fmt: skip


# --- what came back


def _calibrate(base: HostedPredictor, reading: Reading, work: Work) -> np.ndarray:
    """Predictions of the scored rows; the calibration of all of them is kept for the answers to come."""
    if not base.labels:
        return reading.raw
    truth = work.target[work.scored]
    base.calibration = fit_calibration(reading.raw, truth, base.prior)
    return calibrated(reading.raw, truth, base.prior, work.seed)


def _told(
    base: HostedPredictor, replies: list[Reply | None], reading: Reading, personal: int
) -> dict[str, str | int | float | bool | None]:
    """What the record keeps."""
    used = [reply.usage for reply in replies if reply and reply.usage]
    return {
        "rows": len(replies), "unanswered": reading.unanswered, "no_label_or_number": reading.no_answer,
        "input_tokens": sum(usage.input for usage in used), "output_tokens": sum(usage.output for usage in used),
        "cached_tokens": sum(usage.cached for usage in used), "usd_per_request": base.usd_per_request,
        "masked": personal, "temperature": base.calibration.temperature, "floor": base.calibration.floor,
    }  # fmt: skip
