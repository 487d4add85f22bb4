"""A release on trial: users stay with theirs, a worse one is taken back by itself, a shadow answers nobody."""

from __future__ import annotations

import shutil
import time
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

import breakeven
from breakeven.core.errors import UsageError
from breakeven.inputs.reader import read_table
from breakeven.interfaces import live
from breakeven.records.rollout import Rollout
from breakeven.serving.splitting import is_on_trial
from breakeven.serving.traffic import TRIAL
from breakeven.serving.traffic_place import traffic_of
from breakeven.stages.releases import current_number, history
from breakeven.stages.rollouts import current_rollout
from breakeven.store import Store
from tests.monitoring.test_alerts import Receiver
from tests.monitoring.test_alerts import receiver as receiver
from tests.serving.servers import Server, copy_of, server
from tests.serving.test_answers import rows_of


@pytest.fixture
def two(released: Path, tmp_path: Path) -> Path:
    """A project whose release 2 always gives the same answer; release 1, the better one, answers."""
    project = copy_of(released, tmp_path / "project")
    shutil.rmtree(project / ".breakeven" / "traffic", ignore_errors=True)
    breakeven.run(project, only=("baseline",))
    breakeven.rollback(project)
    return project


def ask_as(
    found: Server, users: int, texts: list[dict[str, str | None]], truth: list[str] | None = None
) -> dict[str, set[int]]:
    """Let every user ask every row; returns which releases each met."""
    met: dict[str, set[int]] = defaultdict(set)
    with httpx.Client(timeout=30) as client:
        for user in range(users):
            body = {"inputs": texts, "user": f"user-{user}"}
            reply = client.post(f"{found.url}/v1/predict", json=body).json()
            met[f"user-{user}"].add(reply["release"])
            if truth:
                lines = [{"id": one["id"], "truth": right} for one, right in zip(reply["outputs"], truth, strict=True)]
                client.post(f"{found.url}/v1/feedback", json={"feedback": lines})
    return met


def wait_for_trial(found: Server, on: bool) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        met = {found.ask("a").json()["release"] for _ in range(30)}
        if (2 in met) == on:
            return
    raise AssertionError(f"{'no' if on else 'still a'} release on trial")


def test_a_worse_release_is_taken_back_by_itself_and_the_webhook_is_told(
    two: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOOK", receiver.address)
    with (two / "breakeven.toml").open("a", encoding="utf-8") as text:
        text.write('[monitor]\nwebhook_env = "HOOK"\nwebhook_form = "feishu"\n')
    rows = rows_of(two)[:15]
    truth = read_table(two / "rows.csv").column("answer").to_pylist()[:15]
    with server(two) as found:
        live.start_rollout(two, 2, percent=50)
        wait_for_trial(found, on=True)
        met = ask_as(found, 120, rows, truth)
        assert {len(releases) for releases in met.values()} == {1}
        assert {1, 2} == set.union(*met.values())
        until = time.monotonic() + 30
        while current_rollout(Store(two)) and time.monotonic() < until:
            time.sleep(0.2)
        assert current_rollout(Store(two)) is None
        wait_for_trial(found, on=False)
    assert current_number(Store(two)) == 1
    assert history(Store(two))[-1]["act"] == "taken back"
    assert [body["msg_type"] for body in receiver.bodies] == ["text"]
    assert "was taken back: it is surely worse" in str(receiver.bodies[0])


def test_a_shadow_is_asked_and_answers_nobody(two: Path) -> None:
    with server(two) as found:
        live.start_rollout(two, 2, mode="shadow", percent=100)
        until = time.monotonic() + 60
        while not live.rollout_status(two).trial.answers and time.monotonic() < until:  # until it is loaded
            met = ask_as(found, 10, rows_of(two)[:5])
            assert set.union(*met.values()) == {1}
            time.sleep(0.5)
        verdict = live.rollout_status(two)
    answers = traffic_of(Store(two)).read("answers")
    shadowed = [row for row in answers.to_pylist() if row["arm"] == TRIAL]
    assert {row["release"] for row in shadowed} == {2}
    assert 0 < verdict.trial.answers <= verdict.current.answers
    assert {row["id"] for row in shadowed} <= {row["id"] for row in answers.to_pylist() if row["arm"] != TRIAL}


def test_finish_makes_it_the_release_that_answers(two: Path) -> None:
    live.start_rollout(two, 2)
    with pytest.raises(UsageError, match="on trial already"):
        live.start_rollout(two, 2)
    live.finish_rollout(two)
    assert current_number(Store(two)) == 2
    assert current_rollout(Store(two)) is None
    with pytest.raises(UsageError, match="no release is on trial"):
        live.stop_rollout(two)
    with pytest.raises(UsageError, match="the one that answers"):
        live.start_rollout(two, 2)


def test_the_split_is_as_large_as_stated_and_another_for_another_rollout() -> None:
    def drawn(name: str) -> set[int]:
        rollout = Rollout(id=name, release=2, beside=1, mode="canary", percent=10, started="2026-11-22T00:00:00+00:00")
        return {user for user in range(5_000) if is_on_trial(rollout, f"u{user}")}

    first, second = drawn("a"), drawn("b")
    assert 400 < len(first) < 600
    assert len(first & second) < 120
