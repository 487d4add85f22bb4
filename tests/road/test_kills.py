"""Killed at any moment, a run goes on with the same command, repeats nothing, and releases the same."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from breakeven.records.job import Result
from breakeven.store import Store
from tests.road.projects import command, environment, make_project

KILLS = 20


def start(project: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "breakeven", "run", str(project), "--json"],
        env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def finished_work(project: Path) -> dict[str, int]:
    """Every finished training job with the time its result was written; reading each proves that it is whole."""
    found = {}
    for path in project.glob(".breakeven/jobs/*/result.json"):
        result = Result.model_validate_json(path.read_bytes())
        if result.outcome in ("done", "refused"):
            found[str(path)] = path.stat().st_mtime_ns
    for path in project.glob(".breakeven/records/**/*.json"):
        json.loads(path.read_bytes())
    return found


def kill_somebody(run: subprocess.Popen[bytes], chance: random.Random) -> None:
    """End the run or, half the time, only its worker."""
    workers = psutil.Process(run.pid).children(recursive=True) if run.poll() is None else []
    if workers and chance.random() < 0.5:
        workers[0].send_signal(signal.SIGKILL)
        time.sleep(0.2)
    run.kill()
    run.wait()
    psutil.wait_procs(workers, timeout=5)
    assert not [worker for worker in workers if worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE]


@pytest.mark.slow
def test_twenty_kills_at_random_moments(tmp_path: Path) -> None:
    target = "at_least = 0.999999"
    unbroken = make_project(tmp_path / "unbroken", task="tabular-classification", target=target)
    broken = make_project(tmp_path / "broken", task="tabular-classification", target=target)
    begun = time.monotonic()
    assert command("run", unbroken, "--json").returncode == 3
    whole = time.monotonic() - begun
    chance = random.Random(7)
    kept: dict[str, int] = {}
    for _ in range(KILLS):
        run = start(broken)
        time.sleep(chance.uniform(0.2, max(1.0, whole * 0.6)))
        kill_somebody(run, chance)
        now = finished_work(broken)
        assert {path: now.get(path) for path in kept} == kept, "finished work was repeated or lost"
        kept = now
    assert command("run", broken, "--json").returncode == 3
    assert {path: finished_work(broken).get(path) for path in kept} == kept
    first, second = Store(unbroken).current_release(), Store(broken).current_release()
    assert first is not None
    assert second is not None
    assert first.files == second.files
    assert first.test == second.test


def test_ctrl_c_keeps_what_was_done(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", task="tabular-classification", target="at_least = 0.999999")
    run = start(project)
    until = time.monotonic() + 60
    while not finished_work(project) and time.monotonic() < until:
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    assert run.wait(timeout=60) == 4
    finished = Store(project).run()
    assert finished.outcome == "stopped"
    assert finished.rungs[0].outcome == "trained"
    assert finished.release is not None
