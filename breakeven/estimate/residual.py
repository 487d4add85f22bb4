"""What physics leaves over: a few named corrections on the logarithm of the time, calibrated on published trainings.

The coefficients stand in `data/training.json`, made by `benchmarks/planner/fit.py`; they know sizes, chips and years,
no model by name. `spread` is how far published trainings lie from the prediction, cross-validated.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from breakeven.estimate.training_spec import TrainingSpec
from breakeven.estimate.work import Work

WIDER = 0.4
"""How much wider the interval is for a training of which nothing but size and chip is told."""


@dataclass(frozen=True)
class Calibration:
    """Constants of the step, coefficients of steps and of campaigns, and the spread of the logarithm of the error."""

    weights: dict[str, float]
    steps: dict[str, float]
    campaigns: dict[str, float]
    spread: dict[str, float]


@cache
def calibration() -> Calibration:
    """The calibration that ships with the package."""
    text = files("breakeven.estimate").joinpath("data", "training.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    return Calibration(kept["weights"], kept["steps"], kept["campaigns"], kept["spread"])


def step_features(spec: TrainingSpec, work: Work, chips: float, low_precision: float) -> dict[str, float]:
    """What a step's time may depend on beyond its parts."""
    return {
        "all": 1.0,
        "scale": math.log10(chips / 64.0),
        "year": min(max(spec.year, 2020.0), 2026.0) - 2023.0,
        "low": low_precision,
        "moe": float(work.experts > 0),
        "tpu": float(spec.chip.kind == "tpu"),
    }


def correction(features: Mapping[str, float], coefficients: Mapping[str, float]) -> float:
    """The factor on the time: e to the sum of coefficient times feature."""
    return math.exp(sum(coefficients.get(name, 0.0) * value for name, value in features.items()))


def wider(spec: TrainingSpec) -> float:
    """How much wider an interval is for what was not told: 1 when everything was."""
    missing = (
        spec.chips, spec.sequence, spec.layers or spec.shape, spec.asked.recompute, spec.asked.micro_batch,
        spec.asked.batch, spec.asked.tp if spec.asked.zero is None else spec.asked.zero,
    )  # fmt: skip
    return 1.0 + WIDER * sum(value is None for value in missing) / len(missing)


def spread_of(spec: TrainingSpec, spread: Mapping[str, float]) -> tuple[float, float]:
    """Sigma of the logarithm of a step's time, and of the whole answer; wider the less was told."""
    step = spread["step"] * wider(spec)
    whole = math.hypot(spread["campaign"] * wider(spec), step) if spec.kind == "run" else step
    return step, math.hypot(whole, 0.0 if spec.tokens or spec.samples else spread["tokens"])
