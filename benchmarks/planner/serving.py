"""Predicted against published output tokens per second, each run predicted without its group; writes serving.md.

    python -m benchmarks.planner.serving [--truth FOLDER] [--out FILE]

Scored are the runs of inference_runs.csv (tiers A and B); the points beside this file are fitted, never scored. The
score is the median over groups of the median absolute percentage error in a group. Baselines are the roofline at one
share of the peak. The ablation leaves parts of the step out and fits the rest anew.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks.planner.fit_serving import Fitted, Floats, Run, cross_validated, features, priors, runs, truth_folder
from breakeven.estimate.parameters import count
from breakeven.estimate.serving import estimate_serving, rate_spread, work_of
from breakeven.estimate.serving_group import Work
from breakeven.estimate.serving_memory import kv_bytes
from breakeven.estimate.serving_rows import row_answer, spec_of_row

HERE = Path(__file__).parent
KINDS = ("single_stream", "offline_throughput", "static_batch", "request_throughput", "mlperf_offline",
         "mlperf_server", "mlperf_interactive", "service")
BARS = {"single_stream": 0.12, "offline_throughput": 0.20}
LEFT_OUT = (
    ("all parts", ()), ("without starting kernels", ("layers",)),
    ("without links and hops", ("link", "hops", "dispatch")),
    ("without reading the cache", ("cache",)), ("without attention over prompts", ("attention", "latent")),
    ("without work of the host", ("sequences",)), ("weights and products alone",
     ("layers", "link", "hops", "dispatch", "cache", "attention", "latent", "sequences")),
)  # fmt: skip


def scores(found: Sequence[Run], logs: Floats, kind: str) -> tuple[float, float, float, int, int] | None:
    """Median of group medians, median of runs, mean logarithmic bias, groups, runs; of the scored runs of a kind."""
    groups: dict[str, list[float]] = defaultdict(list)
    bias = []
    for run, log in zip(found, logs, strict=True):
        if run.row["kind"] == kind and "output_tokens_per_s_total" in run.row:
            groups[run.group].append(abs(math.exp(log) / run.rate - 1))
            bias.append(float(log) - math.log(run.rate))
    if not groups:
        return None
    rows = [error for errors in groups.values() for error in errors]
    return median(map(median, groups.values())), median(rows), median(bias), len(groups), len(rows)


def coverage(found: Sequence[Run], fitted: Fitted, kind: str) -> float:
    """The part of a kind's runs inside the 80 % interval about what was predicted without their group."""
    inside = [abs(math.log(run.rate) - float(log)) <= 1.2816 * rate_spread(spec_of_row(run.row))
              for run, log in zip(found, fitted.left_out, strict=True) if run.row["kind"] == kind]
    return sum(inside) / len(inside)


def roofline(run: Run, compute: float = 0.4, memory: float = 0.5) -> float:
    """The constant-share baseline: products at `compute` and bytes at `memory` of the peak, one after the other.

    Batch and layout are those of our own model, so that only the shares differ. One stream: weights alone at 0.7.
    """
    work = work_of(spec_of_row(run.row))
    active, total = count(work.shape).active, count(work.shape).total
    devices, batch = _layout(run)
    speed = work.chip.bandwidth_bytes_per_second
    if work.mode == "single":
        return 0.7 * speed / (active * work.weight_bits / 8)
    tokens = batch * (1 + work.input_tokens / work.output_tokens)
    products = 2 * active * tokens / (_peak(work) * devices * compute)
    moved = (total * work.weight_bits / 8 + batch * kv_bytes(work.shape, work.context, work.kv_bits)) / devices
    return batch / (products + moved / (speed * memory)) / devices


def best_pair(found: Sequence[Run]) -> str:
    """The pair of constant shares with the least error of offline runs, found on the very runs it is scored on."""
    chosen = [run for run in found if run.row["kind"] == "offline_throughput"]
    tried = []
    for compute in (0.15, 0.2, 0.25, 0.3, 0.4, 0.5):
        for share in (0.3, 0.4, 0.5, 0.6, 0.7):
            scored = scores(chosen, np.log([roofline(run, compute, share) for run in chosen]), "offline_throughput")
            tried.append((scored[0] if scored else math.inf, compute, share))
    error, compute, share = min(tried)
    return f"{compute:g} and {share:g} with {error:.1%}"


def _layout(run: Run) -> tuple[int, float]:
    """Devices that share a copy and the batch, as our own model chooses them; worked out once a run."""
    name = run.row["id"]
    if name not in LAYOUTS:
        found = estimate_serving(spec_of_row(run.row))
        LAYOUTS[name] = found.devices_per_copy, found.batch
    return LAYOUTS[name]


LAYOUTS: dict[str, tuple[int, float]] = {}


def _peak(work: Work) -> float:
    """The dense peak in the width of the weights."""
    return work.chip.peak({4: "fp4", 8: "fp8"}.get(round(work.weight_bits), "bf16"))


def table(found: Sequence[Run], fitted: Fitted) -> list[str]:
    """One line a kind: ours left out and inside, baseline, interval, refusals."""
    baseline = np.log([roofline(run) for run in found])
    lines = ["| kind | groups | runs | ours | bar | median of runs | bias | fitted inside | roofline | in interval |",
             "|---|---|---|---|---|---|---|---|---|---|"]
    for kind in KINDS:
        ours, inside, plain = (scores(found, logs, kind) for logs in (fitted.left_out, fitted.inside, baseline))
        if ours and inside and plain:
            bar = f"{BARS[kind]:.0%}" if kind in BARS else ""
            lines.append(f"| {kind} | {ours[3]} | {ours[4]} | **{ours[0]:.1%}** | {bar} | {ours[1]:.1%} "
                         f"| {ours[2]:+.1%} | {inside[0]:.1%} | {plain[0]:.1%} | {coverage(found, fitted, kind):.0%} |")
    return lines


def ablation(found: Sequence[Run]) -> list[str]:
    """Each line a model with parts left out, fitted and left-out-tested anew; and the priors, fitted on nothing."""
    lines = ["| model | " + " | ".join(KINDS) + " |", "|---|" + "---|" * len(KINDS)]
    names, prior, _ = priors()
    lines.append(_line("no fit: what was assumed before", found, features(found, names, prior).log_rates(prior)))
    for title, parts in LEFT_OUT:
        lines.append(_line(title, found, cross_validated(found, parts).left_out))
    return lines


def _line(title: str, found: Sequence[Run], logs: Floats) -> str:
    cells = [scores(found, logs, kind) for kind in KINDS]
    return f"| {title} | " + " | ".join(f"{cell[0]:.1%}" if cell else "" for cell in cells) + " |"


def by_group(found: Sequence[Run], fitted: Fitted) -> list[str]:
    """Every group: its median error and bias when it was left out."""
    lines = ["| kind | group | runs | error | bias |", "|---|---|---|---|---|"]
    for kind in KINDS:
        for group in dict.fromkeys(run.group for run in found if run.row["kind"] == kind):
            logs = [float(log) - math.log(run.rate) for run, log in zip(found, fitted.left_out, strict=True)
                    if run.group == group and run.row["kind"] == kind]
            errors = median(abs(math.exp(log) - 1) for log in logs)
            lines.append(f"| {kind} | {group} | {len(logs)} | {errors:.1%} | {math.exp(median(logs)) - 1:+.0%} |")
    return lines


def memory(found: Sequence[Run]) -> str:
    """Memory in use, where it was published."""
    errors = []
    for run in found:
        stated = run.row.get("mem_gb_per_gpu")
        if stated:
            errors.append(abs(row_answer(run.row)["mem_gb_per_gpu"] / float(stated) - 1))
    return f"Memory per GPU ({len(errors)} runs of one server): median error {median(errors):.1%}."


def answered(truth: Path) -> str:
    """How many rows of the file get an answer, outcomes hidden."""
    with (truth / "inference_runs.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    refused = [row["id"] for row in map(row_answer, rows) if "refused" in row]
    return f"{len(rows) - len(refused)} of {len(rows)} rows get an answer."


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--truth", type=Path, default=None, help="the folder of inference_runs.csv")
    parser.add_argument("--out", type=Path, default=HERE / "serving.md", help="the table to write")
    asked = parser.parse_args()
    truth = asked.truth or truth_folder()
    found = runs(truth)
    fitted = cross_validated(found)
    lines = [
        "# Inference: predicted against published", "",
        "Median of group medians of the absolute percentage error of output tokens per second and GPU. Every run is",
        "predicted by coefficients fitted without its group. The roofline has the same batch and layout and constant",
        "shares of the peaks: 0.7 of the bandwidth for one stream, 0.4 of the products and 0.5 of the bandwidth else,",
        f"added. The best constant pair for the offline runs, chosen on those runs: {best_pair(found)}.",
        "Written by `python -m benchmarks.planner.serving`.", "", answered(truth), memory(found), "",
        *table(found, fitted), "", "## Ablation", "", "Parts left out, the rest fitted and tested anew.", "",
        *ablation(found), "", "## Every group", "", *by_group(found, fitted), "",
    ]
    asked.out.write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
