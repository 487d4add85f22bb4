"""A service as people write it on a command line, and what an estimate had to assume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.figure import Figure
from breakeven.core.words import Message, say
from breakeven.estimate.chips import chip_named
from breakeven.estimate.serving import PLANNED_SHARE, USUAL_LIMIT_SECONDS, USUAL_TOKENS, ServingSpec, work_of
from breakeven.estimate.serving_group import Mode
from breakeven.estimate.serving_rows import served_shape
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import parse_size
from breakeven.estimate.training_words import shape_of_words
from breakeven.prices.gpu_hours import gpu_hour_price


@dataclass(frozen=True)
class Asked:
    """The options of `estimate serve`; None = not given. Lengths in tokens, `tpot_ms` in milliseconds."""

    model: str | None = None
    params: str | None = None
    active: str | None = None
    config: Path | None = None
    gpu: str | None = None
    gpus: int = 1
    tensor_parallel: int | None = None
    framework: str = ""
    weight_bits: float | None = None
    kv_bits: float | None = None
    input_tokens: float | None = None
    output_tokens: float | None = None
    batch: float | None = None
    requests_per_second: float | None = None
    tpot_ms: float | None = None
    usd_per_hour: float | None = None


def spec_of_words(asked: Asked) -> tuple[ServingSpec, Figure | None]:
    """The service that the options describe, and the published price it is reckoned with. Raises UsageError."""
    if not asked.gpu:
        raise UsageError(say("no device is told"), "--gpu",
                         say("name a chip of the table, such as A100-80GB or H100"))
    if asked.batch and asked.requests_per_second:
        raise UsageError(say("a batch and a load cannot both be given"), "--batch",
                         say("leave one out: the load decides the batch"))
    chip = chip_named(asked.gpu)
    price = gpu_hour_price(chip.name) if asked.usd_per_hour is None else None
    shape, known = _shape(asked)
    return ServingSpec(
        shape, chip, gpus=asked.gpus, mode=_mode(asked), framework=asked.framework, weight_bits=asked.weight_bits,
        kv_bits=asked.kv_bits, tensor_parallel=asked.tensor_parallel, input_tokens=asked.input_tokens,
        output_tokens=asked.output_tokens, batch=asked.batch, requests_per_second=asked.requests_per_second,
        tpot_limit_seconds=asked.tpot_ms / 1000 if asked.tpot_ms else None,
        usd_per_gpu_hour=price.to("usd/hour") if price else asked.usd_per_hour, shape_known=known,
    ), price  # fmt: skip


def _mode(asked: Asked) -> Mode:
    """A load or a limit of latency is a server, one sequence a single stream, a batch static; else all that fits."""
    if asked.requests_per_second or asked.tpot_ms:
        return "server"
    return "single" if asked.batch == 1 else "static" if asked.batch else "offline"


def _shape(asked: Asked) -> tuple[Shape, bool]:
    """The shape of the name or file, else a typical one of the size; and whether it is the model's own."""
    if asked.params and not asked.config:
        active = parse_size(asked.active) if asked.active else None
        return served_shape(asked.model or "", parse_size(asked.params), active)
    shape = shape_of_words(asked.model, asked.config)
    if shape is None:
        raise UsageError(say("the size of the model is not told"), "--params",
                         say("give its parameters (7B), its name, its config.json, or its layers and width"))
    return shape, True


def assumed(spec: ServingSpec) -> list[Message]:
    """What the estimate had to take for granted, each as a sentence."""
    work, found = work_of(spec), []
    if not spec.framework:
        found.append(say("the framework is of the class {name}", name=work.engine.kind))
    if spec.weight_bits is None:
        found.append(say("weights have {bits} bits", bits=work.weight_bits))
    if spec.kv_bits is None:
        found.append(say("the KV cache has {bits} bits", bits=work.kv_bits))
    if spec.input_tokens is None:
        found.append(say("a prompt has {count} tokens", count=USUAL_TOKENS))
    if spec.output_tokens is None:
        found.append(say("an answer has {count} tokens", count=USUAL_TOKENS))
    if spec.mode == "server" and spec.tpot_limit_seconds is None:
        found.append(say("an answer may take {ms} a token", ms=USUAL_LIMIT_SECONDS * 1000))
    if spec.requests_per_second:
        found.append(say("a machine is planned to be {share} full", share=PLANNED_SHARE))
    if not spec.shape_known:
        found.append(say("the shape is typical of its size"))
    return found
