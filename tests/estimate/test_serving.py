"""Serving: what the published runs say, what physics demands, and what is refused with what to do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from breakeven.core.errors import UsageError
from breakeven.estimate.chips import Chip, chip_named
from breakeven.estimate.published import published_shape
from breakeven.estimate.serving import ServingSpec, estimate_serving, work_of
from breakeven.estimate.serving_engine import GGUF, SERVER, engine_named, memory_kind
from breakeven.estimate.serving_group import devices_needed, group_of
from breakeven.estimate.serving_memory import expert_bytes, kv_bytes, weight_bytes
from breakeven.estimate.serving_rates import coefficients
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import shape_of_size

quick = settings(deadline=None, max_examples=40)
SIZES = st.floats(0.5e9, 60e9)
CHIPS = st.sampled_from(["H100", "A100-80GB", "H200", "L40S", "MI300X", "B200"])
LENGTHS = st.floats(16, 8192)


def shape_named(name: str) -> Shape:
    shape = published_shape(name)
    assert shape is not None
    return shape


def served(shape: Shape, chip: Chip | str = "H100", **asked: object) -> ServingSpec:
    plain = {"framework": "vLLM", "weight_bits": 8.0, "kv_bits": 8.0, "input_tokens": 512.0, "output_tokens": 512.0}
    device = chip_named(chip) if isinstance(chip, str) else chip
    return ServingSpec(shape, device, **{**plain, **asked})  # type: ignore[arg-type]


def fits(spec: ServingSpec) -> bool:
    try:
        estimate_serving(spec)
    except UsageError:
        return False
    return True


@pytest.mark.parametrize(("name", "context", "bits", "mebibytes"), [
    ("Llama 2 70B", 1024, 16, 320), ("Llama 2 7B", 1, 16, 0.5), ("DeepSeek-V3", 1, 16, 61 * 576 * 2 / 2**20),
])
def test_the_cache_of_known_models(name: str, context: float, bits: float, mebibytes: float) -> None:
    """Llama-2-70B keeps 320 KiB a token in 16 bits; latent attention keeps 576 numbers a layer."""
    assert kv_bytes(shape_named(name), context, bits) / 2**20 == pytest.approx(mebibytes)


def test_weights_of_an_eight_billion_model() -> None:
    shape = shape_named("Llama 3.1 8B")
    assert weight_bytes(shape, 16, SERVER) == pytest.approx(16.06e9, rel=0.001)
    assert weight_bytes(shape, 4, SERVER) == pytest.approx(6.98e9 * 4.5 / 8 + 4 * 0.525e9, rel=0.001)
    assert weight_bytes(shape, 4.85, GGUF) == pytest.approx((8.03e9 - 0.525e9) * 4.85 / 8, rel=0.001)


def test_a_batch_hits_more_experts_until_it_hits_all() -> None:
    shape = shape_named("Mixtral 8x7B")
    one, many, everything = (expert_bytes(shape, 8, SERVER, tokens) for tokens in (1, 8, 1e6))
    assert one == pytest.approx(everything * 2 / 8)
    assert one < many < everything
    assert expert_bytes(shape_named("Llama 3.1 8B"), 8, SERVER, 4) == 0


@quick
@given(SIZES, CHIPS, st.floats(1.05, 3.0))
def test_more_bandwidth_is_never_slower(size: float, name: str, factor: float) -> None:
    chip = chip_named(name)
    faster = replace(chip, bandwidth_bytes_per_second=chip.bandwidth_bytes_per_second * factor)
    shape = shape_of_size(size)
    before = served(shape, chip, mode="single")
    assume(fits(before))
    assert (estimate_serving(served(shape, faster, mode="single")).tpot_seconds.value
            < estimate_serving(before).tpot_seconds.value)


@quick
@given(SIZES, CHIPS, st.integers(1, 64), LENGTHS, LENGTHS)
def test_a_larger_batch_never_gives_fewer_tokens(size: float, chip: str, batch: int, prompt: float,
                                                 answer: float) -> None:
    spec = served(shape_of_size(size), chip, mode="static", batch=batch, input_tokens=prompt, output_tokens=answer)
    assume(fits(spec))
    more = estimate_serving(replace(spec, batch=batch + 1))
    assert more.output_tokens_per_second.value >= estimate_serving(spec).output_tokens_per_second.value * (1 - 1e-9)


@quick
@given(SIZES, st.sampled_from([4.0, 8.0]), st.sampled_from([4.0, 8.0, 16.0]))
def test_fewer_bits_never_take_more_memory(size: float, few: float, many: float) -> None:
    assume(few < many)
    shape = shape_of_size(size)
    assert weight_bytes(shape, few, SERVER) < weight_bytes(shape, many, SERVER)
    one = {"mode": "single", "framework": "llama.cpp"}
    light, heavy = served(shape, "B200", weight_bits=few, **one), served(shape, "B200", weight_bits=many, **one)
    found, other = estimate_serving(light), estimate_serving(heavy)
    assert found.memory_bytes_per_gpu.value < other.memory_bytes_per_gpu.value
    assert found.output_tokens_per_second.value > other.output_tokens_per_second.value


@quick
@given(SIZES, CHIPS, LENGTHS, st.floats(1.1, 8.0), st.sampled_from(["single", "offline"]))
def test_a_longer_prompt_never_gives_more_tokens(size: float, chip: str, prompt: float, factor: float,
                                                 mode: str) -> None:
    spec = served(shape_of_size(size), chip, mode=mode, input_tokens=prompt)
    longer = replace(spec, input_tokens=prompt * factor)
    assume(fits(longer))
    assert (estimate_serving(longer).output_tokens_per_second.value
            < estimate_serving(spec).output_tokens_per_second.value)


@quick
@given(st.floats(0.2, 200.0), st.floats(1.05, 3.0))
def test_more_load_never_takes_fewer_machines(load: float, factor: float) -> None:
    spec = served(shape_named("Llama 3.1 8B"), mode="server", requests_per_second=load, usd_per_gpu_hour=2.0)
    less, more = estimate_serving(spec), estimate_serving(replace(spec, requests_per_second=load * factor))
    assert less.machines is not None
    assert more.machines is not None
    assert less.machines <= more.machines
    found = less.usd_per_1m_output_tokens
    assert found is not None
    sold = load * 512 * 3600 / 1e6
    assert found.value * sold == pytest.approx(less.machines * 2.0)
    assert found.low <= found.value <= found.high


@quick
@given(SIZES, st.floats(0.97, 1.03), CHIPS)
def test_a_little_more_model_is_a_little_slower(size: float, factor: float, chip: str) -> None:
    spec = served(shape_of_size(size), chip, mode="single")
    assume(fits(spec) and fits(served(shape_of_size(size * factor), chip, mode="single")))
    ratio = (estimate_serving(served(shape_of_size(size * factor), chip, mode="single")).tpot_seconds.value
             / estimate_serving(spec).tpot_seconds.value)
    assert 0.9 < ratio < 1.1


def test_a_limit_of_latency_is_kept_and_costs_throughput() -> None:
    free = estimate_serving(served(shape_named("Llama 3.1 70B"), gpus=4))
    bound = estimate_serving(served(shape_named("Llama 3.1 70B"), gpus=4, mode="server", tpot_limit_seconds=0.03))
    assert bound.tpot_seconds.value <= 0.0301
    assert bound.limited_by == "latency"
    assert bound.output_tokens_per_second.value < free.output_tokens_per_second.value


def test_what_is_not_known_widens_the_interval() -> None:
    shape = shape_named("Llama 3.1 8B")
    known = estimate_serving(served(shape)).output_tokens_per_second
    unknown = estimate_serving(ServingSpec(shape, chip_named("H100"), shape_known=False)).output_tokens_per_second
    assert unknown.sigma > 2 * known.sigma
    assert known.low < known.value < known.high


def test_no_price_is_no_cost_rather_than_none_at_all() -> None:
    assert estimate_serving(served(shape_named("Llama 3.1 8B"))).usd_per_1m_output_tokens is None


def test_what_fits_nowhere_is_refused_with_what_it_takes() -> None:
    spec = served(shape_named("Llama 3.1 405B"), "H100", weight_bits=16.0)
    with pytest.raises(UsageError, match="does not fit on 1 × H100") as refusal:
        estimate_serving(spec)
    assert "it takes 16 devices" in str(refusal.value.hint)
    assert devices_needed(work_of(spec)) == 16
    assert fits(replace(spec, gpus=16))
    assert not fits(replace(spec, gpus=8))


@pytest.mark.parametrize(("asked", "what"), [
    ({"tensor_parallel": 3, "gpus": 3}, "32 heads cannot be dealt out to 3 devices"),
    ({"weight_bits": 0.0}, "not a positive number"), ({"batch": -1.0, "mode": "static"}, "not a positive number"),
    ({"input_tokens": -5.0}, "a prompt cannot have"), ({"output_tokens": float("nan")}, "not a positive number"),
    ({"tensor_parallel": 8, "gpus": 4}, "more devices"),
])  # fmt: skip
def test_what_cannot_be_is_refused(asked: dict[str, object], what: str) -> None:
    with pytest.raises(UsageError, match=what):
        estimate_serving(served(shape_named("Llama 3.1 8B"), **asked))


@pytest.mark.parametrize(("name", "chip", "batch", "kind"), [
    ("llama.cpp", "RTX 4090", 1, "gguf"), ("ExLlamaV2 EXL2", "RTX 4090", 1, "compiled"),
    ("vLLM 0.11", "H100", 8, "server"), ("vendor (TRT-LLM)", "H200", None, "tuned"),
    ("", "RTX 4090", 1, "gguf"), ("", "H100", 1, "server"),
    ("", "Apple M2 Ultra 76c", 1, "gguf"), ("transformers", "H100", 1, "eager"),
    ("something new", "H100", 1, "server"),
])  # fmt: skip
def test_engines_by_their_names(name: str, chip: str, batch: int | None, kind: str) -> None:
    assert engine_named(name, chip_named(chip), batch).kind == kind


def test_kinds_of_memory() -> None:
    kinds = {name: memory_kind(chip_named(name)) for name in ("A100-80GB", "A10", "A10G", "L4", "RTX 4090", "TPUv4",
                                                              "Apple M1 Max 32c", "EPYC 9654 (96c Zen4)")}
    assert [name for name, kind in kinds.items() if kind == "stacked"] == ["A100-80GB", "TPUv4"]
    assert kinds["Apple M1 Max 32c"] == "unified"


def test_deepseeks_own_service() -> None:
    """DeepSeek, day 6 of its open-source week (2025-02): 14,800 output tokens a second and node of 8 H800.

    Decoding on 144 devices, 20 to 22 tokens a second to each user, 4,989 tokens in the cache. Prompts are taken in
    elsewhere. Our rate is within a factor of 1.6.
    """
    work = replace(work_of(served(
        shape_named("DeepSeek-V3"), "H800", framework="DeepSeek", input_tokens=4_489.0, output_tokens=1_000.0,
        gpus=144)), mode="single")
    low, high = 1.0, 144 * 512.0
    for _ in range(40):
        middle = (low + high) / 2
        step = sum(part.seconds(coefficients()) for part in work.parts(144, middle))
        low, high = (middle, high) if step < 1 / 21 else (low, middle)
    node = 8 * low * 21 / 144
    assert 14_800 / 1.6 < node < 14_800 * 1.6
    assert group_of(work, 8, coefficients()) is None, "671 GB do not fit on eight devices of 80"
