"""The torchrun engine: a group of real processes behind the wall, its limits and its end."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import psutil
import pytest

from breakeven.core.errors import UsageError
from breakeven.engines.engine import Progress
from breakeven.engines.local import LocalEngine
from breakeven.engines.torchrun import TorchrunEngine
from breakeven.records.job import Limits
from breakeven.records.project import Compute
from tests.engines.jobs import PLENTY, demo, install_group_family, predictions, table, training_job
from tests.road.projects import command

pytest.importorskip("torch", reason="torchrun is part of torch: pip install 'breakeven[torch]'")
TWO = Compute(train_on="torchrun", processes=2)


@pytest.fixture
def group_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_group_family(tmp_path / "theirs")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "theirs"), os.environ.get("PYTHONPATH", "")]))


@pytest.fixture
def engine():
    made = TorchrunEngine()
    room = made.prepare(2, TWO)
    assert (room.jobs, room.threads, room.processes, room.machines) == (1, 2, 2, 1.0)
    yield made
    made.close()


def processes_on(folder: Path) -> list[psutil.Process]:
    """Every process that was started for a job below a folder."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = " ".join(process.info["cmdline"] or ())
        if str(folder) in words and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(process)
    return found


@pytest.mark.usefixtures("group_family")
def test_two_processes_work_on_one_job_and_rank_0_leaves_the_result(tmp_path: Path, engine: TorchrunEngine):
    job = training_job(table(tmp_path / "p"), "group", tmp_path / "jobs", distributed=True, threads=2)
    result = engine.run(job, lambda step: None)
    assert result.outcome == "done", (Path(job.folder) / "log.txt").read_text()
    assert {name: result.values[name] for name in ("sum", "processes", "threads")} == {
        "sum": 3.0, "processes": 2, "threads": 1,
    }  # fmt: skip
    assert (Path(job.folder) / "artifact" / "sum.txt").read_text() == "0 3.0"
    assert not list(Path(job.folder).glob(".rank-*")), "the other process cleared up behind it"
    assert result.bill.peak_bytes > 2 * 100_000_000, "the memory of the whole group is counted"


@pytest.mark.usefixtures("group_family")
def test_an_interrupt_and_a_limit_end_every_process_of_the_group(
    tmp_path: Path, engine: TorchrunEngine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("GROUP_SLEEPS", "1")
    held = table(tmp_path / "p")

    def interrupt(step: Progress) -> None:
        if step.share:
            assert len(processes_on(tmp_path / "jobs")) == 3, "torchrun and two workers"
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        engine.run(training_job(held, "group", tmp_path / "jobs", distributed=True, threads=2), interrupt)
    assert not processes_on(tmp_path / "jobs")
    short = Limits(seconds=60, bytes=150_000_000)
    job = training_job(held, "group", tmp_path / "jobs", seed=1, limits=short, distributed=True, threads=2)
    result = engine.run(job, lambda step: None)
    assert result.outcome == "stopped"
    assert result.reason is not None
    assert "GB of memory" in str(result.reason.message())
    time.sleep(0.2)
    assert not processes_on(tmp_path / "jobs")


def test_a_job_for_one_process_is_the_local_one(tmp_path: Path, engine: TorchrunEngine):
    held = table(tmp_path / "p")
    local = predictions(LocalEngine(), [training_job(held, "linear", tmp_path / "local", limits=PLENTY)])
    assert predictions(engine, [training_job(held, "linear", tmp_path / "here")]) == local


def test_the_demo_on_torchrun(tmp_path: Path):
    project = demo(tmp_path / "p", 'train_on = "torchrun"\nprocesses = 2')
    done = command("run", project, "--only", "baseline,linear", "--budget-seconds", "900", "--json")
    assert done.returncode in (0, 3), done.stderr
    told = json.loads(done.stdout)
    assert [rung["outcome"] for rung in told["candidates"]] == ["trained", "trained"]
    assert told["release"]


def test_without_torch_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("breakeven.engines.torchrun.find_spec", lambda name: None)
    with pytest.raises(UsageError) as caught:
        TorchrunEngine().check(TWO)
    assert "pip install 'breakeven[torch]'" in str(caught.value.lines()[2])
