"""Docs cannot go stale: every model, check, metric and setting has its place in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel

from breakeven.checks import CHECKS
from breakeven.models import MODELS
from breakeven.outputs import OUTPUTS
from breakeven.project import _record_in
from breakeven.records.condition import Condition
from breakeven.records.project import Project
from breakeven.records.quantity import Quantity
from breakeven.tasks import TASKS

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", MODELS.names())
def test_every_model_has_its_page(name: str) -> None:
    assert (DOCS / "models" / f"{name}.md").read_text(encoding="utf-8").startswith(f"# {name}")


@pytest.mark.parametrize("name", CHECKS.names())
def test_every_check_has_its_page(name: str) -> None:
    assert (DOCS / "checks" / f"{name}.md").read_text(encoding="utf-8").startswith(f"# {name}")


@pytest.mark.parametrize("name", OUTPUTS.names())
def test_every_metric_is_explained(name: str) -> None:
    text = (DOCS / "metrics.md").read_text(encoding="utf-8")
    assert [metric for metric in OUTPUTS.get(name).metrics() if f"`{metric}`" not in text] == []


def settings(record: type[BaseModel]) -> set[str]:
    """Every key of the project file, however deep."""
    found = set()
    for name, field in record.model_fields.items():
        found.add(name)
        inner = _record_in(field.annotation)
        if inner and inner not in (Quantity, Condition):
            found |= settings(inner)
    return found


def test_every_setting_and_task_is_explained() -> None:
    text = (DOCS / "project.md").read_text(encoding="utf-8")
    unnamed = [key for key in settings(Project) if f"`{key}`" not in text and f"[{key}]" not in text
               and f"[[{key}]]" not in text and f".{key}]]" not in text]
    assert unnamed == []
    assert [task.name for task in TASKS if f"`{task.name}`" not in text] == []


def test_decision_notes_are_short_and_numbered() -> None:
    notes = sorted((DOCS / "decisions").glob("*.md"))
    assert notes
    numbers = [note.name[:4] for note in notes]
    assert len(set(numbers)) == len(numbers), "two notes have one number"
    assert all(number.isdigit() for number in numbers)
    assert [note.name for note in notes if note.read_text(encoding="utf-8").count("\n") > 40] == []
