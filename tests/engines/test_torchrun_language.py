"""Language models trained by a group of processes, as the torchrun engine starts it."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("transformers")

from breakeven.engines.torchrun import TorchrunEngine
from breakeven.models.language_model import MODEL
from breakeven.project import read_project
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.job import Job, Limits
from breakeven.records.means import Means
from breakeven.records.project import Compute
from breakeven.stages.audit import audit
from breakeven.store import Store
from breakeven.tasks import task_named
from tests.models.checkpoints import make_checkpoint

PROJECT = '[product]\nname = "bard"\ntask = "language-model"\n[data]\ntrain = "plays.txt"\nanswer = "text"\n'


def language_job(folder: Path, place: int) -> Job:
    """A job that trains the candidate of that place: from scratch, or a tiny Llama."""
    folder.mkdir()
    make_checkpoint("llama", folder / "llama")
    scene = "KING {}:\nWho comes here, and what brings you to the hall?\n\n"
    (folder / "plays.txt").write_text("".join(scene.format(number % 7) for number in range(120)), encoding="utf-8")
    (folder / "breakeven.toml").write_text(PROJECT, encoding="utf-8")
    store = Store(folder)
    dataset = audit(read_project(folder / "breakeven.toml"), folder, store).dataset
    assert dataset is not None
    means = Means(folder=str(folder), language_models=("llama",))
    proposed = MODEL.propose(dataset, task_named(dataset.task), means)
    assert not isinstance(proposed, Refusal)
    candidate: Candidate = proposed[place]
    return Job(
        kind="train", digest="job", folder=str(folder / "job"), limits=Limits(seconds=400, bytes=8_000_000_000, aim=30),
        threads=2, candidate=candidate, dataset=dataset, metric="bits_per_byte", distributed=MODEL.distributed,
        data_folder=str(store.folder / dataset.folder), cache=str(folder / "cache"),
    )  # fmt: skip


@pytest.mark.parametrize("place", [0, 1], ids=["scratch", "pretrained"])
def test_a_language_model_is_trained_by_two_processes(tmp_path: Path, place: int) -> None:
    job = language_job(tmp_path / "p", place)
    Path(job.folder).mkdir()
    engine = TorchrunEngine()
    engine.prepare(2, Compute(train_on="torchrun", processes=2))
    try:
        result = engine.run(job, lambda step: None)
    finally:
        engine.close()
    assert result.outcome == "done", (Path(job.folder) / "log.txt").read_text()[-3000:]
    (curve,) = result.curves
    assert curve.points[-1].loss < curve.points[0].loss
    assert not list(Path(job.folder).glob(".rank-*"))
    assert not list((tmp_path / "p" / "cache").glob("training/*"))
    predictor = MODEL.load(Path(job.folder) / "artifact", None)  # type: ignore[arg-type]
    assert "".join(predictor.stream("KING 3:", 20, temperature=0))
