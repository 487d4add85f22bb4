"""`python benchmarks/planner/run.py`: training times against published figures, cross-validated, with baselines.

Every prediction is made by a calibration that has not seen the row's group. Writes training.jsonl (every row) and the
training part of README.md.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
from calibrate import ADDED, CAMPAIGN_PRIOR, TRAFFIC, Array, Fitted, Rows, fit, left_out, rows
from fit import sigma
from numpy.typing import NDArray
from table import BILLION, group_median, known

from breakeven.estimate.interval import P90
from breakeven.estimate.residual import wider
from breakeven.estimate.speed import ceiling

HERE = Path(__file__).parent
MARK = "<!-- training: written by run.py -->"
USUAL = 0.40


def flat(data: Rows, ceilings: bool, attention: bool = True) -> Array:
    """Logarithm of the device-hours per 10^9 tokens at the chip's peak (or at its measured matrix ceiling)."""
    found = []
    for one in data.known:
        chip = one.spec.chip
        rate = ceiling(chip, one.spec.precision) if ceilings else chip.peak("bf16")
        flop = one.work.model_flop_per_token() if attention else 6.0 * one.work.params_active
        found.append(flop * BILLION / rate / 3600)
    return np.log(found)


def with_constant(data: Rows, base: Array) -> Array:
    """`base` plus one number, the middle of the groups of the benchmark rows, without the row's own group."""
    predicted = np.empty(len(base))
    for group in set(data.groups):
        seen = data.bench & (data.groups != group)
        left: dict[str, list[float]] = {}
        for name, value in zip(data.groups[seen], (data.target - base)[seen], strict=True):
            left.setdefault(str(name), []).append(float(value))
        mine = data.groups == group
        predicted[mine] = base[mine] + group_median(left)
    return predicted


def without(data: Rows, names: tuple[str, ...], bubble: bool = True) -> Rows:
    """The rows with some parts of the step set to nothing."""
    parts = {name: part * (name not in names) for name, part in data.parts.items()}
    return replace(data, parts=parts, bubble=data.bubble if bubble else data.bubble * 0.0)


def steps_left_out(data: Rows) -> Array:
    """Steps without campaigns, cross-validated."""
    everything, predicted = fit(data), np.empty(len(data.known))
    bench = set(data.groups[data.bench])
    for group in set(data.groups):
        mine = data.groups == group
        found = fit(data, group, everything.step) if group in bench else everything
        predicted[mine] = Fitted(found.step, np.zeros(len(CAMPAIGN_PRIOR))).steps(data)[mine]
    return predicted


def score(data: Rows, predicted: Array, use: NDArray[np.bool_]) -> dict[str, float]:
    """Median absolute error (of group medians, of rows), part within 20 %, bias (of group medians, of rows)."""
    errors = (predicted - data.target)[use]
    apart = np.abs(np.expm1(errors))
    of_groups: dict[str, list[float]] = {}
    signed: dict[str, list[float]] = {}
    for group, one, error in zip(data.groups[use], apart, errors, strict=True):
        of_groups.setdefault(str(group), []).append(float(one))
        signed.setdefault(str(group), []).append(float(error))
    return {
        "rows": int(use.sum()), "groups": len(of_groups), "group_median": group_median(of_groups),
        "row_median": float(np.median(apart)), "within_20": float(np.mean(apart <= 0.2)),
        "bias": math.expm1(group_median(signed)), "row_bias": math.expm1(float(np.median(errors))),
    }  # fmt: skip


def coverage(data: Rows, predicted: Array, use: NDArray[np.bool_]) -> float:
    """Part of the rows inside their 80 % interval, whose width has not seen the row's group either."""
    errors = predicted - data.target
    wide = np.array([wider(one.spec) for one in data.known])
    inside = 0
    for group in set(data.groups[use]):
        width = sigma(errors, data, use & (data.groups != group)) * P90
        mine = use & (data.groups == group)
        inside += int((np.abs(errors[mine]) <= width * wide[mine]).sum())
    return inside / int(use.sum())


def sure(data: Rows, predicted: Array, use: NDArray[np.bool_], draws: int = 2000) -> tuple[float, float]:
    """95 % interval of the median of group medians when the groups are drawn again: few groups say little exactly."""
    apart = np.abs(np.expm1(predicted - data.target))
    medians = np.array([np.median(apart[use & (data.groups == group)]) for group in sorted(set(data.groups[use]))])
    drawn = np.random.default_rng(SEED).choice(medians, (draws, len(medians)))
    low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
    return float(low), float(high)


SEED = 20261122
BETWEEN = ("tensor", "context", *TRAFFIC)
SIZES = tuple(name for name in ADDED if name not in ("matrix", "tensor", "context"))


def lines(data: Rows) -> dict[str, Array]:
    """Every line of the table: baselines, the ablation, and the whole."""
    return {
        "6·N·D at 40 % MFU": flat(data, ceilings=False, attention=False) - math.log(USUAL),
        "with attention, at 40 % MFU": flat(data, ceilings=False) - math.log(USUAL),
        "constant MFU, fitted": with_constant(data, flat(data, ceilings=False)),
        "+ chip (measured ceiling, precision)": with_constant(data, flat(data, ceilings=True)),
        "+ size, sequence, batch, recomputation": steps_left_out(without(data, BETWEEN, bubble=False)),
        "+ communication": steps_left_out(data),
        "+ goodput (the planner)": left_out(data)[1],
    }


def keep(data: Rows, predicted: Array) -> None:
    """Every row, with what was published and what was predicted."""
    with (HERE / "training.jsonl").open("w", encoding="utf-8") as file:
        for one, guess in zip(data.known, predicted, strict=True):
            file.write(json.dumps({
                "id": one.id, "group": one.group, "kind": one.spec.kind, "tier": one.tier, "scored": one.scored,
                "published": round(one.hours, 6), "predicted": round(float(np.exp(guess)), 6),
            }) + "\n")


def table(data: Rows, found: dict[str, Array]) -> str:
    """The training part of the page."""
    scored = np.array([one.scored for one in data.known])
    language = np.array([one.spec.family == "language" for one in data.known])
    sets = {"whole runs": data.runs & scored, "language runs": data.runs & scored & language,
            "benchmarks": data.bench & scored}
    titles = ["model", *(f"{name} ({int(use.sum())})" for name, use in sets.items()), "within 20 %", "bias"]
    head = "| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|"
    body = []
    for name, predicted in found.items():
        cells = {key: score(data, predicted, use) for key, use in sets.items()}
        runs = cells["language runs"]
        shown = (f"{100 * one['group_median']:.1f} ({100 * one['row_median']:.1f})" for one in cells.values())
        body.append(f"| {name} | {' | '.join(shown)} | {100 * runs['within_20']:.0f} % | {100 * runs['bias']:+.1f} % |")
    last = list(found.values())[-1]
    inside = coverage(data, last, data.runs & scored)
    held = f"80 % intervals hold {100 * inside:.0f} % of the whole runs."
    return "\n".join([head, *body, "", held, _doubt(data, last, sets)])


def _doubt(data: Rows, predicted: Array, sets: dict[str, NDArray[np.bool_]]) -> str:
    """How exactly the last line is known."""
    told = (f"{name} {100 * low:.0f} to {100 * high:.0f} %" for name, use in sets.items()
            for low, high in [sure(data, predicted, use)])
    return f"Drawing the groups anew, the last line lies with 95 % in: {', '.join(told)}."


def main() -> None:
    data = rows(known())
    found = lines(data)
    keep(data, found["+ goodput (the planner)"])
    text = table(data, found)
    page = HERE / "README.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(MARK)
    after = rest.partition(MARK)[2]
    ours = f"{MARK}\n\nMeasured {date.today().isoformat()}.\n\n{text}\n\n{MARK}"
    page.write_text(before + ours + after, encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
