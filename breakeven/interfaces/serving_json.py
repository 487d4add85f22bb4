"""An estimate of a service as JSON: plain numbers, each `x` with `x_low` and `x_high`; null where it is not known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from breakeven.core.figure import Figure
    from breakeven.estimate.serving import ServingEstimate, ServingSpec


def serving_json(spec: ServingSpec, found: ServingEstimate, price: Figure | None) -> dict[str, Any]:
    """One service: what was asked, the answer, and what it rests on."""
    from breakeven.estimate.serving_rows import record_of
    from breakeven.estimate.serving_words import assumed

    source = price.sources[0] if price and price.sources else None
    return {
        "model": spec.shape.name, "gpu": spec.chip.name, "gpus": spec.gpus, "mode": spec.mode,
        **record_of(found),
        "usd_per_gpu_hour": spec.usd_per_gpu_hour,
        "price_source": source and {"title": source.title, "date": source.date},
        "assumed": [str(message) for message in assumed(spec)],
    }
