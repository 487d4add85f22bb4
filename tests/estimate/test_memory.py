"""Memory: what the ledger must obey, what papers computed, and what was measured."""

from __future__ import annotations

import csv
import itertools
import json
import os
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.activations import kept_by_layer
from breakeven.estimate.chips import chip_named
from breakeven.estimate.memory import Setup, memory_of
from breakeven.estimate.memory_rows import GIB, shape_of_row, training_memory_of_row
from breakeven.estimate.published import published_shape
from breakeven.estimate.room import check_layout, check_shape, fits, refuse_without_room
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import shape_of_size


def named(name: str) -> Shape:
    shape = published_shape(name)
    assert shape is not None
    return shape


SHAPES = [named(name) for name in ("Llama 3.1 8B", "Llama 3.1 70B", "GPT-3 175B", "Mixtral 8x7B", "DeepSeek-V3",
                                   "BERT base", "T5 11B", "Qwen3-30B-A3B", "MPT-7B")]
setups = st.builds(
    Setup, sequence=st.sampled_from([128.0, 2048.0, 32768.0]), micro_batch=st.sampled_from([1.0, 2.0, 8.0]),
    micro_batches=st.sampled_from([1.0, 8.0, 64.0]), tp=st.sampled_from([1, 2, 4, 8]), pp=st.sampled_from([1, 2, 4]),
    dp=st.sampled_from([1, 2, 8, 64]), cp=st.sampled_from([1, 2]), zero=st.sampled_from([0, 1, 2, 3]),
    recompute=st.sampled_from(["none", "selective", "full"]), flash=st.booleans(), sequence_parallel=st.booleans(),
    states=st.sampled_from(["mixed", "mixed, fp32 gradients", "pure bf16", "8-bit states", "fp32"]),
)  # fmt: skip


def states(shape: Shape, setup: Setup) -> float:
    terms = memory_of(shape, setup).terms
    return sum(terms[name] for name in ("weights", "gradients", "optimizer", "gathered"))


@settings(deadline=None)
@given(st.sampled_from(SHAPES), setups)
def test_a_higher_stage_of_zero_never_needs_more(shape: Shape, setup: Setup) -> None:
    needed = [states(shape, replace(setup, zero=zero)) for zero in range(4)]
    assert all(later <= before * (1 + 1e-9) for before, later in itertools.pairwise(needed))


@settings(deadline=None)
@given(st.sampled_from(SHAPES), setups)
def test_more_of_anything_that_splits_never_needs_more(shape: Shape, setup: Setup) -> None:
    setup = replace(setup, pp=1)  # in a pipeline another stage may become the fullest, with terms of its own
    before = memory_of(shape, setup).terms
    wider = memory_of(shape, replace(setup, tp=2 * setup.tp)).terms
    for name in ("weights", "gradients", "optimizer", "activations"):
        assert wider[name] <= before[name] * (1 + 1e-9), name
    assert states(shape, replace(setup, dp=2 * setup.dp)) <= states(shape, setup) * (1 + 1e-9)


@settings(deadline=None)
@given(st.sampled_from(SHAPES), setups)
def test_more_recomputation_keeps_less_and_more_text_keeps_more(shape: Shape, setup: Setup) -> None:
    assert memory_of(shape, replace(setup, micro_batch=16.0)).total >= memory_of(shape, setup).total * (1 - 1e-9)
    setup = replace(setup, pp=1)
    kept = [memory_of(shape, replace(setup, recompute=name)).terms["activations"]
            for name in ("none", "selective", "full")]
    assert kept[0] >= kept[1] >= kept[2] > 0
    twice = memory_of(shape, replace(setup, micro_batch=2 * setup.micro_batch))
    assert twice.total >= memory_of(shape, setup).total * (1 - 1e-9)
    assert twice.terms["activations"] == pytest.approx(2 * memory_of(shape, setup).terms["activations"])
    ledger = memory_of(shape, setup)
    assert all(value >= 0 for value in ledger.terms.values())
    assert ledger.total == pytest.approx(sum(ledger.terms.values()))


SCORES = 5 * 64 * 2048 / 6144
GPT_22B = Shape("GPT 22B", 48, 6144, 64, 64, 96, 4 * 6144, 51200, gated=False, tied=True)


@pytest.mark.parametrize(("tp", "sequence_parallel", "recompute", "flash", "expected"), [
    (1, False, "none", False, 34 + SCORES), (8, False, "none", False, 10 + 24 / 8 + SCORES / 8),
    (8, True, "none", False, (34 + SCORES) / 8), (8, True, "selective", False, 34 / 8),
    (8, True, "none", True, 34 / 8), (1, False, "full", False, 2),
])  # fmt: skip
def test_a_layer_of_gpt_keeps_what_korthikanti_et_al_count(
    tp: int, sequence_parallel: bool, recompute: str, flash: bool, expected: float,
) -> None:
    """arXiv:2205.05198, table 2: bytes for each token and each number of its width."""
    kept = kept_by_layer(GPT_22B, 2048, recompute, flash).on_device(tp, sequence_parallel)
    assert kept / 6144 == pytest.approx(expected)


def test_the_states_of_gpt_3_are_those_that_korthikanti_et_al_print() -> None:
    """Figure 1: 45.5625 GiB of weights, gradients and optimizer for 175B with TP 8 and PP 8."""
    setup = Setup(2048, tp=8, pp=8, micro_batches=8, zero=0, states="mixed, fp32 gradients", recompute="full")
    terms = memory_of(named("GPT-3 175B"), setup).terms
    assert sum(terms[name] for name in ("weights", "gradients", "optimizer")) / GIB == pytest.approx(45.56, rel=0.05)


def test_measured_trainings_are_met(repository: Path) -> None:
    folder = Path(os.environ.get("BREAKEVEN_TRUTH", repository.parent / "shared" / "truth"))
    if not folder.is_dir():
        pytest.skip(f"the published runs are not at {folder}")
    errors: dict[str, list[float]] = {}
    with (folder / "training_runs.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["mem_gib_per_gpu"]:
                outcome = float(row.pop("mem_gib_per_gpu"))
                estimate = training_memory_of_row(row)
                assert estimate is not None
                errors.setdefault(row["group"], []).append(abs(estimate.value / outcome - 1))
    assert median(median(group) for group in errors.values()) <= 0.10


ROW = {"model": "Llama 3.1 8B", "params_total": "8030000000", "hw": "H100", "hw_count": "8", "seq_len": "8192",
       "zero": "FSDP-full", "micro_batch": "1", "act_ckpt": "full", "year": "2024"}


def test_every_row_gets_an_answer_and_what_is_missing_widens_it() -> None:
    told = training_memory_of_row(ROW)
    poor = training_memory_of_row({"params_total": "8030000000", "hw": "H100"})
    assert told is not None
    assert poor is not None
    assert poor.sigma > told.sigma > 0
    assert training_memory_of_row({"n_layers": "24", "d_model": "1536", "hw": "H100"}) is not None
    assert training_memory_of_row({"model": "unheard of"}) is None


def test_outcomes_are_not_looked_at_and_a_stated_size_moves_the_answer() -> None:
    before = training_memory_of_row(ROW)
    assert before == training_memory_of_row(ROW | {"mem_gib_per_gpu": "1", "gpu_hours": "1", "mfu_pct": "99"})
    more = training_memory_of_row(ROW | {"params_total": str(8.03e9 * 1.03)})
    assert before is not None
    assert more is not None
    assert 1.0 < more.value / before.value < 1.03


def test_a_shape_that_is_told_stands_above_the_name() -> None:
    shape = shape_of_row(ROW | {"n_layers": "16", "d_model": "4096"})
    assert shape is not None
    assert shape.layers == 16


def test_a_model_without_room_says_how_much_is_missing_and_where_it_would_fit() -> None:
    setup = Setup(8192, dp=8)
    with pytest.raises(UsageError) as caught:
        refuse_without_room(named("Llama 3.1 70B"), setup, chip_named("H100"))
    room = fits(named("Llama 3.1 70B"), setup, chip_named("H100"))
    assert not room.fits
    assert room.devices is not None
    assert str(room.devices) in str(caught.value.hint)
    assert 16 <= room.devices <= 64
    assert refuse_without_room(named("Llama 3.1 8B"), replace(setup, zero=3, recompute="full"), chip_named("H200")).fits


def test_a_model_that_fits_nowhere_says_so() -> None:
    with pytest.raises(UsageError) as caught:
        refuse_without_room(shape_of_size(9e13), Setup(1_000_000, dp=8), chip_named("4090"))
    assert "no number" in str(caught.value.hint)


@pytest.mark.parametrize(("shape", "setup", "where"), [
    (named("Llama 3.1 8B"), Setup(2048, tp=3), "tp"), (named("Llama 3.1 8B"), Setup(2048, tp=64), "tp"),
    (named("Llama 3.1 8B"), Setup(2048, pp=64), "pp"), (named("Llama 3.1 8B"), Setup(2048, pp=8, chunks=8), "pp"),
    (named("Mixtral 8x7B"), Setup(2048, ep=3), "ep"), (named("Llama 3.1 8B"), Setup(2048, ep=8), "ep"),
    (named("Llama 3.1 8B"), Setup(-1), "sequence"), (named("Llama 3.1 8B"), Setup(2048, dp=0), "dp"),
    (replace(named("Mixtral 8x7B"), experts_active=9), Setup(2048), "experts_active"),
    (replace(named("Llama 3.1 8B"), kv_heads=5), Setup(2048), "kv_heads"),
    (replace(named("Llama 3.1 8B"), layers=-3), Setup(2048), "layers"),
    (replace(named("Llama 3.1 8B"), width=10**9), Setup(2048), "width"),
    (replace(named("Llama 3.1 8B"), vocabulary=-5), Setup(2048), "shape"),
], ids=lambda value: str(getattr(value, "name", value))[:24])  # fmt: skip
def test_the_impossible_is_refused_with_the_fix(shape: Shape, setup: Setup, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        check_layout(shape, setup)
    assert str(caught.value.where) == where
    assert str(caught.value.hint)


def test_every_constant_says_where_it_comes_from() -> None:
    from breakeven.estimate import constants

    text = (Path(constants.__file__).parent / "data" / "memory.json").read_text(encoding="utf-8")
    told = json.loads(text)["provenance"]
    assert all(told[name] for name in constants.constants())


def test_what_is_published_is_possible() -> None:
    from breakeven.estimate.published import published_shapes

    for entry in published_shapes():
        check_shape(entry.shape)
