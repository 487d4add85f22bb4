"""Numbers of the project file: quantities that may be ranges, shares, money, counts and months."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, Field, model_validator

from breakeven.records.record import Record

LONGEST_PLAN = 120
SIZES = {"K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}
"""What people write behind a number: 7B parameters, 2T tokens, 500k requests."""


class Quantity(Record):
    """A number of the project file that may be a range: `5`, `"5%"`, `"7B"`, `"5%..15%"`; `value` is its middle."""

    value: float
    low: float | None = None
    high: float | None = None

    @model_validator(mode="before")
    @classmethod
    def read(cls, raw: Any) -> Any:
        if isinstance(raw, bool):
            raise ValueError("a number or a range such as \"5%..15%\" is expected")
        if isinstance(raw, int | float):
            return {"value": raw}
        return _read_range(raw) if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def is_upright(self) -> Quantity:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError("the range is upside down: its first number is larger than its second")
        return self


class MeasuredQuantity(Quantity):
    """A measurement in the place of a number of the project file; no project file can say so. `source` is on what."""

    source: str


def _read_range(text: str) -> dict[str, float]:
    ends = [_read_number(end) for end in text.split("..")]
    if len(ends) == 1:
        return {"value": ends[0]}
    if len(ends) > 2:
        raise ValueError("a range has two ends: \"low..high\"")
    return {"value": (ends[0] + ends[1]) / 2, "low": ends[0], "high": ends[1]}


def _read_number(text: str) -> float:
    text = text.strip().replace("_", "").replace(",", "")
    size = SIZES.get(text[-1:], 1.0)
    bare = text[:-1] if text.endswith("%") or size != 1.0 else text
    try:
        return float(bare) / 100 if text.endswith("%") else float(bare) * size
    except ValueError:
        raise ValueError(f"{text!r} is not a number") from None


def _not_negative(quantity: Quantity) -> Quantity:
    if (quantity.value if quantity.low is None else quantity.low) < 0:
        raise ValueError("must not be negative")
    return quantity


def _part_of_one(quantity: Quantity) -> Quantity:
    if (quantity.value if quantity.high is None else quantity.high) > 1:
        raise ValueError("is a part of one: between 0 and 1, or \"0%\" and \"100%\"")
    return _not_negative(quantity)


Amount = Annotated[Quantity, AfterValidator(_not_negative)]
Share = Annotated[Quantity, AfterValidator(_part_of_one)]
Money = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Month = Annotated[int, Field(ge=1, le=LONGEST_PLAN)]
NONE = Quantity(value=0.0)
