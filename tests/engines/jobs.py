"""Training jobs on a small table, and a family of models that trains in several processes."""

from __future__ import annotations

import csv
from pathlib import Path

from breakeven.engines.engine import Engine
from breakeven.interfaces.verbs import init
from breakeven.models.artifact import PREDICTIONS
from breakeven.project import read_project
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Dataset
from breakeven.records.job import Job, Limits, Result
from breakeven.stages.audit import audit
from breakeven.store import Store
from tests.road.projects import make_project

PLENTY = Limits(seconds=120, bytes=8_000_000_000)


def table(folder: Path) -> tuple[Store, Dataset]:
    """A store that holds a small table for classification, and its dataset."""
    project = make_project(folder, task="tabular-classification")
    store = Store(project)
    dataset = audit(read_project(project), project, store).dataset
    assert dataset is not None
    return store, dataset


def training_job(
    held: tuple[Store, Dataset], family: str, folder: Path, seed: int = 0, limits: Limits = PLENTY,
    distributed: bool = False, threads: int = 1,
) -> Job:  # fmt: skip
    """A job that trains a family; it works in a folder below `folder`."""
    store, dataset = held
    name = f"{family}-{seed}"
    return Job(
        kind="train", digest=name, folder=str(folder / name), limits=limits, seed=seed, threads=threads,
        candidate=Candidate(name=name, family=f"{family}/1", cost_rank=1), dataset=dataset, metric="roc_auc",
        data_folder=str(store.folder / dataset.folder), distributed=distributed,
    )  # fmt: skip


def predictions(engine: Engine, jobs: list[Job]) -> dict[str, bytes]:
    """What each job predicted, as the bytes that it left."""
    ended: dict[str, Result] = {job.digest: result for job, result in engine.run_many(jobs, lambda job, step: None)}
    assert {result.outcome for result in ended.values()} == {"done"}, ended
    return {job.digest: (Path(job.folder) / PREDICTIONS).read_bytes() for job in jobs}


def demo(folder: Path, compute: str) -> Path:
    """The project of the template support-en with its first 400 rows, trained as `compute` says."""
    init(folder, "support-en")
    with (folder / "messages.csv").open(newline="", encoding="utf-8") as text:
        rows = list(csv.reader(text))[:401]
    with (folder / "messages.csv").open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows(rows)
    file = folder / "breakeven.toml"
    told = file.read_text(encoding="utf-8")
    assert "[compute]" not in told
    file.write_text(f"{told}\n[compute]\n{compute}\n", encoding="utf-8")
    return folder


GROUP_FAMILY = '''
"""A family for tests: its processes add their ranks, and rank 0 keeps the sum."""
import os
import time

import numpy as np
import torch
import torch.distributed as dist

from breakeven.core.words import say
from breakeven.models.model import Model, Trained


class Group(Model):
    name = "group"
    distributed = True

    def describe(self):
        return say("a family for tests")

    def propose(self, dataset, task, means):
        raise NotImplementedError

    def train(self, work):
        dist.init_process_group("gloo")
        total = torch.tensor([dist.get_rank() + 1.0])
        dist.all_reduce(total)
        work.progress(0.5, float(total))
        if os.environ.get("GROUP_SLEEPS"):
            time.sleep(60)
        (work.artifact / "sum.txt").write_text(f"{dist.get_rank()} {float(total)}")
        told = {"sum": float(total), "processes": dist.get_world_size(), "threads": work.threads}
        dist.destroy_process_group()
        return Trained(np.zeros((len(work.scored), len(work.dataset.labels)), "float32"), settings=told)

    def load(self, folder, artifact):
        raise NotImplementedError


MODEL = Group()
'''


def install_group_family(folder: Path) -> None:
    """Make a folder that holds the family as a stranger's package does, found by its entry point."""
    folder.mkdir()
    (folder / "group_family.py").write_text(GROUP_FAMILY, encoding="utf-8")
    told = folder / "group_family-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text("Metadata-Version: 2.1\nName: group-family\nVersion: 1.0\n", encoding="utf-8")
    (told / "entry_points.txt").write_text("[breakeven.models]\ngroup = group_family:MODEL\n", encoding="utf-8")
