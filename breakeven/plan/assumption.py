"""Values of the project file as figures: what the user wrote, or the default that stands in for it."""

from __future__ import annotations

from dataclasses import replace

from breakeven.core.figure import Figure, assumed, measured
from breakeven.records.quantity import MeasuredQuantity, Quantity
from breakeven.records.record import Record

DEFAULT = "default"


def assumption(owner: Record, field: str, unit: str, name: str, table: str) -> Figure:
    """The figure of `owner.field`: assumed, with the key of the project file as its source, or `default`.

    A range uses its middle; its ends stay on the figure. `table` is how the project file calls the owner. What was
    measured in its place is measured.
    """
    value = getattr(owner, field)
    if isinstance(value, MeasuredQuantity):
        return replace(measured(value.value, unit, name, value.source), low=value.low, high=value.high)
    quantity = value if isinstance(value, Quantity) else Quantity(value=float(value))
    source = f"breakeven.toml {table}.{field}" if field in owner.model_fields_set else DEFAULT
    return assumed(quantity.value, unit, name, source, quantity.low, quantity.high)


def counts(owner: Record, field: str) -> bool:
    """Whether the user gave it, or its default is more than nothing: only then does a formula need it."""
    value = getattr(owner, field)
    if value is None:
        return False
    return field in owner.model_fields_set or bool(value.value if isinstance(value, Quantity) else value)
