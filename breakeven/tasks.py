"""The named tasks, one row each. A new task from known parts is one more row."""

from __future__ import annotations

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.task import Task

TASKS: tuple[Task, ...] = (
    Task(name="text-classification", input="text", output="label", metric="macro_f1", split="stratified"),
    Task(name="sentiment", input="text", output="label", metric="macro_f1", split="stratified"),
    Task(name="tabular-classification", input="row", output="label", metric="roc_auc", split="stratified"),
    Task(name="regression", input="row", output="number", metric="rmse"),
    Task(name="language-model", input="text", output="text", metric="bits_per_byte"),
)


def task_named(name: str) -> Task:
    """The task of that name. Raises UsageError with the known names."""
    for task in TASKS:
        if task.name == name:
            return task
    raise UsageError(
        say("there is no task {name}", name=name),
        "product.task",
        say("known tasks: {names}", names=[task.name for task in TASKS]),
    )
