"""Smaller forms of a trained net: fewer weights, heads or layers, and fixed eight-bit scales. Which pay, gate.py says.

All work on copies. What is cut needs a few steps of training afterwards; that is the caller's, who has the rows.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import nn

from breakeven.models.nn.export import _quiet
from breakeven.models.nn.nets import Attention

CUT = (nn.Linear, nn.Conv1d, nn.Embedding)
IN_EIGHT_BITS = ("MatMul", "Gemm", "Conv", "Gather")
"""Operations of a graph that are done in eight bits; norms and softmax are not."""
Feeds = Iterable[Mapping[str, np.ndarray]]
"""Inputs of a graph by name, a batch at a time."""


def without_small_weights(net: nn.Module, share: float) -> nn.Module:
    """A copy in which that share of the weights of every matrix, the smallest, is zero (Han et al. 2015).

    Training it further with `keep_zeros` leaves them so.
    """
    smaller = copy.deepcopy(net)
    for module in smaller.modules():
        if isinstance(module, CUT):
            size = module.weight.detach().abs()
            limit = size.flatten().kthvalue(max(1, int(share * size.numel()))).values
            module.weight.data[size <= limit] = 0.0
    return smaller


def keep_zeros(net: nn.Module) -> None:
    """Let weights that are zero take no gradient from now on; AdamW's decay leaves zero at zero."""
    for module in net.modules():
        if isinstance(module, CUT):
            there = (module.weight.detach() != 0).float()
            module.weight.register_hook(lambda slope, there=there: slope * there.to(slope.device))  # type: ignore[no-untyped-call]


def without_heads(net: nn.Module, share: float) -> nn.Module:
    """A copy in which each attention of nets.py lost that share of its heads, those of the smallest norm; one stays."""
    smaller = copy.deepcopy(net)
    for module in smaller.modules():
        if isinstance(module, Attention):
            _drop_heads(module, max(1, round(module.heads * (1 - share))))
    return smaller


@torch.no_grad()
def _drop_heads(attention: Attention, keep: int) -> None:
    heads, size = attention.heads, attention.size
    back = attention.back.weight.view(-1, heads, size)
    mixed = attention.mixed.weight.view(3, heads, size, -1)
    worth = back.norm(dim=(0, 2)) * mixed[2].norm(dim=(1, 2))
    kept = worth.topk(keep).indices.sort().values
    bias = attention.mixed.bias.view(3, heads, size)
    wide = attention.back.out_features
    smaller, narrow = nn.Linear(wide, 3 * keep * size), nn.Linear(keep * size, wide)
    smaller.weight.copy_(mixed[:, kept].flatten(0, 2))
    smaller.bias.copy_(bias[:, kept].flatten())
    narrow.weight.copy_(back[:, kept].flatten(1))
    narrow.bias.copy_(attention.back.bias)
    attention.mixed, attention.back, attention.heads = smaller, narrow, keep


def without_layers(net: nn.Module, keep: int, where: str = "encoder.layers") -> nn.Module:
    """A copy with `keep` of the layers in the ModuleList `where`, spread evenly, the first and the last among them."""
    smaller = copy.deepcopy(net)
    owner, _, name = where.rpartition(".")
    holder = smaller.get_submodule(owner)
    layers = getattr(holder, name)
    kept = sorted({round(place) for place in np.linspace(0, len(layers) - 1, keep)}) if keep > 1 else [0]
    setattr(holder, name, nn.ModuleList(layers[place] for place in kept))
    return smaller


def quantize_static(graph: Path, target: Path, feeds: Feeds) -> None:
    """Weights and activations in eight bits, the scales of activations fixed by what rows of training show.

    A scale that is fixed does not depend on the rows that are answered together.
    """
    import onnx
    from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType
    from onnxruntime.quantization import quantize_static as quantize

    class Reader(CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds: Iterator[Mapping[str, np.ndarray]] = iter(feeds)

        def get_next(self) -> Mapping[str, np.ndarray] | None:
            return next(self.feeds, None)

    model = onnx.load(str(graph))
    del model.graph.value_info[:]  # shapes inferred for the 32-bit graph contradict the quantized one
    with _quiet():
        quantize(
            model, str(target), Reader(), quant_format=QuantFormat.QDQ, per_channel=True,
            weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8,
            calibrate_method=CalibrationMethod.MinMax, op_types_to_quantize=list(IN_EIGHT_BITS),
        )  # fmt: skip
