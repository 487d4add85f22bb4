"""The published trainings that the planner is calibrated on and measured against."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from breakeven.estimate.training_rows import number, rows_of, spec_of_row
from breakeven.estimate.training_spec import TrainingSpec, chips_of, tokens_of, work_for
from breakeven.estimate.work import Work

ROOT = Path(__file__).parents[2]
BILLION = 1e9


def truth() -> Path:
    """The folder with the published figures; `BREAKEVEN_TRUTH` names another."""
    return Path(os.environ.get("BREAKEVEN_TRUTH", ROOT.parent / "shared" / "truth"))


@dataclass(frozen=True)
class Known:
    """One published training: what is told of it, and what it took, in device-hours per 10^9 tokens."""

    id: str
    group: str
    tier: str
    spec: TrainingSpec
    work: Work
    tokens: float
    chips: int
    told: bool
    hours: float
    stated: bool
    """Whether the hours are published, or follow from published TFLOP/s or MFU (used to calibrate, never scored)."""

    @property
    def scored(self) -> bool:
        """Tier C is assumed by the source; a workload that is not told cannot be scored."""
        return self.tier != "C" and self.told and self.stated


def known(path: Path | None = None) -> list[Known]:
    """All rows of training_runs.csv; a run with a published rate of its steps gives a second one for these."""
    found = []
    for row in rows_of(path or truth() / "training_runs.csv"):
        found.append(_known(row))
        if found[-1].spec.kind == "run" and any(number(row, name) for name in ("mfu_pct", "tflops_per_gpu")):
            found.append(_steps_of(found[-1], row))
    return found


def _steps_of(run: Known, row: dict[str, str]) -> Known:
    """The bare steps of a run, by their published rate: to calibrate steps on, never scored."""
    return replace(run, id=f"{run.id} (steps)", spec=replace(run.spec, kind="bench"), told=True, stated=False,
                   hours=_hours_by_rate(row, run.spec, run.work))


def _known(row: dict[str, str]) -> Known:
    spec = spec_of_row(row)
    work = work_for(spec)
    tokens, told = tokens_of(spec, work)
    hours, stated = _hours(row, spec, work, tokens)
    return Known(row["id"], row["group"], row["tier"], spec, work, tokens, chips_of(spec, work, tokens),
                 told or spec.kind == "bench", hours, stated)


def _hours(row: dict[str, str], spec: TrainingSpec, work: Work, tokens: float) -> tuple[float, bool]:
    """Device-hours per 10^9 tokens: as published, else from the published rate of FLOP."""
    if rate := number(row, "gpu_hours_per_1e9_tokens"):
        return rate, True
    if hours := number(row, "gpu_hours"):
        return hours / tokens * BILLION, True
    return _hours_by_rate(row, spec, work), False


def _hours_by_rate(row: dict[str, str], spec: TrainingSpec, work: Work) -> float:
    """Device-hours per 10^9 tokens of steps whose model or hardware FLOP per second are published."""
    peak = spec.chip.peak("bf16")
    share, flops, hardware = (number(row, name) for name in ("mfu_pct", "tflops_per_gpu", "hfu_pct"))
    again = 0.75 if spec.asked.recompute == "full" else 1.0
    if share:
        rate = peak * share / 100
    elif flops:
        rate = flops * 1e12 * (again if row["tflops_kind"] == "hardware" else 1.0)
    else:
        rate = peak * (hardware or 40.0) / 100 * again
    return work.model_flop_per_token() * BILLION / rate / 3600


def group_median(errors: dict[str, list[float]]) -> float:
    """The median of the medians of the groups."""
    return median(median(values) for values in errors.values())


def median(values: Iterable[float]) -> float:
    """The middle value; NaN of none."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    if not ordered:
        return math.nan
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
