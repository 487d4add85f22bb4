"""vLLM, and other programs that speak as it does, as the engine of a release.

    auto      vLLM where this machine has an NVIDIA GPU and vLLM is installed, else this process
    here      this process
    vllm      vLLM
    COMMAND   any OpenAI-compatible program; {folder} stands for the model's files, {socket} for where it is to listen

Options of vLLM: https://docs.vllm.ai/en/latest/configuration/serve_args.html (read 2026-11-22). Its sampling defaults
are those of no file but ours, it fetches nothing, tells nobody, and runs no code of the model's folder.
"""

from __future__ import annotations

import importlib.util
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from breakeven.core.errors import UsageError
from breakeven.core.words import say

GPU_SHARE = 0.45
"""Of the GPU's memory: the next release is loaded beside this one."""
START_SECONDS = 900.0
"""vLLM compiles before it answers."""
ENVIRONMENT = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1",
               "VLLM_DO_NOT_TRACK": "1"}  # fmt: skip
GPU = Path("/dev/nvidia0")


def is_child(engine: str) -> bool:
    """Whether an engine is a program of its own. Raises UsageError for one that cannot be."""
    if engine == "auto":
        return GPU.exists() and _installed()
    if engine == "vllm" and not _installed():
        raise UsageError(say("{name} is not installed", name="vLLM"), "--engine",
                         say("install it: {command}", command="pip install vllm"))  # fmt: skip
    if engine not in ("here", "vllm") and "{socket}" not in engine:
        raise UsageError(
            say("there is no engine {name}", name=engine), "--engine",
            say("known: {names}; or a command with {folder} and {socket}", names=("auto", "here", "vllm"),
                folder="{folder}", socket="{socket}"),
        )
    return engine != "here"


def _installed() -> bool:
    return importlib.util.find_spec("vllm") is not None


def command(engine: str, folder: Path, longest: int | None, socket: Path) -> Sequence[str]:
    """The program that serves a folder of the transformers library on a socket."""
    if engine not in ("auto", "vllm"):
        places = {"{folder}": str(folder), "{socket}": str(socket)}
        return [_filled(word, places) for word in shlex.split(engine)]
    length = ["--max-model-len", str(longest)] if longest else []
    return [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(folder), "--uds", str(socket),
        "--served-model-name", "release", "--dtype", "float32", "--generation-config", "vllm",
        "--gpu-memory-utilization", str(GPU_SHARE), "--disable-uvicorn-access-log", *length,
    ]  # fmt: skip


def _filled(word: str, places: dict[str, str]) -> str:
    for name, value in places.items():
        word = word.replace(name, value)
    return word
