"""Libraries that only some rungs need: whether they are installed, and the one command that installs them."""

from __future__ import annotations

import importlib.util
from functools import cache

from breakeven.core.words import Message, say

EXTRAS = {
    "torch": ("torch", "transformers", "tokenizers", "peft", "accelerate", "onnxruntime"),
    "onnx": ("tokenizers", "onnxruntime"),
    "qlora": ("bitsandbytes",),
}
"""The modules of each extra of the package."""
BYTES = {"torch": 1_500_000_000, "onnx": 80_000_000, "qlora": 130_000_000}
"""What an extra takes on the disk, with the processor's build of torch."""


def lacking(extra: str) -> Message | None:
    """Why a family that needs an extra cannot take part; None when all of it is there. Imports nothing."""
    missing = [module for module in EXTRAS[extra] if not _is_there(module)]
    if not missing:
        return None
    return say("it needs {modules}: pip install 'breakeven[{extra}]' ({bytes})",
               modules=missing, extra=extra, bytes=BYTES.get(extra, 0))  # fmt: skip


@cache
def _is_there(module: str) -> bool:
    return importlib.util.find_spec(module) is not None
