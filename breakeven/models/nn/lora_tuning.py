"""LoRA by the peft library: which matrices get adapters, how large they are, how they are kept and merged."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from torch import nn

from breakeven.models.model import Trained, Work
from breakeven.models.nn.quantized import load_quantized, merge_quantized
from breakeven.models.nn.tuned_net import TunedNet
from breakeven.models.nn.tuned_release import train_tuned
from breakeven.models.nn.tuning import Method, Recipe

RANKS = (16, 8, 4, 2, 1)
MOST_SHARE = 0.05
"""Adapters hold less than this share of the model's weights; of the ranks the largest that keeps to it."""
HEAD = "head.safetensors"
RECIPE = Recipe(learning_rate=1e-3, head_share=1.0, layer_decay=1.0, weight_decay=0.0)


def train_lora(work: Work) -> Trained:
    """Raises Declined where weights, memory or time do not suffice."""
    if work.candidate.setting("quantize") == "nf4":
        return train_tuned(work, Method(RECIPE, add_adapters, merge_quantized, keep_adapters, load_quantized))
    return train_tuned(work, Method(RECIPE, add_adapters, merge_adapters, keep_adapters))


def add_adapters(net: TunedNet) -> None:
    """Freeze the body and put adapters beside all of its linear layers; only they and the head learn."""
    body: Any = net.body
    rank = best_rank(body)
    config = LoraConfig(r=rank, lora_alpha=2 * rank, lora_dropout=0.05, target_modules=matrices(body))
    with _quiet():
        net.body = get_peft_model(body, config)


def matrices(body: nn.Module) -> list[str]:
    """The names of all linear layers; GPT-2's are called Conv1D."""
    return [name for name, each in body.named_modules() if isinstance(each, nn.Linear) or is_conv1d(each)]


def is_conv1d(module: nn.Module) -> bool:
    return type(module).__name__ == "Conv1D"


def best_rank(body: nn.Module) -> int:
    """The largest rank whose adapters stay small; 1 for a toy."""
    total = sum(whole_size(each) for each in body.parameters())
    sides = sum(_sides(body.get_submodule(name)) for name in matrices(body))
    return next((rank for rank in RANKS if rank * sides < MOST_SHARE * total), 1)


def whole_size(parameter: nn.Parameter) -> int:
    """The weights that a parameter stands for: of one in four bits twice as many as it has bytes."""
    packed = getattr(parameter, "quant_state", None)
    return math.prod(packed.shape) if packed is not None else parameter.numel()


def _sides(layer: Any) -> int:
    """Rows and columns of a layer's matrix together."""
    return int(layer.in_features + layer.out_features if isinstance(layer, nn.Linear) else sum(layer.weight.shape))


def keep_adapters(net: TunedNet, folder: Path) -> dict[str, int | float]:
    """Write the adapters and the head apart from the model, as peft reads them; what they are, for the record."""
    adapted = net.body
    assert isinstance(adapted, PeftModel)
    name = str(adapted.peft_config["default"].base_model_name_or_path or "")
    adapted.peft_config["default"].base_model_name_or_path = Path(name).name
    with _quiet():
        adapted.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    head = {name: each.detach().cpu().contiguous() for name, each in net.head.state_dict().items()}
    save_file(head, folder / HEAD)
    return {"rank": int(adapted.peft_config["default"].r), "adapter_share": round(adapter_share(net), 5)}  # type: ignore[attr-defined]


def adapter_share(net: TunedNet) -> float:
    """The weights of the adapters as a share of all weights of the body."""
    adapters = sum(each.numel() for name, each in net.body.named_parameters() if "lora_" in name)
    return adapters / (sum(whole_size(each) for each in net.body.parameters()) - adapters)


def merge_adapters(net: TunedNet) -> None:
    """Add the adapters into the weights: a plain model again, which answers the same and takes no longer."""
    adapted: Any = net.body
    with _quiet():
        net.body = adapted.merge_and_unload()


def lora_recipe(**changes: float | int) -> Recipe:
    """The recipe with some settings changed."""
    return replace(RECIPE, **changes)  # type: ignore[arg-type]


@contextmanager
def _quiet() -> Iterator[None]:
    """peft warns of what it then does by itself (Conv1D keeps its weights the other way round)."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        yield
