"""One step of a serving engine, as amounts of work: each part divided by what the chip gives at best.

A step writes one token of each of B sequences and takes in its share of new prompts (continuous batching): with
prompts of I and answers of O tokens, B I / O prompt tokens a step. Parts are added, not overlapped: kernels of one
stream run one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from breakeven.estimate.chips import Chip
from breakeven.estimate.flop import attention_flop_per_token, layer_parameters
from breakeven.estimate.serving_engine import Engine, memory_kind
from breakeven.estimate.serving_memory import expert_bytes, kv_bytes, kv_share, resident_bytes, resident_share
from breakeven.estimate.shape import Shape

NODE = 8
RACK = ("GB200", "GB300")
"""72 devices of a rack on one switch."""
SWITCHED = ("NVLink4", "NVLink5")
"""Links whose switches add up what passes (NVLink SHARP): an all-reduce sends each value once, not twice."""
PCIE_BYTES_PER_SECOND = 16e9
"""One direction, where a chip's link is not known."""


@dataclass(frozen=True)
class Part:
    """Seconds at best (`amount`), the shares of that best that are reached (`of`), or a count and its seconds (`at`).

    seconds = amount / product of the coefficients `of` x product of the coefficients `at`.
    """

    name: str
    amount: float
    of: tuple[str, ...] = ()
    at: tuple[str, ...] = ()

    def seconds(self, coefficients: Mapping[str, float]) -> float:
        value = self.amount
        for name in self.of:
            value /= coefficients[name]
        for name in self.at:
            value *= coefficients[name]
        return value


@dataclass(frozen=True)
class Load:
    """What a group of `tensor_parallel` devices works on: mean lengths in tokens, sequences at once."""

    batch: float
    input_tokens: float
    output_tokens: float
    decode_only: bool = False

    @property
    def context(self) -> float:
        """Mean tokens in the cache while a sequence is written."""
        return self.input_tokens + self.output_tokens / 2

    @property
    def prompt_tokens(self) -> float:
        """Prompt tokens taken in a step."""
        return 0.0 if self.decode_only else self.batch * self.input_tokens / self.output_tokens


def math_precision(weight_bits: float, engine: Engine, chip: Chip) -> str:
    """In what the products are computed: 8- and 4-bit formats where engine and chip can, else 16 bits."""
    if engine.low_bit_math and weight_bits <= 4.6 and "fp4" in chip.peaks:
        return "fp4"
    if engine.low_bit_math and weight_bits == 8:
        return "fp8" if "fp8" in chip.peaks else "int8" if "int8" in chip.peaks else chip.runs_as("bf16")
    return chip.runs_as("bf16")


def step_parts(shape: Shape, chip: Chip, engine: Engine, weight_bits: float, kv_bits: float, tensor_parallel: int,
               load: Load) -> tuple[Part, ...]:
    """The parts of one step of a tensor-parallel group."""
    return (
        *_compute(shape, chip, engine, weight_bits, tensor_parallel, load),
        *_memory(shape, chip, engine, weight_bits, kv_bits, tensor_parallel, load),
        *_links(shape, chip, tensor_parallel, load),
        Part("layers", shape.all_layers, at=_layer_seconds(engine, chip)),
        Part("sequences", load.batch / (tensor_parallel if shape.mla else 1), at=("sequence_seconds",)),
    )


def _layer_seconds(engine: Engine, chip: Chip) -> tuple[str, ...]:
    """Starting the kernels of a layer; on an Apple chip so many times longer."""
    own = (f"layer_seconds.{engine.kind}",)
    return (*own, "layer_seconds.unified") if memory_kind(chip) == "unified" else own


def _compute(shape: Shape, chip: Chip, engine: Engine, weight_bits: float, tensor_parallel: int,
             load: Load) -> tuple[Part, ...]:
    """Matrix products of all tokens of the step and the attention of its prompts (causal: half of each pair)."""
    precision = math_precision(weight_bits, engine, chip)
    head = 2.0 * shape.vocabulary * shape.width * load.batch
    matrices = 2.0 * layer_parameters(shape) * (load.batch + load.prompt_tokens) + head
    prompts = attention_flop_per_token(shape, load.input_tokens, causal=True) * load.prompt_tokens
    wide = chip.ceiling("bf16") * tensor_parallel
    of: tuple[str, ...] = (f"compute.{'fp8' if precision == 'int8' else precision}",)
    of = tuple(name.replace("bf16", "fp16").replace("fp32", "fp16") for name in of)
    if shape.experts:
        of += ("compute.experts",)
    if engine.kind in ("tuned", "gguf"):
        of += (f"compute.{engine.kind}",)
    return (
        Part("compute", matrices / (chip.ceiling(precision) * tensor_parallel), of=of),
        Part("attention", prompts / wide, of=("compute.attention",)),
        *_latent(shape, wide, load),
    )


def _latent(shape: Shape, wide: float, load: Load) -> tuple[Part, ...]:
    """Latent attention works on the compressed cache: 2 (2 rank + rope) FLOP a head, pair and layer; 16 bits."""
    if shape.mla is None:
        return ()
    flop = 2.0 * shape.heads * (2 * shape.mla.kv_rank + shape.mla.rope_width) * shape.layers
    return (Part("latent", flop * load.context * load.batch / wide, of=("compute.latent",)),)


def _memory(shape: Shape, chip: Chip, engine: Engine, weight_bits: float, kv_bits: float, tensor_parallel: int,
            load: Load) -> tuple[Part, ...]:
    """Weights that are read once a step, and the cache of every sequence."""
    weights = resident_bytes(shape, weight_bits, engine) * resident_share(shape, tensor_parallel)
    weights += expert_bytes(shape, weight_bits, engine, load.batch + load.prompt_tokens) / tensor_parallel
    cache = load.batch * kv_bytes(shape, load.context, kv_bits) * kv_share(shape, tensor_parallel)
    kind = memory_kind(chip)
    reached = (f"memory.{kind}", "memory.gguf_stacked") if (engine.kind, kind) == ("gguf", "stacked") else (
        f"memory.{kind}",)
    speed = chip.bandwidth_bytes_per_second
    return (
        Part("weights", weights / speed, of=reached),
        Part("cache", cache / speed, of=("memory.cache",)),
    )


def _links(shape: Shape, chip: Chip, devices: int, load: Load) -> tuple[Part, ...]:
    """What crosses between devices: all-reduces of tensor parallelism, or tokens sent to their experts and back."""
    if devices == 1:
        return ()
    tokens = load.batch + load.prompt_tokens
    if shape.mla:
        return (*_dispatch(shape, chip, devices, tokens), Part("hops", 2.0 * shape.moe_layers, at=("hop_seconds",)))
    size = 2.0 * shape.all_layers * 2.0 * shape.width * tokens
    around = 2.0 * (devices - 1) / devices
    if chip.intranode_link.startswith(SWITCHED):
        around = min(around, (devices + 1) / devices)
    speed = chip.intranode_bytes_per_second or PCIE_BYTES_PER_SECOND
    return (
        Part("link", size * around / speed, of=("link",)),
        Part("hops", 2.0 * shape.all_layers, at=("hop_seconds",)),
    )


def _dispatch(shape: Shape, chip: Chip, devices: int, tokens: float) -> tuple[Part, ...]:
    """Expert parallelism (DeepSeek-V3, arXiv:2412.19437): each token goes to its experts in 8 bits, comes back in 16.

    Attention is dealt out by sequences, so nothing else crosses. Beyond the node the network card is the way.
    """
    inside = devices <= NODE or chip.name.startswith(RACK)
    speed = chip.intranode_bytes_per_second if inside else chip.internode_bytes_per_second
    copies = min(shape.experts_active, devices - 1)
    size = 3.0 * shape.moe_layers * shape.width * copies * tokens / devices
    return (Part("dispatch", size / (speed or PCIE_BYTES_PER_SECOND), of=("link",)),)
