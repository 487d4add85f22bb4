"""Tables of services: outcomes are never read, every published row is answered, size moves the answer smoothly."""

from __future__ import annotations

import csv
import math
import os
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from breakeven.estimate.serving_rows import row_answer, row_answers

OUTCOMES = (
    "output_tokens_per_s_total", "output_tokens_per_s_per_gpu", "input_tokens_per_s_total", "prefill_tokens_per_s",
    "requests_per_s", "ttft_ms", "tpot_ms", "mem_gb_per_gpu", "achieved_mem_bw_gb_s", "cost_usd_per_mtok_out", "note",
)
ROW = {
    "id": "a", "kind": "single_stream", "model": "Llama 3 8B", "params_total": "8030000000", "framework": "llama.cpp",
    "weight_bits": "4.85", "kv_bits": "16", "hw": "4090 24GB", "hw_count": "1", "batch": "1", "input_len": "1024",
    "output_len": "1024", "output_tokens_per_s_per_gpu": "127.74",
}  # fmt: skip


@pytest.fixture(scope="module")
def published() -> list[dict[str, str]]:
    folder = Path(os.environ.get("BREAKEVEN_TRUTH", Path(__file__).parents[2].parent / "shared" / "truth"))
    if not (folder / "inference_runs.csv").is_file():
        pytest.skip(f"the published runs are not at {folder} (set BREAKEVEN_TRUTH)")
    with (folder / "inference_runs.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def rate(row: dict[str, str]) -> float:
    found = row_answer(row)["output_tokens_per_s_per_gpu"]
    assert isinstance(found, float)
    return found


def test_llama_cpp_on_a_4090() -> None:
    found = row_answer(ROW)
    assert found["output_tokens_per_s_per_gpu_low"] < 127.74 < found["output_tokens_per_s_per_gpu_high"]
    assert found["tpot_ms"] == pytest.approx(1000 / found["output_tokens_per_s_total"])
    assert 5 < found["mem_gb_per_gpu"] < 7
    assert found["usd_per_mtok_out"] is None, "no price was given, so there is no cost"


def test_a_price_gives_a_cost() -> None:
    found = row_answer(ROW | {"cost_usd_per_hour": "0.36"})
    assert found["usd_per_mtok_out"] == pytest.approx(0.36 * 1e6 / 3600 / found["output_tokens_per_s_total"])


def test_outcomes_are_not_looked_at() -> None:
    wrong = ROW | dict.fromkeys(OUTCOMES, "999999")
    assert row_answer(wrong) == row_answer(ROW)
    assert row_answer(ROW | dict.fromkeys(OUTCOMES, "nonsense")) == row_answer(ROW)


@pytest.mark.parametrize("name", ["Llama 3 8B", "a model of ours"])
def test_size_moves_the_answer_smoothly(name: str) -> None:
    sizes = [8.03e9 * (0.97 + 0.005 * step) for step in range(13)]
    rates = [rate(ROW | {"model": name, "params_total": f"{size:.0f}"}) for size in sizes]
    assert rates == sorted(rates, reverse=True)
    for size, more, slower, faster in zip(sizes, sizes[1:], rates[1:], rates, strict=False):
        assert faster / slower <= (more / size) ** 1.5


def test_what_is_missing_is_answered_with_a_wider_interval() -> None:
    bare = {"id": "b", "params_total": "7e9", "hw": "A100-80GB", "kind": "offline_throughput"}
    known = bare | {"framework": "vLLM", "weight_bits": "16", "input_len": "512", "output_len": "256"}

    def width(row: dict[str, str]) -> float:
        found = row_answer(row)
        return math.log(found["output_tokens_per_s_per_gpu_high"] / found["output_tokens_per_s_per_gpu_low"])

    assert width(bare) > 1.5 * width(known)


@pytest.mark.parametrize(("change", "what"), [
    ({"hw": "Abacus 3"}, "is not in the table"), ({"model": "", "params_total": ""}, "size is not given"),
    ({"weight_bits": "four"}, "four is not a number"), ({"params_total": "700e9", "model": ""}, "does not fit"),
])  # fmt: skip
def test_a_row_that_cannot_be_is_refused_and_the_others_are_not(change: dict[str, str], what: str) -> None:
    first, second = row_answers([ROW | change, ROW])
    assert what in first["refused"]["what"]
    assert first["refused"]["hint"]
    assert "refused" not in second


def test_every_published_row_is_answered(published: list[dict[str, str]]) -> None:
    hidden = [{name: value for name, value in row.items() if name not in OUTCOMES} for row in published]
    answers = row_answers(hidden)
    assert [answer["id"] for answer in answers if "refused" in answer] == []
    for answer in answers:
        for name in ("output_tokens_per_s_per_gpu", "tpot_ms", "mem_gb_per_gpu"):
            assert answer[f"{name}_low"] <= answer[name] <= answer[f"{name}_high"]


def errors(published: list[dict[str, str]], kind: str) -> float:
    """Median of group medians of the absolute percentage error, tiers A and B."""
    groups: dict[str, list[float]] = {}
    for row in published:
        stated = row["output_tokens_per_s_per_gpu"]
        if row["kind"] == kind and row["tier"] in ("A", "B") and stated:
            groups.setdefault(row["group"], []).append(abs(rate(row) / float(stated) - 1))
    return median(map(median, groups.values()))


@pytest.mark.parametrize(("kind", "bar"), [("single_stream", 0.12), ("offline_throughput", 0.20)])
def test_published_rates_are_met(published: list[dict[str, str]], kind: str, bar: float) -> None:
    assert errors(published, kind) <= bar


def test_the_memory_of_a_server_is_met(published: list[dict[str, str]]) -> None:
    rows: list[Any] = [row for row in published if row["mem_gb_per_gpu"]]
    assert median(abs(row_answer(row)["mem_gb_per_gpu"] / float(row["mem_gb_per_gpu"]) - 1) for row in rows) <= 0.10
