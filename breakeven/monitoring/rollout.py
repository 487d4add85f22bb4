"""What a release on trial is worth beside the one that answers, by the traffic of both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import numpy as np
import pyarrow as pa

from breakeven.core.words import Message, say
from breakeven.monitoring.money import rung_of, usd_per_day
from breakeven.monitoring.sequential import (
    ALPHA,
    Sampled,
    difference,
    rows_needed,
    rows_needed_any_time,
    share_variance,
)
from breakeven.monitoring.window import Feedback, Told, read_feedback, scan_answers
from breakeven.records.record import MessageRecord
from breakeven.records.rollout import Arm, Difference, Rollout, TestedMetric, Verdict
from breakeven.serving.traffic import CURRENT, TRIAL
from breakeven.store import Store

FEWEST_TIMED = 200
MOST_FAILURES = 0.01
FEWEST_FAILURES = 3
GUARDED: tuple[TestedMetric, ...] = ("accuracy", "conversion", "reward")
"""What is tested where the rollout names no metric, each at a third of ALPHA: the three together err in 5 % at most."""
TWO_POINTS = 0.02
TITLES: dict[TestedMetric, Message] = {
    "accuracy": say("accuracy"), "conversion": say("conversion"), "click": say("click-through"),
    "reward": say("mean reward"),
}  # fmt: skip
"""What people call the metrics."""


@dataclass(frozen=True)
class Seen:
    """What one release did: seconds (n,), which failed (n,), whose each is (n,) or None, and what was told of it."""

    seconds: np.ndarray
    failed: np.ndarray
    users: np.ndarray | None
    told: Told

    def sampled(self, metric: TestedMetric) -> Sampled:
        """The values of a metric and whose they are; answers without one are left out."""
        counts = self.told.counts
        match metric:
            case "accuracy":
                values, known = counts["right"], counts["truths"] > 0
            case "reward":
                values, known = self.told.reward, np.isfinite(self.told.reward)
            case "conversion" | "click":
                values, known = counts[f"{metric}s"], np.ones(len(self.seconds), bool)
        return Sampled(values[known].astype(float), None if self.users is None else self.users[known])


def judge_rollout(store: Store, rollout: Rollout) -> Verdict:
    """The figures of both releases since the rollout began, and what follows from them."""
    since = datetime.fromisoformat(rollout.started)
    feedback = read_feedback(store, since)
    current, trial = (
        _seen(pa.concat_tables(list(scan_answers(store, release, since, arm=arm))), feedback)
        for release, arm in ((rollout.beside, CURRENT), (rollout.release, TRIAL))
    )
    per_day = (len(current.seconds) + len(trial.seconds)) / max((datetime.now(UTC) - since) / timedelta(days=1), 1e-6)
    arms = [_arm(store, release, seen, per_day, (current, trial))
            for release, seen in ((rollout.beside, current), (rollout.release, trial))]  # fmt: skip
    found = differences(rollout, current, trial)
    rate = arms[0].accuracy
    return Verdict(
        rollout=rollout, current=arms[0], trial=arms[1], differences=found,
        rows_needed=None if rate is None else rows_needed(share_variance(rate), TWO_POINTS),
        rows_needed_any_time=None if rate is None else rows_needed_any_time(share_variance(rate), TWO_POINTS),
        broken=tuple(MessageRecord.of(why) for why in _broken(rollout, arms[0], arms[1], found)),
        better=bool(found) and all(one.low > -max(_allowed(rollout, one), 1e-9) for one in found),
        ended=ended(rollout, found),
    )  # fmt: skip


def differences(rollout: Rollout, current: Seen, trial: Seen) -> tuple[Difference, ...]:
    """Every tested metric of which enough is known, with an interval for every look."""
    tested = (rollout.metric,) if rollout.metric else GUARDED
    found = []
    for metric in tested:
        sides = trial.sampled(metric), current.sampled(metric)
        if metric in ("conversion", "click") and not any(side.values.any() for side in sides):
            continue  # nobody tells of it
        one = difference(*sides, ALPHA / len(tested))
        if one is not None:
            found.append(Difference(metric=metric, value=one[0], low=one[1], high=one[2]))
    return tuple(found)


def ended(rollout: Rollout, found: tuple[Difference, ...]) -> Literal["better", "worse", "no gain"] | None:
    """Whether an A/B test is over, by the first metric of which enough is known."""
    if rollout.mode != "ab" or not found:
        return None
    if any(one.high < -_allowed(rollout, one) for one in found):
        return "worse"
    if found[0].low > 0:
        return "better"
    hoped = rollout.gain_points and rollout.gain_points / 100
    return "no gain" if hoped and found[0].high < hoped else None


def _seen(answers: pa.Table, feedback: Feedback) -> Seen:
    users = answers.column("user").combine_chunks()
    named = users.null_count < len(users)
    codes = users.dictionary_encode().indices.to_numpy(zero_copy_only=False) if named else None
    if codes is not None:  # each answer to nobody is one of its own
        alone = np.isnan(codes.astype(float))
        codes = np.where(alone, -1 - np.arange(len(codes)), np.nan_to_num(codes.astype(float), nan=0)).astype(np.int64)
    return Seen(answers.column("seconds").to_numpy(), answers.column("answer").is_null().to_numpy(), codes,
                feedback.of(answers))  # fmt: skip


def _arm(store: Store, release: int, seen: Seen, per_day: float, both: tuple[Seen, Seen]) -> Arm:
    """The figures of one release; conversions are told where either has some."""
    means = {metric: seen.sampled(metric).values for metric in TITLES}
    asked = {metric: any(side.sampled(metric).values.any() for side in both) for metric in ("conversion", "click")}
    return Arm(
        release=release, answers=len(seen.seconds), failures=int(seen.failed.sum()),
        p95_ms=float(np.quantile(seen.seconds, 0.95)) * 1e3 if len(seen.seconds) else None,
        truths=len(means["accuracy"]), accuracy=_mean(means["accuracy"]),
        rewards=len(means["reward"]), reward=_mean(means["reward"]),
        users=0 if seen.users is None else len(np.unique(seen.users[seen.users >= 0])),
        conversion=_mean(means["conversion"]) if asked["conversion"] else None,
        click=_mean(means["click"]) if asked["click"] else None,
        usd_per_1k=_usd_per_1k(store, release, per_day),
    )  # fmt: skip


def _mean(values: np.ndarray) -> float | None:
    return float(values.mean()) if len(values) else None


def _usd_per_1k(store: Store, number: int, per_day: float) -> float | None:
    """Of a release that answered all of it; None where its run is gone."""
    release = next((one for one in store.releases() if one.number == number), None)
    made = rung_of(store, release) if release else None
    day = usd_per_day(made[1], per_day) if made and per_day > 0 else None
    return None if day is None else 1e3 * day / per_day


def _allowed(rollout: Rollout, one: Difference) -> float:
    """How much worse a metric may be; a reward has no points."""
    return 0.0 if one.metric == "reward" else rollout.worse_points / 100


def _broken(rollout: Rollout, current: Arm, trial: Arm, found: tuple[Difference, ...]) -> list[Message]:
    """Why the release on trial is to be taken back."""
    broken = []
    if trial.failures >= FEWEST_FAILURES and trial.failures > MOST_FAILURES * trial.answers:
        broken.append(say("{count} of its {answers_count} answers failed", count=trial.failures,
                          answers_count=trial.answers))  # fmt: skip
    broken += [_worse(one) for one in found if one.high < -_allowed(rollout, one)]
    if min(trial.answers, current.answers) >= FEWEST_TIMED and trial.p95_ms and current.p95_ms and (
        trial.p95_ms > rollout.slower_times * current.p95_ms
    ):
        broken.append(say("it is slower: 95 % of its answers take {p95_ms}, those of the other {current_p95_ms}",
                          p95_ms=trial.p95_ms, current_p95_ms=current.p95_ms))  # fmt: skip
    if min(trial.answers, current.answers) >= FEWEST_TIMED and trial.usd_per_1k and current.usd_per_1k and (
        trial.usd_per_1k > rollout.dearer_times * current.usd_per_1k
    ):
        broken.append(say("it is dearer: 1,000 of its answers cost {usd}, those of the other {current_usd}",
                          usd=trial.usd_per_1k, current_usd=current.usd_per_1k))  # fmt: skip
    return broken


def _worse(one: Difference) -> Message:
    if one.metric == "reward":
        return say("its mean reward is surely lower: by {value} at least", value=-one.high)
    if one.metric == "accuracy":
        return say("it is surely worse: by {points_share} at least", points_share=-one.high)
    return say("its users do less: {metric} is surely lower, by {points_share} at least",
               metric=TITLES[one.metric], points_share=-one.high)  # fmt: skip
