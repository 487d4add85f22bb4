"""The risk register of the project file: what could go wrong, how it is noticed, and who acts."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from breakeven.records.condition import Condition
from breakeven.records.record import Record


class Risk(Record):
    """A risk is breached while its `threshold` holds, as `runway_months < 6`; then `owner` does `action`."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    threshold: Condition
    owner: str = ""
    action: str = ""
