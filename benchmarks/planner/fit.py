"""`python benchmarks/planner/fit.py`: the calibration of training times anew, into estimate/data/training.json."""

from __future__ import annotations

import json
from collections import Counter

import numpy as np
from calibrate import CAMPAIGN_PRIOR, NAMES, STEP_PRIOR, Array, Fitted, Rows, left_out, rows
from numpy.typing import NDArray
from table import ROOT, known

from breakeven.estimate.interval import P90
from breakeven.estimate.residual import wider

KEPT = ROOT / "breakeven" / "estimate" / "data" / "training.json"
MEMORY_SIGMA = 0.15
"""Of the quick memory form against published measurements; `memory.py` has its own, smaller one."""
GOODPUT_SIGMA = 0.12
"""Of the published pairs of step and campaign: 0.66 (PaLM), 0.75 (TinyLlama), 0.88 (Llama 3.1), 0.94 (Skywork),
0.98 (BloombergGPT), about 1 (GPT-NeoX, Nemotron-4)."""
TOKENS_SIGMA = 1.0
"""Where the amount of data is not told: models of one size are trained on 10 to 1,900 tokens a parameter."""


def sigma(errors: Array, data: Rows, use: NDArray[np.bool_]) -> float:
    """Sigma with which 80 % of the rows in `use` fall into their interval, every group weighing the same."""
    wide = np.array([wider(one.spec) for one in data.known])
    scaled = np.abs(errors[use]) / wide[use]
    counts = Counter(data.groups[use])
    weight = np.array([1.0 / counts[group] for group in data.groups[use]])
    order = np.argsort(scaled)
    passed = np.cumsum(weight[order]) / weight.sum()
    return float(scaled[order][np.searchsorted(passed, 0.8)]) / P90


def kept(data: Rows, found: Fitted, predicted: Array) -> dict[str, dict[str, float]]:
    """What the package keeps of a fit."""
    errors = predicted - data.target
    scored = np.array([one.scored for one in data.known])
    step, run = (sigma(errors, data, use & scored) for use in (data.bench, data.runs))
    spread = {"step": step, "campaign": max(0.0, run**2 - step**2) ** 0.5, "goodput": GOODPUT_SIGMA,
              "memory": MEMORY_SIGMA, "tokens": TOKENS_SIGMA}
    return {
        "weights": _rounded(NAMES, np.exp(found.constants())), "steps": _rounded(STEP_PRIOR, found.coefficients()),
        "campaigns": _rounded(CAMPAIGN_PRIOR, found.campaign), "spread": _rounded(spread, spread.values()),
    }  # fmt: skip


def _rounded(names: object, values: object) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(names, values, strict=True)}  # type: ignore[call-overload]


def main() -> None:
    data = rows(known())
    KEPT.write_text(json.dumps(kept(data, *left_out(data)), indent=1) + "\n", encoding="utf-8")
    print(f"wrote {KEPT.relative_to(ROOT)} from {len(data.known)} rows")


if __name__ == "__main__":
    main()
