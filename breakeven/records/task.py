"""A task is data: what comes in, what goes out, and how it is judged when the project does not say."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record


class Task(Record):
    """A named pair of input and output with its default metric and split."""

    name: str
    input: str
    output: str
    metric: str
    split: Literal["stratified", "random"] = "random"
