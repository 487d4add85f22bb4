"""What a release on trial is worth beside the one that answers, by the traffic of both."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.core.words import Message, say
from breakeven.monitoring.sequential import difference, rows_needed
from breakeven.records.record import MessageRecord
from breakeven.records.rollout import Arm, Rollout, Verdict
from breakeven.serving.traffic import CURRENT, TRIAL
from breakeven.serving.traffic_place import traffic_of
from breakeven.store import Store

FEWEST_TIMED = 200
MOST_FAILURES = 0.01
FEWEST_FAILURES = 3


def judge_rollout(store: Store, rollout: Rollout) -> Verdict:
    """The figures of both releases since the rollout began, and what follows from them."""
    since = datetime.fromisoformat(rollout.started)
    traffic = traffic_of(store)
    answers = traffic.read("answers", since)
    answers = answers.filter(pc.greater_equal(answers.column("at"), pa.scalar(since, pa.timestamp("ms", "UTC"))))
    told = {line["id"]: line for line in traffic.read("feedback", since).to_pylist()}
    current, right, rewards = _arm(answers, told, rollout.beside, CURRENT)
    trial, trial_right, trial_rewards = _arm(answers, told, rollout.release, TRIAL)
    found = difference(trial_right, right) or difference(trial_rewards, rewards)
    value, low, high = found or (None, None, None)
    allowed = rollout.worse_points / 100
    return Verdict(
        rollout=rollout, current=current, trial=trial, difference=value, low=low, high=high,
        rows_needed=rows_needed(current.accuracy) if current.accuracy is not None else None,
        broken=tuple(MessageRecord.of(why) for why in _broken(rollout, current, trial, high)),
        better=low is not None and low > -max(allowed, 1e-9),
    )  # fmt: skip


def _arm(answers: pa.Table, told: dict[str, Any], release: int, arm: str) -> tuple[Arm, np.ndarray, np.ndarray]:
    """The figures of one release; which of its answers were right (n,), and their rewards (m,)."""
    mine = answers.filter(pc.and_(pc.equal(answers.column("release"), release), pc.equal(answers.column("arm"), arm)))
    failed = mine.column("answer").null_count
    pairs = list(zip(mine.column("id").to_pylist(), mine.column("answer").to_pylist(), strict=True))
    known = [(answer, told[name]) for name, answer in pairs if name in told]
    right = np.array([answer == line["truth"] for answer, line in known if line["truth"] is not None], float)
    rewards = np.array([line["reward"] for _, line in known if line["reward"] is not None], float)
    seconds = np.asarray(mine.column("seconds"))
    return Arm(
        release=release, answers=mine.num_rows, failures=failed,
        p95_ms=float(np.quantile(seconds, 0.95)) * 1e3 if len(seconds) else None,
        truths=len(right), accuracy=float(right.mean()) if len(right) else None,
        rewards=len(rewards), reward=float(rewards.mean()) if len(rewards) else None,
    ), right, rewards  # fmt: skip


def _broken(rollout: Rollout, current: Arm, trial: Arm, high: float | None) -> list[Message]:
    """Why the release on trial is to be taken back."""
    broken = []
    if trial.failures >= FEWEST_FAILURES and trial.failures > MOST_FAILURES * trial.answers:
        broken.append(say("{count} of its {answers_count} answers failed", count=trial.failures,
                          answers_count=trial.answers))  # fmt: skip
    if high is not None and high < -rollout.worse_points / 100:
        broken.append(say("it is surely worse: by {points_share} at least", points_share=-high))
    if min(trial.answers, current.answers) >= FEWEST_TIMED and trial.p95_ms and current.p95_ms and (
        trial.p95_ms > rollout.slower_times * current.p95_ms
    ):
        broken.append(say("it is slower: 95 % of its answers take {p95_ms}, those of the other {current_p95_ms}",
                          p95_ms=trial.p95_ms, current_p95_ms=current.p95_ms))  # fmt: skip
    return broken


