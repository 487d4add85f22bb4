"""Where a net is trained: the device, the precision that it has natively, its dense peak."""

from __future__ import annotations

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import torch
from torch import nn

Precision = Literal["fp32", "bf16"]

PEAKS = {
    "B200": 2.25e15,
    "H200": 989e12,
    "H100 NVL": 835e12,
    "H100 PCIe": 756e12,
    "H100": 989e12,
    "A100": 312e12,
    "L40S": 362e12,
    "L4": 121e12,
    "A10": 125e12,
    "RTX 4090": 165e12,
    "RTX 3090": 71e12,
}
"""Dense bf16 FLOP/s with fp32 sums, from NVIDIA's data sheets (without the sparsity that those often count in); the
first name that occurs in the device's name counts."""

CPU_GAIN = 1.3
"""bf16 on a processor has to be this much faster than fp32: it costs accuracy, and a step gains less than a product."""
WIDE = 256 * 256
"""Weights of a matrix, on average, from which a net gains: in smaller ones the conversions eat what products save."""


@dataclass(frozen=True)
class Device:
    """A device and how a net is trained on it."""

    kind: str
    """cuda, mps or cpu."""
    name: str
    precision: Precision
    peak: float | None
    """Dense FLOP/s at that precision; None where it is not known."""

    @property
    def torch(self) -> torch.device:
        return torch.device(self.kind)

    def autocast(self) -> AbstractContextManager[None]:
        """The context of a forward pass: bf16 where that was chosen, else nothing changes."""
        return torch.autocast(self.kind, torch.bfloat16, enabled=self.precision == "bf16")

    def suited(self, net: nn.Module) -> Device:
        """This device with the precision that pays for a net."""
        matrices = [each.numel() for each in net.parameters() if each.ndim == 2]
        small = not matrices or sum(matrices) / len(matrices) < WIDE
        return replace(self, precision="fp32") if self.kind == "cpu" and small else self

    def wait(self) -> None:
        """Return when all that was asked of the device is done, for measuring time."""
        if self.kind == "cuda":
            torch.cuda.synchronize()
        elif self.kind == "mps":
            torch.mps.synchronize()


def choose_device(threads: int = 1, kind: str | None = None) -> Device:
    """The best device of this machine (or the one of that kind); `threads` is how many cores a processor may use."""
    torch.set_num_threads(max(1, threads))
    kind = kind or _best_kind()
    if kind == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = True
        torch.backends.cudnn.allow_tf32 = True
        name = torch.cuda.get_device_name()
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        return Device(kind, name, "bf16" if native else "fp32", peak_of(name) if native else None)
    if kind == "mps":
        return Device(kind, "Apple GPU", "fp32", None)
    return Device(kind, "processor", "bf16" if cpu_gain(threads) > CPU_GAIN else "fp32", None)


def peak_of(name: str) -> float | None:
    """The dense bf16 peak of an accelerator by its name, None when it is not in the table."""
    return next((peak for known, peak in PEAKS.items() if known in name), None)


def _best_kind() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


@cache
def cpu_gain(threads: int) -> float:
    """How many times faster this processor multiplies matrices in bf16 than in fp32; 1 without instructions for it."""
    if not (torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()):
        return 1.0
    kinds = (torch.float32, torch.bfloat16)
    layers = [(nn.Linear(384, 1536).to(kind), torch.ones(512, 384, dtype=kind)) for kind in kinds]
    with torch.inference_mode():
        times = [[_seconds(layer, rows) for layer, rows in layers] for _ in range(12)]
    full, half = (min(taken) for taken in zip(*times, strict=True))
    return full / half


def _seconds(layer: nn.Module, rows: torch.Tensor) -> float:
    """One pass through a layer as a small transformer has it."""
    begun = time.perf_counter()
    layer(rows)
    return time.perf_counter() - begun
