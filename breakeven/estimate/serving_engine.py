"""Kinds of programs that serve a language model, as far as they differ in speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from breakeven.estimate.chips import Chip

Kind = Literal["server", "tuned", "compiled", "gguf", "eager"]
Memory = Literal["stacked", "plain", "unified"]


@dataclass(frozen=True)
class Engine:
    """How a class of programs uses a chip.

    `bits_of_file`: stated bits are the mean over the whole file (GGUF, EXL2), scales and embeddings included.
    `low_bit_math`: 8- and 4-bit weights are multiplied as such where the chip can, else they are widened first.
    `pools_memory`: all memory that is free is taken for the KV cache at the start.
    """

    kind: Kind
    bits_of_file: bool
    low_bit_math: bool
    pools_memory: bool


SERVER = Engine("server", bits_of_file=False, low_bit_math=True, pools_memory=True)
"""vLLM, SGLang, TensorRT-LLM, LMDeploy: continuous batching, paged KV cache, whole steps as one CUDA graph."""
TUNED = Engine("tuned", bits_of_file=False, low_bit_math=True, pools_memory=True)
"""The same, set up by the maker of the chip for one model and load (MLPerf submissions)."""
COMPILED = Engine("compiled", bits_of_file=False, low_bit_math=False, pools_memory=False)
"""One stream through a compiled graph (torch.compile, MLC)."""
GGUF = Engine("gguf", bits_of_file=True, low_bit_math=False, pools_memory=False)
"""llama.cpp and what is built on it (Ollama): quantised files, one or a few streams, on any device."""
EXLLAMA = Engine("compiled", bits_of_file=True, low_bit_math=False, pools_memory=False)
"""ExLlama: quantised files on one NVIDIA card, few and large kernels."""
EAGER = Engine("eager", bits_of_file=False, low_bit_math=False, pools_memory=False)
"""A framework that starts each kernel from Python (transformers without compilation)."""

WORDS = (
    ("vendor", TUNED), ("mlperf", TUNED),
    ("llama.cpp", GGUF), ("llamacpp", GGUF), ("ollama", GGUF), ("gguf", GGUF), ("mlx", GGUF), ("ktransformers", GGUF),
    ("exllama", EXLLAMA), ("exl2", EXLLAMA), ("exl3", EXLLAMA),
    ("gpt-fast", COMPILED), ("torch.compile", COMPILED), ("mlc", COMPILED),
    ("transformers", EAGER), ("hugging", EAGER), ("eager", EAGER), ("accelerate", EAGER),
)  # fmt: skip
"""A word in the name of a framework and the class it means; any other name is a server."""


def engine_named(framework: str, chip: Chip, batch: int | None) -> Engine:
    """The class of a framework. Without a name: a server, but llama.cpp for one stream on a desktop chip."""
    name = framework.lower()
    if not name.strip():
        return GGUF if batch == 1 and memory_kind(chip) != "stacked" else SERVER
    return next((engine for word, engine in WORDS if word in name), SERVER)


def memory_kind(chip: Chip) -> Memory:
    """HBM is wide and hard to fill with the small reads of one stream; GDDR and DDR are not; Apple shares its own."""
    if chip.vendor == "Apple":
        return "unified"
    plain = chip.kind == "cpu" or chip.name.startswith(("RTX", "T4", "A10G", "A40", "L4")) or chip.name == "A10"
    return "plain" if plain else "stacked"
