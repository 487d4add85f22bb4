"""What a layer keeps for the backward pass is what torch keeps of real models: the bytes of all saved tensors."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from breakeven.estimate.activations import kept_by_layer, normed_heads
from breakeven.estimate.config import shape_of_config
from breakeven.estimate.memory import Setup
from breakeven.estimate.tuning_memory import Tuning, kept_in_tuning

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")

USUAL = {"hidden_size": 512, "num_attention_heads": 8, "vocab_size": 128}
MODELS: dict[str, dict[str, Any]] = {
    "llama": {"num_key_value_heads": 2, "intermediate_size": 1408},
    "qwen2": {"num_key_value_heads": 8, "intermediate_size": 1024},
    "gpt_neox": {"intermediate_size": 2048},
    "qwen3_moe": {"num_key_value_heads": 2, "head_dim": 64, "intermediate_size": 1024, "num_experts": 8,
                  "num_experts_per_tok": 2, "moe_intermediate_size": 256},
}
ROWS, LENGTH = 2, 128


def saved_bytes(kind: str, layers: int, recompute: bool = False, lora: Any = None) -> tuple[float, dict[str, Any]]:
    """Bytes a token of all tensors that a forward pass in bf16 saves, weights left out; and the config.

    `lora` names the matrices that get an adapter of rank 8.
    """
    config = transformers.AutoConfig.for_model(kind, num_hidden_layers=layers, **USUAL, **MODELS[kind])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
        if lora:
            model = peft.get_peft_model(model, peft.LoraConfig(r=8, target_modules=lora))
        model.train()
        if recompute:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        weights = {one.untyped_storage().data_ptr() for one in model.parameters()}
        saved: dict[int, tuple[int, Any]] = {}

        def keep(tensor: Any) -> Any:
            storage = tensor.untyped_storage()
            if storage.data_ptr() not in weights:
                saved[storage.data_ptr()] = storage.nbytes(), tensor
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
            loss = model(input_ids=torch.randint(0, 128, (ROWS, LENGTH)), use_cache=False).logits
        total = sum(size for size, _ in saved.values())
        del loss
    return total / (ROWS * LENGTH), config.to_dict()


@pytest.mark.parametrize("kind", MODELS)
def test_a_layer_keeps_what_torch_saves(kind: str) -> None:
    """RMSNorms without a kernel of their own keep their input in fp32 as well: 4 bytes a number."""
    torch.manual_seed(0)
    (few, _), (many, config) = saved_bytes(kind, 1), saved_bytes(kind, 3)
    shape = shape_of_config(config)
    in_fp32 = 0 if shape.norm_bias else 4 * (2 * shape.width + normed_heads(shape))
    kept = kept_by_layer(shape, LENGTH, "none", flash=True).on_device(1, False)
    assert kept + in_fp32 == pytest.approx((many - few) / 2, rel=0.07)


@pytest.mark.parametrize(("lora", "within"), [(["q_proj", "v_proj"], 0.2), ("all-linear", 0.2)])
def test_adapters_keep_what_torch_saves(lora: Any, within: float) -> None:
    (few, _), (many, config) = saved_bytes("llama", 1, lora=lora), saved_bytes("llama", 3, lora=lora)
    tuning = Tuning(Setup(LENGTH), "lora", all_linear=lora == "all-linear")
    assert kept_in_tuning(shape_of_config(config), tuning) == pytest.approx((many - few) / 2, rel=within)


def test_a_recomputed_layer_keeps_its_input() -> None:
    (few, _), (many, config) = saved_bytes("llama", 1, True), saved_bytes("llama", 3, True)
    kept = kept_by_layer(shape_of_config(config), LENGTH, "full", flash=True).on_device(1, False)
    assert kept == (many - few) / 2
