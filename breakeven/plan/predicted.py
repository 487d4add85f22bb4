"""What the physics predicts for a plan: GPU-hours of a training, answers a second of a served language model.

A prediction is a figure of published numbers (chips, calibration on published runs) with its 80 % interval.
"""

from __future__ import annotations

from typing import Any

from breakeven.core.errors import ProjectError, UsageError
from breakeven.core.figure import Figure, between, published
from breakeven.core.words import N_, say
from breakeven.plan.assumption import assumption
from breakeven.records.money import Serving, TrainingJob

CALIBRATED = "breakeven estimate, calibrated on published runs"
CALIBRATED_ON = "2026-11"


def predicted_hours(job: TrainingJob, key: str) -> Figure:
    """GPU-hours of a whole training campaign, in hour. Raises ProjectError for what cannot be."""
    from breakeven.estimate.train import estimate_training
    from breakeven.estimate.training_spec import TrainingSpec

    try:
        spec = TrainingSpec(
            chip=_chip(job.gpu), name=job.shape, shape=_shape(job.shape),
            params=job.params.value if job.params else None,
            tokens=job.tokens.value if job.tokens else None, chips=job.gpus,
        )  # fmt: skip
        made = estimate_training(spec).gpu_hours
    except UsageError as fault:
        raise ProjectError(fault.what, f"breakeven.toml {key}", fault.hint) from None
    return _figure(made, "hour", N_("GPU-hours"))


def predicted_rate(phase: Serving, key: str) -> Figure:
    """Answers a second of one busy machine, in request/second/machine. Raises ProjectError for what cannot be."""
    from breakeven.estimate.serving import ServingSpec, estimate_serving

    out = assumption(phase, "output_tokens_per_request", "token/request", N_("output tokens of a request"), key)
    try:
        spec = ServingSpec(
            shape=_shape(phase.shape, phase.params.value if phase.params else None), chip=_chip(phase.gpu),
            gpus=phase.gpus, output_tokens=out.value,
            input_tokens=phase.input_tokens_per_request.value if phase.input_tokens_per_request else None,
        )  # fmt: skip
        made = estimate_serving(spec).output_tokens_per_second
    except UsageError as fault:
        raise ProjectError(fault.what, f"breakeven.toml {key}", fault.hint) from None
    tokens = _figure(made, "token/second/machine", N_("output tokens a second of a busy machine"))
    return (tokens / out).counted_in("request/second/machine").named(N_("answers a second of a busy machine"))


def _figure(estimate: Any, unit: str, name: str) -> Figure:
    """An Estimate as a figure with its 80 % interval."""
    return between(published(estimate.value, unit, name, CALIBRATED, CALIBRATED_ON), estimate.low, estimate.high)


def _chip(name: str) -> Any:
    from breakeven.estimate.chips import chip_named

    return chip_named(name)


def _shape(name: str, params: float | None = None) -> Any:
    """The published shape of that name; else a typical one of so many parameters; None without either."""
    from breakeven.estimate.published import published_shape
    from breakeven.estimate.size import shape_of_size

    found = published_shape(name) if name else None
    if name and found is None:
        raise UsageError(say("there is no published shape {name}", name=name), "shape",
                         say("give params instead, such as \"7B\""))
    return found or (shape_of_size(params) if params else None)
