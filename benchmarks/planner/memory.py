"""Memory on a device, predicted against published measurements; `--fit` refits the few constants.

`python benchmarks/planner/memory.py [--fit] [--truth FOLDER]` reads training_runs.csv and finetune_runs.csv, and writes
memory.md beside this file. Errors are medians of group medians of absolute percentages. Each group is predicted with
constants that were fitted without it. Rows that nobody measured (`measured` other than yes) are not scored.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from breakeven.estimate import memory_rows, tuning_rows
from breakeven.estimate.constants import constants
from breakeven.estimate.interval import P90
from breakeven.estimate.memory import Ledger, memory_of
from breakeven.estimate.parameters import count
from breakeven.estimate.tuning_memory import tuning_memory

HERE = Path(__file__).parent
DATA = HERE.parents[1] / "breakeven" / "estimate" / "data" / "memory.json"
Row = Mapping[str, str]
GRID = {
    "context_bytes": (0.5e9, 1.0e9, 1.5e9, 2.0e9), "group_bytes": (0.0, 0.3e9, 0.6e9, 0.9e9),
    "bucket_bytes": (1.0e9, 2.0e9, 3.0e9), "tuning_context_bytes": (0.3e9, 0.6e9, 1.0e9),
    "fragmentation": (0.0, 0.02, 0.04, 0.06, 0.08, 0.1), "fragmentation_before_2023": (0.1, 0.2, 0.25, 0.3, 0.35, 0.4),
    "logits_bytes": (8.0, 10.0, 12.0, 14.0), "tuning_sequence": (768.0, 896.0, 1024.0, 1152.0),
}  # fmt: skip
"""Values tried of each constant. They stay inside what is known of them: fp32 and 16-bit copies of the logits are 8 to
14 bytes, a driver's context 0.5 to 2 GB."""
OLD = "fragmentation_before_2023"
PRIOR = {"context_bytes": 1.0e9, "group_bytes": 0.6e9, "bucket_bytes": 2.0e9, "tuning_context_bytes": 0.6e9,
         "fragmentation": 0.04, OLD: 0.25, "logits_bytes": 12.0, "tuning_sequence": 1024.0}
"""What was guessed before anything was fitted: a driver's context of a GB, two flat buffers of 5·10⁸ numbers, logits in
16 bits and in fp32 with the gradients of both, texts of a thousand tokens."""
RIDGE = 0.01
"""What a step of the grid away from the guess must gain in the mean error: there are few groups to learn from."""


@dataclass(frozen=True)
class Case:
    """A measured row: its group, what was measured (bytes), and whether it is a fine-tuning."""

    row: Row
    group: str
    measured: float
    tuning: bool


def cases(truth: Path) -> list[Case]:
    """All rows with a measured memory, tiers A and B."""
    found = []
    for row in _rows(truth / "training_runs.csv"):
        if row["mem_gib_per_gpu"] and row["tier"] in "AB":
            found.append(Case(row, row["group"], float(row["mem_gib_per_gpu"]) * 2.0**30, False))
    for row in _rows(truth / "finetune_runs.csv"):
        if row["mem_gb_per_gpu"] and row["measured"] == "yes" and row["tier"] in "AB":
            unit = 2.0**30 if row["mem_unit"] == "GiB" else 1e9
            found.append(Case(row, row["group"], float(row["mem_gb_per_gpu"]) * unit, True))
    return found


def _rows(path: Path) -> list[Row]:
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def ledger_of(case: Case) -> Ledger:
    """The ledger that the product would count, by its own steps."""
    shape = memory_rows.shape_of_row(case.row)
    assert shape is not None
    if not case.tuning:
        return memory_of(shape, memory_rows.chosen_setup(case.row, shape))
    return tuning_memory(shape, tuning_rows.chosen_tuning(case.row, shape))


def log_error(case: Case) -> float:
    """Logarithm of predicted over measured."""
    return math.log(ledger_of(case).total / case.measured)


def score(errors: Mapping[str, list[float]]) -> float:
    """Mean over groups of the mean absolute logarithm: smoother than the median that is reported."""
    return sum(sum(map(abs, one)) / len(one) for one in errors.values()) / len(errors)


def by_group(some: Iterable[Case]) -> dict[str, list[float]]:
    errors = defaultdict(list)
    for case in some:
        errors[case.group].append(log_error(case))
    return dict(errors)


def fit(some: list[Case]) -> None:
    """Coordinate descent over the grid, twice; with no old trainer among `some`, the old ones are like the new."""
    constants().update(PRIOR)
    old = any(not case.tuning and memory_rows.year_of(case.row) < memory_rows.FLASH_SINCE for case in some)
    for name in [*GRID, *GRID]:
        if name == OLD and not old:
            constants()[OLD] = constants()["fragmentation"]
        else:
            tried = {value: _with(name, value, some) + RIDGE * _steps(name, value) for value in GRID[name]}
            constants()[name] = min(tried, key=tried.__getitem__)


def _steps(name: str, value: float) -> int:
    """How many steps of the grid a value is away from the guess."""
    return abs(GRID[name].index(value) - GRID[name].index(PRIOR[name]))


def _with(name: str, value: float, some: list[Case]) -> float:
    constants()[name] = value
    return score(by_group(some))


def cross_validated(some: list[Case]) -> dict[str, list[tuple[Case, float]]]:
    """Every group predicted with constants that were fitted on the others."""
    kept, held = dict(constants()), {}
    for group in dict.fromkeys(case.group for case in some):
        fit([case for case in some if case.group != group])
        held[group] = [(case, log_error(case)) for case in some if case.group == group]
        constants().update(kept)
    return held


def sigma(held: Iterable[list[tuple[Case, float]]]) -> float:
    """The sigma whose 80 % interval holds 80 % of the groups' rows, each group weighing the same."""
    reach = sorted((abs(error) / memory_rows.widened(case.row), 1.0 / len(group)) for group in held
                   for case, error in group)
    enough, total = 0.0, sum(weight for _, weight in reach)
    for size, weight in reach:
        enough += weight
        if enough >= 0.8 * total:
            return size / P90
    return reach[-1][0] / P90


def percent(errors: Iterable[float]) -> float:
    """Median absolute percentage error."""
    return 100 * median(abs(math.expm1(error)) for error in errors)


STEPS: dict[str, tuple[str, ...]] = {
    "weights, gradients, optimizer": ("weights", "gradients", "optimizer", "adapter"),
    "+ activations of the shape, as recomputed and in flight": ("activations", "working layer"),
    "+ logits": ("logits",),
    "+ gathered blocks, dequantised matrices": ("gathered", "made wide"),
    "+ the optimizer's own step": ("optimizer step",),
    "+ context, buffers, fragmentation (fitted)": ("context", "buckets", "fragmentation"),
}


def rule_of_thumb(case: Case) -> float:
    """16 bytes a trained parameter over all devices; 2 (or half a byte of 4 bits) a frozen one, a fifth on top."""
    shape = memory_rows.shape_of_row(case.row)
    assert shape is not None
    params, devices = count(shape).total, memory_rows.whole(case.row, "hw_count")
    if not case.tuning or tuning_rows.method_of(case.row) == "full":
        return 16.0 * params / devices
    tuning = tuning_rows.tuning_of_row(case.row, shape)
    return 1.2 * params * (0.5 if tuning.quant else 2.0) / (devices if tuning.sharded else 1)


def ablation(some: list[Case]) -> list[tuple[str, float]]:
    """Error of the rule of thumb, then of the ledger as it grows term by term."""
    lines = [("rule of thumb", _error(some, rule_of_thumb))]
    taken: tuple[str, ...] = ()
    for name, terms in STEPS.items():
        taken += terms
        lines.append((name, _error(some, lambda case, taken=taken: sum(
            ledger_of(case).terms.get(term, 0.0) for term in taken))))
    return lines


def _error(some: list[Case], predict: Callable[[Case], float]) -> float:
    """Median of group medians, in percent."""
    groups = defaultdict(list)
    for case in some:
        groups[case.group].append(100 * abs(predict(case) / case.measured - 1))
    return median(median(one) for one in groups.values())


def table(some: list[Case], truth: Path) -> str:
    """The page."""
    held = cross_validated(some)
    lines = ["# Memory", "", "Rendered by `memory.py`: bytes on the fullest device, predicted against measured.", ""]
    for title, tuning, bar in (("Training", False, 10), ("Fine-tuning", True, 12)):
        mine = [case for case in some if case.tuning == tuning]
        groups = {name: held[name] for name in dict.fromkeys(case.group for case in mine)}
        lines += _part(title, mine, groups, bar)
    return "\n".join(lines + _fits(truth)) + "\n"


def _part(title: str, mine: list[Case], groups: dict[str, list[tuple[Case, float]]], bar: int) -> list[str]:
    medians = {name: percent(error for _, error in group) for name, group in groups.items()}
    spread = constants()["tuning_sigma" if title == "Fine-tuning" else "training_sigma"]
    flat = [pair for group in groups.values() for pair in group]
    shipped = [(case, log_error(case)) for case, _ in flat]
    inside, inside_shipped = (_inside(pairs, spread) for pairs in (flat, shipped))
    return [
        f"## {title}: {median(medians.values()):.1f} % (at most {bar} %)", "",
        f"Median of group medians, cross-validated by group; row median {percent(e for _, e in flat):.1f} %; "
        f"{inside:.0f} % of the rows lie in their 80 % interval ({inside_shipped:.0f} % with the constants that ship).",
        "",
        "| group | rows | left out, % | fitted on all, % |", "| --- | ---: | ---: | ---: |",
        *(f"| {name} | {len(group)} | {medians[name]:.1f} | {percent(log_error(case) for case, _ in group):.1f} |"
          for name, group in groups.items()), "",
        "| what is counted (all constants as they ship) | error, % |", "| --- | ---: |",
        *(f"| {name} | {error:.1f} |" for name, error in ablation(mine)), "",
    ]


def _inside(pairs: list[tuple[Case, float]], spread: float) -> float:
    """Percent of the rows whose error is within their interval."""
    return 100 * sum(abs(error) <= P90 * spread * memory_rows.widened(case.row) for case, error in pairs) / len(pairs)


def _fits(truth: Path) -> list[str]:
    """Does it fit: said against observed."""
    told: dict[tuple[str, str], int] = defaultdict(int)
    for row in _rows(truth / "finetune_runs.csv"):
        if row["fits"] and row["measured"] == "yes":
            said = tuning_rows.tuning_memory_of_row(row)
            told["yes" if said and said.fits else "no", row["fits"]] += 1
    return ["## Does it fit?", "", "| said | it did | it did not |", "| --- | ---: | ---: |",
            *(f"| {said} | {told[said, 'yes']} | {told[said, 'no']} |" for said in ("yes", "no"))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", action="store_true", help="fit the constants anew and write them into the package")
    parser.add_argument("--truth", type=Path, default=Path(os.environ.get(
        "BREAKEVEN_TRUTH", HERE.parents[2] / "shared" / "truth")))
    asked = parser.parse_args()
    some = cases(asked.truth)
    if asked.fit:
        _refit(some)
    (HERE / "memory.md").write_text(table(some, asked.truth), encoding="utf-8")


def _refit(some: list[Case]) -> None:
    """Fit on all groups, take the spread of the intervals from the groups left out, and keep both."""
    fit(some)
    held = cross_validated(some)
    for name, tuning in (("training_sigma", False), ("tuning_sigma", True)):
        constants()[name] = round(sigma(group for group in held.values() if group[0][0].tuning == tuning), 3)
    kept = json.loads(DATA.read_text(encoding="utf-8"))
    kept |= {name: constants()[name] for name in (*GRID, "training_sigma", "tuning_sigma")}
    DATA.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
