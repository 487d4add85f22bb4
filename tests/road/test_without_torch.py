"""A user who has not installed the extra: `run` says what the upper rungs need, cost and probably bring, and works."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.road.projects import command, make_project

HIDES = """
from importlib.machinery import PathFinder

EXTRA = {"torch", "transformers", "tokenizers", "peft", "accelerate", "onnxruntime"}
found = PathFinder.find_spec
PathFinder.find_spec = classmethod(
    lambda cls, name, path=None, target=None: None if name.split(".")[0] in EXTRA else found(name, path, target)
)
"""
UPPER = ("embed", "small_net", "finetune", "lora", "distilled")


@pytest.fixture
def bare(tmp_path: Path) -> str:
    """A folder that makes every Python that starts with it find no library of the extra, as where none is installed."""
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text(HIDES, encoding="utf-8")
    return str(tmp_path / "bare")


def test_run_without_the_extra_tells_what_the_upper_rungs_need_take_and_bring(tmp_path: Path, bare: str) -> None:
    project = make_project(tmp_path / "p")
    only = ",".join(("baseline", "linear", *UPPER))
    done = command("run", project, "--only", only, "--budget-seconds", "600", "--json", PYTHONPATH=bare)
    assert done.returncode in (0, 3), done.stderr
    rungs = {each["name"]: each for each in json.loads(done.stdout)["candidates"]}
    assert rungs["linear"]["outcome"] == "trained"
    for name in UPPER:
        assert rungs[name]["outcome"] == "refused"
        assert "pip install 'breakeven[torch]'" in rungs[name]["reason"]
    shown = " ".join(command("show", "--project", project, PYTHONPATH=bare).stdout.split())
    assert "all-MiniLM-L6-v2 (Apache-2.0, 91 MB) it would train in about" in shown
    assert "of the mistakes of one without" in shown
