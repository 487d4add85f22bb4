"""Releases that write, made in seconds: n-grams of Chinese answers, and a tiny decoder of the transformers library."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from breakeven.models import MODELS
from breakeven.models.artifact import load_artifact
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate
from breakeven.records.dataset import Column
from breakeven.serving.measuring import _make_release
from breakeven.store import Store
from breakeven.testing import TOY_TASKS, toy_work

TASK = next(task for task in TOY_TASKS if task.output == "text")
ANSWERS = ("我们会查包裹。", "账单已退还给您。", "请重新启动应用。")
QUESTIONS = ("parcel {n} is late", "invoice {n} paid twice", "app {n} does not start")
ROWS = pa.table({
    "message": pa.array([QUESTIONS[n % 3].format(n=n) for n in range(120)], pa.large_string()),
    "answer": pa.array([ANSWERS[n % 3] for n in range(120)], pa.large_string()),
})  # fmt: skip
CHAT = ({"role": "user", "content": "invoice paid twice"},)


def counted(project: Path) -> Path:
    """A project whose release answers in Chinese; its tokens are bytes."""
    work = toy_work(TASK, Candidate(name="ngram", family="ngram/1", cost_rank=1), project / "work")
    work.artifact.mkdir(parents=True, exist_ok=True)
    MODELS.get("ngram").train(replace(work, rows=ROWS))
    return _released(project, work.artifact, "ngram/1")


def pretrained(project: Path, kind: str = "llama") -> Path:
    """A project whose release is a decoder with random weights and a template for chats."""
    from tests.models.checkpoints import make_checkpoint

    folder = project / "work" / "artifact"
    make_checkpoint(kind, folder / "model", chats=True)
    settings = {"kind": "transformers", "context": 127, "prompts": ["message"], "answer": "answer", "chat": True}
    (folder / "language_model.json").write_text(json.dumps(settings))
    return _released(project, folder, "language_model/1")


def _released(project: Path, folder: Path, family: str) -> Path:
    columns = tuple(Column(name=name, kind="text", missing=0, distinct=120) for name in ROWS.column_names)
    made = Artifact(family=family, task="language-model", input="text", output="text", columns=columns, answer="answer")
    (folder / "artifact.json").write_text(made.model_dump_json())
    (project / "breakeven.toml").write_text('[product]\nname = "toy"\ntask = "language-model"\n')
    artifact, predictor = load_artifact(folder)
    _make_release(Store(project), folder, artifact, predictor, ROWS)
    return project
