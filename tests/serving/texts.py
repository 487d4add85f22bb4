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


def from_scratch(project: Path, width: int = 256, layers: int = 6) -> Path:
    """A project whose release is a decoder of ours with random weights; its tokens are bytes."""
    import torch

    from breakeven.models.nn.gpt import Gpt, GptShape
    from breakeven.models.nn.language_answers import save_language_model
    from breakeven.models.nn.language_tokens import BYTES, ByteTokens
    from breakeven.models.rendering import Reading

    torch.manual_seed(0)
    net = Gpt(GptShape(vocabulary=BYTES, layers=layers, heads=4, width=width, context=256))
    folder = project / "work" / "artifact"
    folder.mkdir(parents=True)
    save_language_model(folder, net, ByteTokens.learn(ANSWERS, BYTES), Reading(("message",), "answer"), chat=True)
    return _released(project, folder, "language_model/1")


def pretrained(project: Path, width: int = 32, layers: int = 2, places: int = 128) -> Path:
    """A project whose release is a decoder with random weights and a template for chats."""
    from tests.models.checkpoints import make_checkpoint

    folder = project / "work" / "artifact"
    make_checkpoint("llama", folder / "model", chats=True)
    _grown(folder / "model", width, layers, places)
    settings = {"kind": "transformers", "context": 64, "prompts": ["message"], "answer": "answer", "chat": True}
    (folder / "language_model.json").write_text(json.dumps(settings))
    return _released(project, folder, "language_model/1")


def _grown(folder: Path, width: int, layers: int, places: int) -> None:
    """The checkpoint in another size."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM

    torch.manual_seed(0)
    config = AutoConfig.from_pretrained(folder)
    config.update({"hidden_size": width, "num_hidden_layers": layers, "intermediate_size": 4 * width,
                   "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": width // 4,
                   "max_position_embeddings": places})  # fmt: skip
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)


def _released(project: Path, folder: Path, family: str) -> Path:
    columns = tuple(Column(name=name, kind="text", missing=0, distinct=120) for name in ROWS.column_names)
    made = Artifact(family=family, task="language-model", input="text", output="text", columns=columns, answer="answer")
    (folder / "artifact.json").write_text(made.model_dump_json())
    (project / "breakeven.toml").write_text('[product]\nname = "toy"\ntask = "language-model"\n')
    artifact, predictor = load_artifact(folder)
    _make_release(Store(project), folder, artifact, predictor, ROWS)
    return project
