"""A whole fine-tuning job, killed at random moments: the same command goes on and ends as an unbroken one does."""

from __future__ import annotations

import multiprocessing
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import pytest

pytest.importorskip("transformers")

from breakeven.models.artifact import PREDICTIONS
from breakeven.models.finetune import MODEL
from breakeven.project import read_project
from breakeven.records.candidate import Refusal
from breakeven.records.job import Job, Limits, Result
from breakeven.records.means import Means
from breakeven.stages.audit import audit
from breakeven.store import Store
from breakeven.tasks import task_named
from breakeven.worker import main as worker
from tests.models.checkpoints import make_checkpoint
from tests.road.projects import environment, make_project

HEAVY = ("breakeven.models.nn.finetuning", "breakeven.models.nn.export", "onnx", "sklearn.linear_model")


class Process(Protocol):
    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def wait(self, timeout: float | None = None) -> int | None: ...


class Fork:
    """A worker forked from a process that has the libraries loaded, as the nursery of the engines does it."""

    def __init__(self, file: Path) -> None:
        processes = multiprocessing.get_context("forkserver")
        processes.set_forkserver_preload(list(HEAVY))
        self.process = processes.Process(target=worker, args=([str(file)],))
        self.process.start()

    def poll(self) -> int | None:
        return self.process.exitcode

    def kill(self) -> None:
        self.process.kill()

    def wait(self, timeout: float | None = None) -> int | None:
        self.process.join(timeout)
        return self.process.exitcode


def command(file: Path) -> subprocess.Popen[bytes]:
    """The worker as it is started by hand."""
    with (file.parent / "log.txt").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "breakeven.worker", str(file)], stdout=log, stderr=log,
                                env=environment(OMP_NUM_THREADS="1"))  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job that fine-tunes a tiny BERT on a few rows; it keeps a checkpoint as often as it can."""
    folder = tmp_path_factory.mktemp("finetune")
    make_checkpoint("bert", folder / "bert")
    project = make_project(folder / "project", rows=160)
    store = Store(project)
    dataset = audit(read_project(project), project, store).dataset
    assert dataset is not None
    proposed = MODEL.propose(dataset, task_named(dataset.task), Means(folder=str(folder), encoders=("bert",)))
    assert not isinstance(proposed, Refusal)
    candidate = proposed[0].model_copy(update={"settings": (*proposed[0].settings, ("checkpoint_seconds", 0.0))})
    return Job(
        kind="train", digest="finetune", folder=str(folder), limits=Limits(seconds=900, bytes=8_000_000_000),
        candidate=candidate, dataset=dataset.model_copy(update={"folds": 2}), metric="macro_f1",
        data_folder=str(store.folder / dataset.folder),
    )  # fmt: skip


def job_file(template: Job, folder: Path) -> Path:
    """The job in a folder of its own, with a cache of its own."""
    folder.mkdir()
    job = template.model_copy(update={"folder": str(folder), "cache": str(folder / "cache")})
    (folder / "job.json").write_text(job.model_dump_json())
    return folder / "job.json"


def finish(start: Callable[[Path], Process], file: Path) -> Result:
    assert start(file).wait(timeout=600) == 0
    return Result.model_validate_json((file.parent / "result.json").read_bytes())


def kill_in_training(start: Callable[[Path], Process], file: Path, seconds: float) -> bool:
    """Start the worker, kill it so many seconds after it began to train; whether it was still at work then."""
    (file.parent / "progress.json").unlink(missing_ok=True)
    worker = start(file)
    until = time.monotonic() + 60
    while not (file.parent / "progress.json").exists() and worker.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    time.sleep(seconds)
    at_work = worker.poll() is None
    worker.kill()
    worker.wait()
    return at_work


def told(result: Result, folder: Path) -> dict[str, object]:
    """All that must not depend on kills: losses and steps of every fold's net, and its answers to the bit."""
    return {
        "loss": result.values["loss"],
        "curves": [[(point.step, point.tokens, point.loss) for point in curve.points] for curve in result.curves],
        "train_value": result.values["train_value"],
        "predictions": (folder / PREDICTIONS).read_bytes(),
    }


def compare(template: Job, folder: Path, kills: int, chance: random.Random, start: Callable[[Path], Process]) -> None:
    whole = job_file(template, folder / "whole")
    begun = time.monotonic()
    expected = finish(start, whole)
    seconds = min(time.monotonic() - begun, float(expected.values["trained_seconds"] or 0.0))
    broken = job_file(template, folder / "broken")
    struck = sum(kill_in_training(start, broken, chance.uniform(0.0, seconds * 0.7)) for _ in range(kills))
    assert struck >= kills - 1, "too few of the kills came while it was training"
    assert list(broken.parent.glob("cache/checkpoints/*/*/checkpoint.safetensors")) or struck == 0
    result = finish(start, broken)
    assert told(result, broken.parent) == told(expected, whole.parent)
    assert len(expected.curves) == len({curve.name for curve in expected.curves}) > 1, "every fold has its curve"
    assert not list((broken.parent / "cache" / "checkpoints").iterdir()), "what a finished run kept is gone"


def test_killed_in_the_middle_it_ends_the_same(template: Job, tmp_path: Path) -> None:
    compare(template, tmp_path, 3, random.Random(11), Fork)


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("BREAKEVEN_SLOW"), reason="ten kills take two minutes (set BREAKEVEN_SLOW=1)")
def test_killed_ten_times_it_ends_the_same(template: Job, tmp_path: Path) -> None:
    compare(template, tmp_path, 10, random.Random(12), command)
