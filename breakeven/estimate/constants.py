"""The constants of the memory model, with where they come from: `data/memory.json`."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


@cache
def constants() -> dict[str, float]:
    """Constants by name; bytes unless the name says otherwise. Fitting them anew changes this dictionary in place."""
    text = files("breakeven.estimate").joinpath("data", "memory.json").read_text(encoding="utf-8")
    return {name: float(value) for name, value in json.loads(text).items() if isinstance(value, int | float)}
