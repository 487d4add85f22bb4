"""Training times: what must hold of every estimate, and what is refused."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.chips import chip_named
from breakeven.estimate.layout import Asked
from breakeven.estimate.published import published_shape
from breakeven.estimate.train import estimate_training
from breakeven.estimate.training_spec import TrainingSpec
from breakeven.estimate.training_words import answer, asked_of_words, spec_of_words

H100 = chip_named("H100")
PLAIN = TrainingSpec(chip=H100, params=7e9, tokens=1e12, chips=64, sequence=4096)
sizes = st.floats(1e8, 5e11)


@settings(max_examples=40, deadline=None)
@given(sizes, st.floats(1e9, 2e13))
def test_three_percent_more_of_both_moves_the_answer_smoothly(params: float, tokens: float) -> None:
    """Nothing is remembered by exact size: 1.061 times the work never moves the hours by more than a fifth."""
    spec = replace(PLAIN, params=params, tokens=tokens, chips=1024)
    before = estimate_training(spec).gpu_hours.value
    after = estimate_training(replace(spec, params=params * 1.03, tokens=tokens * 1.03)).gpu_hours.value
    assert 1.0 < after / before < 1.2


@settings(max_examples=30, deadline=None)
@given(st.floats(1e9, 7e10), st.integers(5, 8))
def test_twice_the_devices_at_fixed_work_leave_the_hours_and_halve_the_days(params: float, power: int) -> None:
    """Model, data, batch and layout of a replica are held: only the number of replicas doubles. Hours stay within 10 %
    (more traffic and failures, nothing else), days within 10 % of half."""
    asked = Asked(tp=8, pp=1, zero=1, recompute="full", micro_batch=1, batch=2048)
    spec = replace(PLAIN, params=params, chips=2**power, asked=asked, heads=64)
    one, two = (estimate_training(replace(spec, chips=count)) for count in (2**power, 2 ** (power + 1)))
    assert 1.0 <= two.gpu_hours.value / one.gpu_hours.value < 1.1
    assert 0.5 <= two.days.value / one.days.value < 0.55


@settings(max_examples=30, deadline=None)
@given(sizes, st.floats(1e9, 1e13), st.floats(1.01, 10.0))
def test_more_data_takes_more_hours(params: float, tokens: float, more: float) -> None:
    spec = replace(PLAIN, params=params, tokens=tokens, chips=2048)
    assert estimate_training(replace(spec, tokens=tokens * more)).gpu_hours.value == pytest.approx(
        estimate_training(spec).gpu_hours.value * more)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e8, 7e10), st.sampled_from([("V100", "A100-80GB"), ("A100-80GB", "H100"), ("H100", "B200")]))
def test_a_faster_chip_is_never_slower(params: float, chips: tuple[str, str]) -> None:
    slow, fast = (estimate_training(replace(PLAIN, params=params, chip=chip_named(name), chips=512)) for name in chips)
    assert fast.gpu_hours.value < slow.gpu_hours.value


@settings(max_examples=25, deadline=None)
@given(sizes, st.sampled_from([8, 96, 1000, 4096]))
def test_every_estimate_keeps_its_own_arithmetic(params: float, chips: int) -> None:
    """Hours, days, utilisation, goodput and money are one another's products, and the intervals hold the values."""
    spec = replace(PLAIN, params=params, chips=chips, usd_per_hour=2.0)
    try:
        found = estimate_training(spec)
    except UsageError:
        return  # so large a model has no room there
    assert found.goodput is not None
    assert found.usd is not None
    assert found.days.value * 24 * chips == pytest.approx(found.gpu_hours.value)
    assert found.usd.value == pytest.approx(2.0 * found.gpu_hours.value)
    useful = found.mfu.value * found.goodput.value * H100.peak("bf16") * found.gpu_hours.value * 3600
    assert useful == pytest.approx(found.flop)
    assert found.mfu.value < H100.ceiling("bf16") / H100.peak("bf16")
    assert found.gpu_hours.low < found.gpu_hours.value < found.gpu_hours.high


def test_what_is_not_told_makes_the_interval_wider() -> None:
    asked = Asked(tp=1, pp=1, zero=3, recompute="none", micro_batch=1, batch=512)
    told = replace(PLAIN, asked=asked, layers=32, width=4096)
    assert estimate_training(told).gpu_hours.sigma < estimate_training(PLAIN).gpu_hours.sigma
    unknown = estimate_training(replace(PLAIN, tokens=None))
    assert unknown.gpu_hours.sigma > 2 * estimate_training(PLAIN).gpu_hours.sigma
    assert unknown.tokens == 20 * PLAIN.params


def test_a_run_of_ones_own_recalibrates_and_narrows() -> None:
    before, after = estimate_training(PLAIN), estimate_training(replace(PLAIN, measured_tokens_per_second=600_000.0))
    assert after.gpu_hours.sigma < before.gpu_hours.sigma / 2
    steps = 1e12 / 600_000 * 64 / 3600
    assert steps <= after.gpu_hours.value < 1.6 * steps
    assert after.mfu.value == pytest.approx(after.flop / (steps * 3600 * H100.peak("bf16")))


def test_the_layout_that_is_shown_has_room() -> None:
    """Also where the quick count of the search is too small: the ledger of memory has the last word."""
    for name, chips in (("DeepSeek-V3", 2048), ("Llama 3.1 405B", 16_384), ("Llama 3.1 8B", 8)):
        found = estimate_training(replace(PLAIN, shape=published_shape(name), params=None, chips=chips))
        assert found.memory_bytes.value <= found.memory_of_device


def test_no_price_is_told_as_none_and_never_as_nothing() -> None:
    found = estimate_training(replace(PLAIN, chip=chip_named("TPUv3"), chips=512))
    assert found.usd is None or found.usd.value > 0


def test_layouts_are_searched_in_a_tenth_of_a_second_for_a_thousand_devices() -> None:
    spec = TrainingSpec(chip=H100, params=4e11, active=3e10, tokens=1e13, chips=1024, sequence=65_536)
    estimate_training(spec)
    began = time.process_time()
    found = estimate_training(spec)
    assert time.process_time() - began < 0.1
    assert found.layouts_tried > 1000
    assert len(found.others) > 1
    assert all(one.slower > 0 and one.limit for one in found.others)


@pytest.mark.parametrize(("change", "what", "hint"), [
    ({"shape": published_shape("Llama 3.1 8B"), "asked": Asked(tp=3)}, "tp 3 does not divide the 32", "1, 2, 4, 8"),
    ({"asked": Asked(pp=999)}, "999 stages", "at most 32"),
    ({"asked": Asked(tp=8, pp=16), "chips": 64}, "128 devices, and there are 64", "128"),
    ({"asked": Asked(ep=8)}, "over 8 devices", "at most 1"),
    ({"active": 8e9}, "active", "at most all"),
    ({"params": 7e10, "chips": 1}, "weights and optimizer", "at least"),
    ({"params": 7e10, "chips": 64, "asked": Asked(tp=1, pp=1, zero=0)}, "weights and optimizer", "zero=3"),
    ({"params": 1.3e10, "chips": 8, "sequence": 4e6}, "are missing", "of them"),
    ({"measured_tokens_per_second": 1e9}, "more than the matrices", "all devices together"),
    ({"params": None}, "size of the model", "7B"),
])  # fmt: skip
def test_the_impossible_is_refused_with_the_fix(change: dict, what: str, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        estimate_training(replace(PLAIN, **change))
    lines = [str(line) for line in caught.value.lines()]
    assert what in lines[0]
    assert hint in lines[2]


def words(**given: object) -> dict:
    """The options of the command, none of them given but these."""
    names = ("params", "active", "model", "config", "tokens", "gpu", "gpus", "sequence", "layout", "batch",
             "usd_per_hour", "measured", "year")  # fmt: skip
    return dict.fromkeys(names) | {"precision": "bf16"} | given


def test_words_become_a_spec() -> None:
    spec = spec_of_words(**words(params="175e9", gpu="V100-32GB", gpus=10_000, tokens=3e11, batch=1536,
                                 layout="tp=8, pp=16,zero=1,recompute=full,micro=2"))
    assert (spec.params, spec.chip.name, spec.chips) == (175e9, "V100-SXM2-32GB", 10_000)
    assert spec.asked == Asked(tp=8, pp=16, zero=1, recompute="full", micro_batch=2, batch=1536)


@pytest.mark.parametrize("layout", ["tp", "tp=", "tp=0", "tp=-1", "speed=9", "tp=nan", "micro=inf"])
def test_a_layout_that_is_none_is_refused(layout: str) -> None:
    with pytest.raises(UsageError) as caught:
        asked_of_words(layout)
    assert str(caught.value.lines()[1]) == "--layout"


def test_a_deadline_takes_the_fewest_devices_that_keep_it() -> None:
    spec = replace(PLAIN, chips=None)
    found = answer(spec, 30.0)
    assert found.days.value <= 30.0
    assert estimate_training(replace(spec, chips=found.chips // 2)).days.value > 30.0
    with pytest.raises(UsageError):
        answer(replace(spec, params=1e13, tokens=1e16), 0.5)
