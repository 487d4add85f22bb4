"""How much of the best a serving engine reaches: few coefficients with physical names, fitted on published runs.

`data/serving.csv` holds each with its value, what was assumed before any run was seen (`prior`, with `sigma` of its
logarithm) and what it means. `benchmarks/planner/fit_serving.py` writes it. The rows `spread.*` are standard
deviations of the logarithm of what was published over what was predicted for groups of runs left out of the fit.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@cache
def rows() -> tuple[Mapping[str, str], ...]:
    """The rows of the table, as text."""
    text = files("breakeven.estimate").joinpath("data", "serving.csv").read_text(encoding="utf-8")
    return tuple(csv.DictReader(text.splitlines()))


@cache
def coefficients() -> Mapping[str, float]:
    """Every coefficient by name: shares of one (`compute.*`, `memory.*`, `link`, `share.*`) and seconds."""
    return MappingProxyType({row["name"]: float(row["value"]) for row in rows() if row["value"]})


def spread(mode: str) -> float:
    """Standard deviation of the logarithm of the error in a mode (`single`, `static`, `offline`, `server`)."""
    return coefficients()[f"spread.{mode}"]
