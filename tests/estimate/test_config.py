"""Shapes from config.json: the count is that of the real model, built on torch's meta device, to the last parameter."""

from __future__ import annotations

import json
import warnings
from typing import Any

import pytest

from breakeven.core.errors import UsageError
from breakeven.estimate.config import shape_of_config
from breakeven.estimate.parameters import count
from breakeven.estimate.published import published_shape

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

USUAL = {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 80,
         "vocab_size": 96}
MOE = {"num_experts": 6, "num_experts_per_tok": 2, "moe_intermediate_size": 24}
DEEPSEEK = {"n_routed_experts": 6, "n_shared_experts": 2, "num_experts_per_tok": 2, "moe_intermediate_size": 24,
            "first_k_dense_replace": 1, "q_lora_rank": 12, "kv_lora_rank": 16, "qk_rope_head_dim": 4,
            "qk_nope_head_dim": 8, "v_head_dim": 10, "n_group": 1, "topk_group": 1}
TINY: dict[str, dict[str, Any]] = {
    "gpt2": {"n_layer": 3, "n_embd": 48, "n_head": 4, "vocab_size": 96, "n_positions": 20},
    "gptj": {"n_layer": 3, "n_embd": 48, "n_head": 4, "vocab_size": 96, "rotary_dim": 4},
    "gpt_neox": USUAL, "phi": USUAL, "bert": USUAL | {"max_position_embeddings": 20},
    "opt": {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "ffn_dim": 80, "vocab_size": 96,
            "max_position_embeddings": 20, "word_embed_proj_dim": 48},
    "bloom": {"hidden_size": 48, "n_layer": 3, "n_head": 4, "vocab_size": 96},
    "mpt": {"d_model": 48, "n_layers": 3, "n_heads": 4, "vocab_size": 96},
    "llama": USUAL | {"num_key_value_heads": 2, "attention_bias": True, "mlp_bias": True},
    "mistral": USUAL | {"num_key_value_heads": 2, "head_dim": 16},
    "mixtral": USUAL | {"num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2},
    "qwen2": USUAL | {"num_key_value_heads": 2, "tie_word_embeddings": True},
    "qwen2_moe": USUAL | MOE | {"num_key_value_heads": 2, "shared_expert_intermediate_size": 40},
    "qwen3": USUAL | {"num_key_value_heads": 2, "head_dim": 16},
    "qwen3_moe": USUAL | MOE | {"num_key_value_heads": 2, "head_dim": 16},
    "gemma": USUAL | {"num_key_value_heads": 1, "head_dim": 16},
    "gemma2": USUAL | {"num_key_value_heads": 2, "head_dim": 16},
    "gemma3_text": USUAL | {"num_key_value_heads": 2, "head_dim": 16},
    "phi3": USUAL | {"num_key_value_heads": 2, "pad_token_id": 0},
    "phimoe": USUAL | {"num_key_value_heads": 2, "num_local_experts": 4, "num_experts_per_tok": 2,
                       "attention_bias": True, "lm_head_bias": True},
    "olmo2": USUAL | {"num_key_value_heads": 2}, "stablelm": USUAL | {"num_key_value_heads": 2},
    "gpt_oss": USUAL | {"num_key_value_heads": 2, "head_dim": 16, "num_local_experts": 4, "num_experts_per_tok": 2},
    "deepseek_v3": USUAL | DEEPSEEK, "deepseek_v2": USUAL | DEEPSEEK | {"q_lora_rank": None},
    "falcon": {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "vocab_size": 96},
    "t5": {"d_model": 48, "num_layers": 3, "num_decoder_layers": 2, "num_heads": 4, "d_kv": 10, "d_ff": 80,
           "vocab_size": 96},
    "vit": {"hidden_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 80,
            "image_size": 32, "patch_size": 8},
}  # fmt: skip
CLASSES = {"bert": "AutoModel", "t5": "AutoModelForSeq2SeqLM", "vit": "AutoModelForImageClassification"}


def real_count(kind: str, values: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Parameters of the real model, and its config as it is written to config.json."""
    config = transformers.AutoConfig.for_model(kind, **values)
    with warnings.catch_warnings(), torch.device("meta"):
        warnings.simplefilter("ignore")
        model = getattr(transformers, CLASSES.get(kind, "AutoModelForCausalLM")).from_config(config)
    return sum(one.numel() for one in model.parameters()), json.loads(config.to_json_string(use_diff=False))


@pytest.mark.parametrize("kind", TINY)
def test_the_count_is_that_of_the_real_model(kind: str) -> None:
    real, written = real_count(kind, TINY[kind])
    assert count(shape_of_config(written)).total == real


FALCON_40B = {"hidden_size": 8192, "num_hidden_layers": 60, "num_attention_heads": 128, "num_kv_heads": 8,
              "vocab_size": 65024, "new_decoder_architecture": True}
FULL: dict[str, tuple[str, dict[str, Any]]] = {
    "Llama 3.1 8B": ("llama", {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                               "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256}),
    "GPT-2 XL": ("gpt2", {"n_layer": 48, "n_embd": 1600, "n_head": 25}),
    "BERT large": ("bert", {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
                            "intermediate_size": 4096}),
    "T5 11B": ("t5", {"d_model": 1024, "num_layers": 24, "num_heads": 128, "d_kv": 128, "d_ff": 65536}),
    "Falcon-40B": ("falcon", FALCON_40B),
    "Qwen3-30B-A3B": ("qwen3_moe", {
        "hidden_size": 2048, "num_hidden_layers": 48, "num_attention_heads": 32, "num_key_value_heads": 4,
        "head_dim": 128, "vocab_size": 151936, "num_experts": 128, "num_experts_per_tok": 8,
        "moe_intermediate_size": 768, "intermediate_size": 6144}),
    "Mixtral 8x7B": ("mixtral", {"hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
                                 "num_key_value_heads": 8, "intermediate_size": 14336, "num_local_experts": 8,
                                 "num_experts_per_tok": 2, "vocab_size": 32000}),
}  # fmt: skip


@pytest.mark.parametrize("name", FULL)
def test_full_sizes_are_counted_as_the_real_model_and_as_published(name: str) -> None:
    real, written = real_count(*FULL[name])
    shape = published_shape(name)
    assert shape is not None
    assert count(shape_of_config(written)).total == count(shape).total == real


@pytest.mark.parametrize(("config", "word"), [
    ({"model_type": "lama"}, "lama"), ({}, "model type"), ({"model_type": "llama", "hidden_size": 8}, "lacks"),
    ({"model_type": "llama", **USUAL, "hidden_size": "wide"}, "number"),
    ({"model_type": "llama", **USUAL, "num_attention_heads": 0}, "lacks"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused(config: dict[str, Any], word: str) -> None:
    with pytest.raises(UsageError) as caught:
        shape_of_config(config)
    assert word in str(caught.value.what)
    assert str(caught.value.hint)


def test_a_text_model_inside_another_is_read() -> None:
    inner = {"model_type": "llama", **USUAL}
    assert count(shape_of_config({"model_type": "llava", "text_config": inner})) == count(shape_of_config(inner))
