"""What a user was offered by a seller: his own prices, which go before all price tables."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from breakeven.records.record import Record

MACHINE_UNITS = ("gpu/hour", "hour", "month")
"""After the currency: what a machine, or each of its GPUs, costs an hour, or a month of 730 hours."""
MODEL_UNITS = (
    "1m input tokens", "1m output tokens", "1m cached tokens", "1m batch input tokens", "1m batch output tokens",
)


def _iso_date(text: str) -> str:
    """A day, a month or a year."""
    try:
        date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        raise ValueError(f"{text!r} is not a date such as 2026-09-17, 2026-09 or 2026") from None
    return text


Dated = Annotated[str, AfterValidator(_iso_date)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z]{3}$")]


class Quote(Record):
    """A price that a seller named; `unit` begins with a currency: `cny/gpu/hour`, `usd/1m input tokens`."""

    machine: str = ""
    """A machine of the price tables (`AWS/p5.48xlarge`), or a name of your own."""
    gpu: str = ""
    gpus: Annotated[int, Field(ge=0, le=100_000)] | None = None
    cores: Annotated[int, Field(ge=1)] | None = None
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    model: str = ""
    """A hosted model, as in `[[alternative]]`."""
    price: Annotated[float, Field(gt=0)]
    unit: str
    terms: Literal["on demand", "spot", "reserved"] = "on demand"
    months: Annotated[int, Field(ge=1, le=120)] | None = None
    source: Annotated[str, Field(min_length=1)]
    """Who said so: the seller, the offer's number."""
    date: Dated

    @model_validator(mode="after")
    def is_of_one_thing(self) -> Quote:
        if bool(self.model) == bool(self.machine or self.gpu):
            raise ValueError("name a machine or a gpu, or else a model")
        known = MODEL_UNITS if self.model else MACHINE_UNITS
        if len(self.currency) != 3 or self.per not in known:
            raise ValueError(f"the unit is a currency and one of {', '.join('/' + unit for unit in known)}")
        return self

    @property
    def currency(self) -> str:
        return self.unit.partition("/")[0].strip().upper()

    @property
    def per(self) -> str:
        """What the price is for: the unit without its currency."""
        return self.unit.partition("/")[2].strip()


class Money(Record):
    """The currency that money is shown in, and what a dollar is in it; without a rate that of the tables."""

    currency: Code = "USD"
    rate: Annotated[float, Field(gt=0)] | None = None
    date: Dated | None = None
