"""What ends a rollout: quality, conversion, reward, failures, latency, cost; and the end of an A/B test."""

from __future__ import annotations

import numpy as np
import pytest

from breakeven.monitoring.rollout import Seen, _broken, differences, ended
from breakeven.monitoring.window import TOLD, Told
from breakeven.records.rollout import Arm, Rollout


def seen(seed: int, rows: int = 4_000, right: float = 0.9, sold: float = 0.1, reward: float = 1.0) -> Seen:
    chance = np.random.default_rng(seed)
    counts = {"truths": np.ones(rows, int), "right": (chance.random(rows) < right).astype(int),
              "conversions": (chance.random(rows) < sold).astype(int), "clicks": np.zeros(rows, int)}  # fmt: skip
    told = Told(counts, chance.normal(reward, 1, rows), TOLD.empty_table())
    return Seen(np.full(rows, 0.01), np.zeros(rows, bool), None, told)


def rollout(**more: object) -> Rollout:
    return Rollout.model_validate({"id": "a", "release": 2, "beside": 1, "mode": "canary", "percent": 50,
                                   "started": "2026-11-22T00:00:00+00:00", **more})  # fmt: skip


def arm(release: int = 1, **more: object) -> Arm:
    return Arm.model_validate({
        "release": release, "answers": 4_000, "failures": 0, "p95_ms": 10.0, "truths": 0, "accuracy": None,
        "rewards": 0, "reward": None, "users": 0, "conversion": None, "click": None, "usd_per_1k": 1.0, **more,
    })  # fmt: skip


@pytest.mark.parametrize(("worse", "word"), [({"right": 0.8}, "worse"), ({"sold": 0.03}, "conversion"),
                                             ({"reward": 0.7}, "reward")])  # fmt: skip
def test_each_metric_takes_a_release_back(worse: dict[str, float], word: str) -> None:
    found = differences(rollout(), seen(1), seen(2, **worse))
    (why,) = _broken(rollout(), arm(), arm(2), found)
    assert word in str(why)
    assert _broken(rollout(), arm(), arm(2), differences(rollout(), seen(1), seen(2))) == []


@pytest.mark.parametrize(("trial", "word"), [({"failures": 90}, "failed"), ({"p95_ms": 21.0}, "slower"),
                                             ({"usd_per_1k": 2.1}, "dearer")])  # fmt: skip
def test_failures_time_and_cost_take_it_back(trial: dict[str, float], word: str) -> None:
    (why,) = _broken(rollout(), arm(), arm(2, **trial), ())
    assert word in str(why)


def test_a_cost_that_is_not_known_stops_nothing() -> None:
    assert _broken(rollout(), arm(usd_per_1k=None), arm(2), ()) == []


@pytest.mark.parametrize(("sold", "how"), [(0.16, "better"), (0.04, "worse"), (0.1, "no gain")])
def test_an_ab_test_has_an_end(sold: float, how: str) -> None:
    asked = rollout(mode="ab", metric="conversion", gain_points=5)
    assert ended(asked, differences(asked, seen(3, 8_000), seen(4, 8_000, sold=sold))) == how
    assert ended(asked, differences(asked, seen(3, 200), seen(4, 200, sold=0.11))) is None
    assert ended(rollout(), differences(rollout(), seen(3), seen(4, right=0.99))) is None, "a canary has none"


def test_a_named_metric_is_tested_alone_and_sharper() -> None:
    one, three = rollout(metric="accuracy"), rollout()
    (alone,) = differences(one, seen(5), seen(6))
    shared = {found.metric: found for found in differences(three, seen(5), seen(6))}
    assert set(shared) == {"accuracy", "conversion", "reward"}
    assert alone.high - alone.low < shared["accuracy"].high - shared["accuracy"].low


def test_what_nobody_tells_of_is_not_tested() -> None:
    silent = seen(7, sold=0.0)
    assert "conversion" not in {found.metric for found in differences(rollout(), silent, silent)}
