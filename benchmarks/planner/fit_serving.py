"""Fit the coefficients of breakeven/estimate/data/serving.csv on published runs, and test them on left-out groups.

    python -m benchmarks.planner.fit_serving [--truth FOLDER] [--write]

Ridge on logarithms: the squared relative errors of output tokens per second, plus the squared distance of every
coefficient from its prior in units of its sigma. Every group weighs like at most MOST_ROWS runs, and outliers count
linearly (soft L1). Left-out groups: for each `group` a fit without it predicts its runs.
"""

from __future__ import annotations

import argparse
import csv
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from breakeven.estimate import serving_rates
from breakeven.estimate.serving import work_of
from breakeven.estimate.serving_group import best_group
from breakeven.estimate.serving_rows import spec_of_row

TABLE = Path(serving_rates.__file__).parent / "data" / "serving.csv"
POINTS = Path(__file__).parent / "serving_points.csv"
MOST_ROWS = 6
NOISE = 0.15
"""Standard deviation of the logarithm of a published rate about what a right model would say."""
MODES = ("single", "static", "offline", "server")
Floats = NDArray[np.float64]


def truth_folder() -> Path:
    """Where the published runs lie: BREAKEVEN_TRUTH, else `shared/truth` beside the repository."""
    beside = Path(__file__).parents[2].parent / "shared" / "truth"
    return Path(os.environ.get("BREAKEVEN_TRUTH", beside))


@dataclass(frozen=True)
class Run:
    """A published run: its row and the outcome that is fitted."""

    row: Mapping[str, str]
    mode: str
    rate: float

    @property
    def group(self) -> str:
        return self.row["group"]

    @property
    def known(self) -> bool:
        """Whether its lengths are stated, or matter little. The others do not count for the spread of a mode."""
        return self.mode == "single" or bool(self.row["input_len"] and self.row["output_len"])


@dataclass(frozen=True)
class Features:
    """All parts of all runs: logarithm of the amount, coefficients by power, and the run each belongs to."""

    amounts: Floats
    powers: Floats
    run: NDArray[np.int64]
    base: Floats
    shares: Floats

    def log_rates(self, logs: Floats) -> Floats:
        """The logarithm of output tokens per second and device of every run."""
        seconds = np.bincount(self.run, np.exp(self.amounts + self.powers @ logs), len(self.base))
        return self.base - np.log(seconds) + self.shares @ logs


def runs(truth: Path) -> list[Run]:
    """All scored runs with an output rate: tiers A and B; whole service days are left to the anchor test."""
    found = []
    for file in (truth / "inference_runs.csv", POINTS):
        with file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                rate = row["output_tokens_per_s_per_gpu"]
                if rate and row["tier"] in ("A", "B") and row["kind"] != "service_day":
                    found.append(Run(row, spec_of_row(row).mode, float(rate)))
    return found


def priors() -> tuple[list[str], Floats, Floats]:
    """Names, logarithms of the priors, and their sigmas."""
    rows = [row for row in serving_rates.rows() if row["prior"]]
    values = np.log([float(row["prior"]) for row in rows])
    return [row["name"] for row in rows], values, np.array([float(row["sigma"]) for row in rows])


def features(found: Sequence[Run], names: Sequence[str], logs: Floats, without: Sequence[str] = ()) -> Features:
    """The parts of every run but those `without`, with layout and batch as the coefficients choose them."""
    coefficients = dict(zip(names, np.exp(logs), strict=True))
    at = {name: place for place, name in enumerate(names)}
    amounts, powers, owner, base = [], [], [], []
    shares = np.zeros((len(found), len(names)))
    for place, run in enumerate(found):
        spec = spec_of_row(run.row)
        work = work_of(spec)
        group = best_group(work, spec.gpus, spec.tensor_parallel, coefficients)
        assert group is not None, run.row["id"]
        base.append(math.log(group.batch / group.devices))
        if work.mode == "server":
            shares[place, at["share.server"]] = 1.0
        for part in group.parts:
            if part.amount > 0 and part.name not in without:
                power = np.zeros(len(names))
                for name in part.of:
                    power[at[name]] -= 1
                for name in part.at:
                    power[at[name]] += 1
                amounts.append(math.log(part.amount))
                powers.append(power)
                owner.append(place)
    return Features(np.array(amounts), np.array(powers), np.array(owner), np.array(base), shares)


def fit(found: Sequence[Run], made: Features, kept: NDArray[np.bool_], prior: Floats, sigma: Floats) -> Floats:
    """The logarithms of the coefficients that fit the kept runs best."""
    truth = np.log([run.rate for run in found])
    sizes = Counter(run.group for run, keep in zip(found, kept, strict=True) if keep)
    weights = np.array([math.sqrt(min(sizes[run.group], MOST_ROWS) / sizes[run.group]) if keep else 0.0
                        for run, keep in zip(found, kept, strict=True)])

    def residuals(logs: Floats) -> Floats:
        return np.concatenate((weights * (made.log_rates(logs) - truth) / NOISE, (logs - prior) / sigma))

    return np.asarray(least_squares(residuals, prior, loss="soft_l1").x)


@dataclass(frozen=True)
class Fitted:
    """Coefficients on all runs, and for every run the logarithm of its rate, also as predicted without its group."""

    names: list[str]
    logs: Floats
    inside: Floats
    left_out: Floats


def cross_validated(found: Sequence[Run], without: Sequence[str] = ()) -> Fitted:
    """Fit twice (the layouts are chosen by the first fit), then once without each group; parts `without` left out."""
    names, prior, sigma = priors()
    everything = np.ones(len(found), bool)
    first = fit(found, features(found, names, prior, without), everything, prior, sigma)
    made = features(found, names, first, without)
    logs = fit(found, made, everything, prior, sigma)
    left_out = np.zeros(len(found))
    for group in sorted({run.group for run in found}):
        away = np.array([run.group == group for run in found])
        left_out[away] = made.log_rates(fit(found, made, everything & ~away, prior, sigma))[away]
    return Fitted(names, logs, made.log_rates(logs), left_out)


def spreads(found: Sequence[Run], fitted: Fitted) -> dict[str, float]:
    """For each mode the sigma whose 80 % interval holds 80 % of the left-out runs, each group weighing the same."""
    errors = np.abs(np.log([run.rate for run in found]) - fitted.left_out)
    sigmas = {}
    for mode in MODES:
        chosen = [place for place, run in enumerate(found) if run.mode == mode and run.known]
        sizes = Counter(found[place].group for place in chosen)
        order = sorted(chosen, key=lambda place: errors[place])
        heights = np.cumsum([1 / sizes[found[place].group] for place in order])
        at = int(np.searchsorted(heights, 0.8 * heights[-1]))
        sigmas[mode] = float(errors[order[min(at, len(order) - 1)]]) / 1.2816
    return sigmas


def write(fitted: Fitted, sigmas: Mapping[str, float]) -> None:
    """The table with the new values; priors and meanings stay."""
    values = dict(zip(fitted.names, np.exp(fitted.logs), strict=True))
    meaning = "standard deviation of the logarithm of the error on groups left out"
    rows = [dict(row) | {"value": f"{values[row['name']]:.4g}"} for row in serving_rates.rows() if row["prior"]]
    rows += [{"name": f"spread.{mode}", "value": f"{sigma:.3f}", "prior": "", "sigma": "",
              "meaning": f"{meaning}: {mode}"} for mode, sigma in sigmas.items()]
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, ["name", "value", "prior", "sigma", "meaning"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=None, help="the folder of inference_runs.csv")
    parser.add_argument("--write", action="store_true", help="write the coefficients into the package")
    asked = parser.parse_args()
    found = runs(asked.truth or truth_folder())
    fitted = cross_validated(found)
    sigmas = spreads(found, fitted)
    for name, value in zip(fitted.names, np.exp(fitted.logs), strict=True):
        print(f"{name:24s} {value:.4g}")
    print({mode: round(sigma, 3) for mode, sigma in sigmas.items()})
    if asked.write:
        write(fitted, sigmas)


if __name__ == "__main__":
    main()
