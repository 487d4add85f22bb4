"""What is asked about a training: the model, the data, the devices; and what stands in for what was not told."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.chips import Chip
from breakeven.estimate.layout import Asked
from breakeven.estimate.shape import Shape
from breakeven.estimate.size import shape_of_size
from breakeven.estimate.work import Work, work_of

TODAY = 2026
"""The year whose kernels are taken where none is told."""
TOKENS_PER_PARAMETER = 20.0
"""Tokens for each parameter where no amount of data is told: about compute-optimal for dense models (2024
replication of the Chinchilla fit: 18), and what large mixtures of experts are trained on per total parameter."""
USUAL_DAYS = 30.0
USUAL_MFU = 0.40
UNET_TOKENS = 392.0
"""A latent-diffusion U-Net at 512 pixels costs what 392 tokens cost a transformer of its size: Stable Diffusion's
860 M parameters take 0.68 TFLOP forward (339 GMAC on a 64x64 latent)."""
PROGRESSIVE = 0.70
"""Part of that cost over a whole training that begins at 256 pixels: 550 k of 1.4 M steps (Stable Diffusion 2 card)."""


@dataclass(frozen=True)
class TrainingSpec:
    """A training to be estimated. Everything but the chip and some size of the model may be unknown (None).

    `kind` "run" is a whole campaign, with its restarts and waiting; "bench" is bare steps. `family` is "language",
    "vision" (samples are images) or "diffusion". `tokens` and `samples` say how much is trained on.
    """

    chip: Chip
    name: str = ""
    kind: str = "run"
    family: str = "language"
    shape: Shape | None = None
    params: float | None = None
    active: float | None = None
    layers: int | None = None
    width: int | None = None
    heads: int | None = None
    kv_heads: int | None = None
    causal: bool = True
    tokens: float | None = None
    samples: float | None = None
    sequence: float | None = None
    patch: int | None = None
    image: int | None = None
    chips: int | None = None
    precision: str = "bf16"
    year: float = TODAY
    asked: Asked = field(default_factory=Asked)
    usd_per_hour: float | None = None
    measured_tokens_per_second: float | None = None
    """Tokens per second of all devices together in a short run of the user's own."""


def shape_for(spec: TrainingSpec) -> Shape:
    """The shape asked for, or a typical one of what is told of it. Raises UsageError where nothing is."""
    if spec.shape:
        return spec.shape
    vocabulary = 50_304 if spec.year < 2024 else None
    params = spec.params
    if params is None:
        if not (spec.layers and spec.width):
            raise UsageError(say("the size of the model is not told"), "params",
                             say("give its parameters (7B), its name, its config.json, or its layers and width"))
        vocabulary = 32_768
        params = 12.0 * spec.layers * spec.width**2 + 2.0 * vocabulary * spec.width
    return shape_of_size(params, spec.active, layers=spec.layers, width=spec.width, heads=spec.heads,
                         kv_heads=spec.kv_heads, vocabulary=vocabulary, name=spec.name)


def work_for(spec: TrainingSpec, shape: Shape | None = None) -> Work:
    """The work of a token of that training; of a vision model a token is a patch."""
    work = work_of(shape or shape_for(spec), sequence_of(spec), spec.params)
    if spec.family == "language":
        return work if spec.causal else replace(work, causal=False)
    body = work.dense_weights - work.head_weights
    return replace(work, dense_weights=body, head_weights=0.0, vocabulary=1.0, causal=False)


def sequence_of(spec: TrainingSpec) -> float:
    """Tokens in a row (patches of an image): as told, or as usual."""
    if spec.sequence:
        return spec.sequence
    if spec.family == "diffusion":
        return UNET_TOKENS * PROGRESSIVE * ((spec.image or 512) / 512) ** 2
    if spec.family == "vision":
        return ((spec.image or 224) / (spec.patch or 16)) ** 2 + 1
    return 2048.0 if spec.year < 2024 else 4096.0


def tokens_of(spec: TrainingSpec, work: Work) -> tuple[float, bool]:
    """Tokens to train on, and whether they were told (else about compute-optimal)."""
    if spec.tokens:
        return spec.tokens, True
    if spec.samples:
        return spec.samples * work.sequence, True
    return TOKENS_PER_PARAMETER * work.params_total, False


def chips_of(spec: TrainingSpec, work: Work, tokens: float) -> int:
    """Devices: as told, or so many that the training takes about a month and the model has room."""
    if spec.chips:
        return spec.chips
    month = work.model_flop_per_token() * tokens / (spec.chip.peak("bf16") * USUAL_MFU * 86_400 * USUAL_DAYS)
    room = work.params_total * 18.0 / (0.6 * (spec.chip.memory_bytes or 16 << 30))
    return int(2 ** round(math.log2(max(1.0, month, room))))


def vision_words(name: str) -> tuple[int | None, int | None]:
    """Patch and image size that a vision model's name tells: `ViT-B/16+240` is (16, 240)."""
    patch, image = re.search(r"/(\d+)", name), re.search(r"[+@](\d+)", name)
    return (int(patch[1]) if patch else None), (int(image[1]) if image else None)
