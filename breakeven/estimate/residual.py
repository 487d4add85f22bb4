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

from breakeven.estimate.chips import Chip
from breakeven.estimate.training_spec import TrainingSpec
from breakeven.estimate.work import Work


@dataclass(frozen=True)
class Calibration:
    """Constants of the step, coefficients of steps and of campaigns, and the spread of the logarithm of the error."""

    weights: Mapping[str, float]
    steps: Mapping[str, float]
    campaigns: Mapping[str, float]
    spread: Mapping[str, float]


@cache
def calibration() -> Calibration:
    """The calibration that ships with the package."""
    text = files("breakeven.estimate").joinpath("data", "training.json").read_text(encoding="utf-8")
    kept = json.loads(text)
    return Calibration(kept["weights"], kept["steps"], kept["campaigns"], kept["spread"])


def step_features(spec: TrainingSpec, work: Work, chip: Chip, chips: float, low_precision: float) -> dict[str, float]:
    """What a step's time may depend on beyond its parts."""
    return {
        "all": 1.0,
        "scale": math.log10(chips / 64.0),
        "year": min(max(spec.year, 2020.0), 2026.0) - 2023.0,
        "low": low_precision,
        "moe": float(work.experts > 0),
        "tpu": float(chip.kind == "tpu"),
    }


def campaign_features(work: Work, chips: float) -> dict[str, float]:
    """What a campaign loses against its steps may depend on: its size, and whether it is a mixture of experts."""
    return {"run": 1.0, "run_scale": max(0.0, math.log10(chips / 8.0)), "run_moe": float(work.experts > 0)}


def correction(features: Mapping[str, float], coefficients: Mapping[str, float]) -> float:
    """The factor on the time: e to the sum of coefficient times feature."""
    return math.exp(sum(coefficients.get(name, 0.0) * value for name, value in features.items()))
