"""Calibration of the training time on published trainings: constants of the step first, then what campaigns lose.

Steps are fitted on the benchmark rows alone, campaigns on the whole runs with the steps as they are. Both minimise a
robust loss of the logarithm in which every group (a table, a family of models) weighs the same, with priors that hold
each constant near what physics suggests. Nothing is random.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from table import Known

from breakeven.estimate.goodput import campaign_features, failure_loss
from breakeven.estimate.layout import candidates
from breakeven.estimate.layout_search import search
from breakeven.estimate.residual import step_features
from breakeven.estimate.speed import speed_of
from breakeven.estimate.step import ADDED

Array = NDArray[np.float64]

PRIOR: dict[str, tuple[float, float]] = {
    "matrix": (1.0, 0.05), "narrow": (0.1, 0.7), "few_tokens": (0.05, 0.7), "experts": (0.5, 0.7),
    "attention": (1.5, 0.3), "attention_young": (0.7, 0.5), "elementwise": (3.0, 0.7), "unfused": (0.7, 0.7),
    "logits": (1.0, 0.5), "casts": (1.0, 0.5), "launches": (0.3, 0.7), "scores": (1.0, 0.5), "routing": (0.7, 0.7),
    "tensor": (1.2, 0.4), "context": (1.0, 0.5), "expert_traffic": (1.2, 0.5), "replicas": (1.2, 0.4),
    "hops": (1.0, 0.7), "overlap": (1.0, 0.7), "bubble": (1.0, 0.2), "optimizer": (1.0, 0.5),
}  # fmt: skip
"""Median and spread (of the logarithm) of each constant of the step before any published figure is seen."""
STEP_PRIOR = {"all": 0.05, "scale": 0.05, "year": 0.05, "low": 0.1, "moe": 0.15, "tpu": 0.15}
CAMPAIGN_PRIOR = {"run": 0.1, "nodes": 0.5, "image": 0.4}
SCALE = 0.15
"""Errors of the logarithm beyond this count by their size, no longer by their square."""
CAMPAIGN_SCALE = 0.05
"""Campaigns lie far apart, some lose half of their time: their middle is taken, not their mean."""
NAMES = tuple(PRIOR)
MIDDLE = np.log([PRIOR[name][0] for name in NAMES])
LOOSE = np.array([PRIOR[name][1] for name in NAMES])
KEPT = 24
TRAFFIC = ("replicas", "hops", "expert_traffic")


@dataclass(frozen=True)
class Rows:
    """All rows as arrays. Layouts of a row stand one after the other, `owner` says whose they are."""

    known: list[Known]
    parts: dict[str, Array]
    bubble: Array
    scale: Array
    say: Array
    owner: NDArray[np.int64]
    target: Array
    steps: Array
    campaigns: Array
    failures: Array

    @property
    def groups(self) -> NDArray[np.str_]:
        return np.array([one.group for one in self.known])

    @property
    def bench(self) -> NDArray[np.bool_]:
        return np.array([one.spec.kind == "bench" and one.tier != "C" for one in self.known])

    @property
    def runs(self) -> NDArray[np.bool_]:
        return np.array([one.spec.kind == "run" and one.tier != "C" and one.told for one in self.known])


def rows(known: list[Known]) -> Rows:
    """Parts of the good layouts of every training; how much say each has follows from the prior constants."""
    prior = {name: PRIOR[name][0] for name in NAMES}
    found, owner = [], []
    for place, one in enumerate(known):
        spec = one.spec
        speed = speed_of(spec.chip, spec.precision, spec.year)
        layouts = candidates(one.work, one.chips, spec.asked, speed.network.domain, speed.fused_attention)
        all_ = search(one.work, layouts, speed, float(spec.chip.memory_bytes or 16 << 30), prior)
        best = np.argsort(-all_.say)[:KEPT]
        tokens = layouts.micro_batches * layouts.micro_batch * one.work.sequence
        per_billion = layouts.tp * layouts.pp * layouts.cp / tokens / 3600 * 1e9
        size = len(layouts)
        found.append({name: np.broadcast_to(all_.parts.get(name, np.zeros(1)), size)[best]
                      for name in (*ADDED, *TRAFFIC, "optimizer")}
                     | {"bubble": layouts.bubble[best], "scale": per_billion[best],
                        "say": all_.say[best] / all_.say[best].sum()})
        owner += [place] * len(best)
    joined = {name: np.concatenate([one[name] for one in found]) for name in found[0]}
    low = [speed_of(one.spec.chip, one.spec.precision).low_precision for one in known]
    return Rows(
        known, joined, joined["bubble"], joined["scale"], joined["say"], np.array(owner),
        np.log([one.hours for one in known]),
        np.array([[step_features(one.spec, one.work, one.chips, each)[name] for name in STEP_PRIOR]
                  for one, each in zip(known, low, strict=True)]),
        np.array([[campaign_features(one.spec, one.chips)[name] for name in CAMPAIGN_PRIOR] for one in known]),
        np.array([math.log1p(failure_loss(one.chips)) for one in known]),
    )  # fmt: skip


def physics(data: Rows, constants: Array) -> Array:
    """Logarithm of the device-hours per 10^9 tokens of every row by the parts alone."""
    weight = dict(zip(NAMES, np.exp(constants), strict=True))
    inside = sum((weight[name] * data.parts[name] for name in ADDED), np.zeros(len(data.owner)))
    piped = inside * (1.0 + weight["bubble"] * data.bubble)
    traffic = sum((weight[name] * data.parts[name] for name in TRAFFIC), np.zeros(len(data.owner)))
    exposed = traffic * traffic / (traffic + weight["overlap"] * piped)
    seconds = piped + exposed + weight["optimizer"] * data.parts["optimizer"]
    return np.bincount(data.owner, data.say * np.log(seconds * data.scale), len(data.known))


def robust(errors: Array, scale: float = SCALE) -> Array:
    """Residuals whose squares are a pseudo-Huber loss of the errors."""
    scaled = errors / scale
    return np.sign(scaled) * np.sqrt(2.0 * (np.sqrt(1.0 + scaled**2) - 1.0))


def group_weights(groups: NDArray[np.str_]) -> Array:
    """Square roots of weights with which every group counts the same."""
    counts = Counter(groups)
    return np.array([counts[group] ** -0.5 for group in groups])


@dataclass(frozen=True)
class Fitted:
    """Standardised solution: constants, then coefficients of steps; and the coefficients of campaigns."""

    step: Array
    campaign: Array

    def constants(self) -> Array:
        return MIDDLE + LOOSE * self.step[: len(NAMES)]

    def coefficients(self) -> Array:
        return np.array(list(STEP_PRIOR.values())) * self.step[len(NAMES):]

    def steps(self, data: Rows) -> Array:
        """Logarithm of the hours of bare steps."""
        return physics(data, self.constants()) + data.steps @ self.coefficients()

    def whole(self, data: Rows) -> Array:
        """Logarithm of the hours as paid: steps of benchmarks, campaigns of runs."""
        is_run = np.array([one.spec.kind == "run" for one in data.known])
        return self.steps(data) + is_run * (data.failures + data.campaigns @ self.campaign)


def fit_steps(data: Rows, use: NDArray[np.bool_], start: Array | None = None) -> Array:
    """The constants and coefficients of steps, from the rows in `use`."""
    weights, spread = group_weights(data.groups[use]), np.array(list(STEP_PRIOR.values()))
    count = len(NAMES)

    def residuals(point: Array) -> Array:
        guess = physics(data, MIDDLE + LOOSE * point[:count]) + data.steps @ (spread * point[count:])
        return np.concatenate([weights * robust((guess - data.target)[use]), point])

    first = np.zeros(count + len(spread)) if start is None else start
    return np.asarray(least_squares(residuals, first, max_nfev=25, xtol=1e-4, ftol=1e-4).x)


def fit_campaigns(data: Rows, use: NDArray[np.bool_], steps: Array) -> Array:
    """The coefficients of campaigns, given the logarithm of the hours of steps."""
    weights, spread = group_weights(data.groups[use]), np.array(list(CAMPAIGN_PRIOR.values()))
    left = (data.target - steps - data.failures)[use]

    def residuals(point: Array) -> Array:
        return np.concatenate([weights * robust(data.campaigns[use] @ (spread * point) - left, CAMPAIGN_SCALE), point])

    return spread * np.asarray(least_squares(residuals, np.zeros(len(spread))).x)


def fit(data: Rows, leave: str | None = None, start: Array | None = None) -> Fitted:
    """Everything, without the rows of one group."""
    stay = data.groups != leave
    step = fit_steps(data, data.bench & stay, start)
    steps = Fitted(step, np.zeros(len(CAMPAIGN_PRIOR))).steps(data)
    return Fitted(step, fit_campaigns(data, data.runs & stay, steps))


def left_out(data: Rows) -> tuple[Fitted, Array]:
    """The fit on all rows, and the prediction of every row by a fit that has not seen its group."""
    everything = fit(data)
    predicted = np.full(len(data.known), np.nan)
    benches = set(data.groups[data.bench])
    for group in sorted(set(data.groups)):
        mine = data.groups == group
        if group in benches:
            without = fit(data, group, everything.step)
        else:
            without = Fitted(everything.step, fit_campaigns(data, data.runs & ~mine, everything.steps(data)))
        predicted[mine] = without.whole(data)[mine]
    return everything, predicted
