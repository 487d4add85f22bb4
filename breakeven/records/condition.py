"""A condition on a metric, `macro_f1 >= 0.85`: the gates of the road map and the thresholds of risks."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any, Literal

from pydantic import model_validator

from breakeven.records.quantity import Quantity
from breakeven.records.record import Record

HOLDS: dict[str, Callable[[float, float], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt,
}
SIGNS = {"≥": ">=", "≤": "<=", "=>": ">=", "=<": "<="}
WRITTEN = re.compile(r"^\s*([A-Za-z_][A-Za-z0-9_]*)\s*(>=|<=|=>|=<|≥|≤|>|<)\s*(\S.*?)\s*$")


class Condition(Record):
    """`metric` `sign` `bound`; the bound is written as a number or a percentage."""

    metric: str
    sign: Literal[">=", "<=", ">", "<"]
    bound: float

    @model_validator(mode="before")
    @classmethod
    def read(cls, raw: Any) -> Any:
        if not isinstance(raw, str):
            return raw
        found = WRITTEN.match(raw)
        if not found:
            raise ValueError('a condition is written as "macro_f1 >= 0.85": a metric, one of >= <= > <, a number')
        metric, sign, bound = found.groups()
        quantity = Quantity.model_validate(bound)
        if quantity.low is not None:
            raise ValueError("a condition takes one number, not a range")
        return {"metric": metric, "sign": SIGNS.get(sign, sign), "bound": quantity.value}

    def holds(self, value: float) -> bool:
        """Whether a value of the metric satisfies it."""
        return HOLDS[self.sign](value, self.bound)

    def __str__(self) -> str:
        return f"{self.metric} {self.sign} {self.bound:,.10g}"
