"""QLoRA (Dettmers et al. 2023): the frozen model in four bits (NF4) while adapters beside it learn, by bitsandbytes.

A weight takes a little over half a byte instead of four. It is unpacked for every product, so a step takes longer: it
is for models that would not fit otherwise. What is released is a plain model: the four-bit weights unpacked, the
adapters added; it answers as the adapted one did.
"""

from __future__ import annotations

from typing import Any

import torch
from peft import PeftModel
from torch import nn
from transformers import AutoModel

from breakeven.models.model import Declined
from breakeven.models.nn.encoder import stated_pooling, unreadable
from breakeven.models.nn.tuned_net import TunedNet, pooling_of
from breakeven.models.weights import Weights


def load_quantized(weights: Weights, width: int) -> TunedNet:
    """The pretrained body in four bits with a head that knows nothing yet. Raises Declined where it cannot be read."""
    from transformers import BitsAndBytesConfig

    cuda = torch.cuda.is_available()
    config = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=torch.bfloat16 if cuda else torch.float32,
    )  # fmt: skip
    try:
        body: Any = AutoModel.from_pretrained(
            weights.folder, use_safetensors=True, trust_remote_code=False, quantization_config=config,
            device_map={"": "cuda" if cuda else "cpu"}, dtype=torch.float32,
        )  # fmt: skip
    except Exception as fault:  # whatever is wrong with somebody's folder
        raise Declined(unreadable(weights, fault)) from None
    if getattr(body.config, "is_encoder_decoder", False):
        body = body.get_encoder()
    for module in body.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False  # or it packs its weights anew for bf16, and rounds
    return TunedNet(body, pooling_of(body, stated_pooling(weights)), width)


@torch.no_grad()
def merge_quantized(net: TunedNet) -> None:
    """Unpack the weights, add the adapters: a plain model in fp32, which answers the same."""
    adapted = net.body
    assert isinstance(adapted, PeftModel)
    body: Any = adapted.base_model.model
    packed = [(name, each) for name, each in body.named_modules() if is_packed(each)]
    for name, module in packed:
        parent, _, last = name.rpartition(".")
        setattr(body.get_submodule(parent), last, _plain(module))
    for name in ("quantization_config", "_pre_quantization_dtype"):
        if hasattr(body.config, name):
            delattr(body.config, name)
    net.body = body


def is_packed(module: nn.Module) -> bool:
    """Whether it is a four-bit layer with adapters around it, or one without any."""
    layer = getattr(module, "base_layer", None)
    return has_packed(layer) if layer is not None else has_packed(module) and not hasattr(module, "lora_A")


def has_packed(module: nn.Module) -> bool:
    return getattr(getattr(module, "weight", None), "quant_state", None) is not None


def _plain(module: Any) -> nn.Linear:
    """A plain layer with the same answers."""
    from bitsandbytes.functional import dequantize_4bit

    layer = getattr(module, "base_layer", module)
    weight = dequantize_4bit(layer.weight.data, layer.weight.quant_state).float()
    if layer is not module:
        weight = weight + module.get_delta_weight("default").float()
    made = nn.Linear(layer.in_features, layer.out_features, bias=layer.bias is not None)
    made.weight.copy_(weight)
    if layer.bias is not None:
        made.bias.copy_(layer.bias.float())
    return made.to(weight.device).eval()
