"""What the layers of a family are made of: biases, norms, gates. Its numbers stand in a row or a config.json."""

from __future__ import annotations

from typing import Any

ALL_BIASES: dict[str, Any] = {"qkv_bias": True, "out_bias": True, "mlp_bias": True, "norm_bias": True}

STYLES: dict[str, dict[str, Any]] = {
    "llama": {},
    "internlm": {"qkv_bias": True, "out_bias": True},
    "qwen2": {"qkv_bias": True},
    "qwen3": {"qk_norm": "head"},
    "gemma": {"tied": True},
    "gemma2": {"tied": True, "norms_per_layer": 4},
    "gemma3": {"tied": True, "norms_per_layer": 4, "qk_norm": "head"},
    "olmo2": {"qk_norm": "full"},
    "palm": {"tied": True, "norms_per_layer": 1},
    "stablelm": {"norm_bias": True},
    "nemotron": {"gated": False, "norm_bias": True},
    "gpt2": {"gated": False, "tied": True, **ALL_BIASES},
    "neox": {"gated": False, **ALL_BIASES},
    "gptj": {"gated": False, "mlp_bias": True, "norm_bias": True, "head_bias": True, "norms_per_layer": 1},
    "phi": {"gated": False, "head_bias": True, "norms_per_layer": 1, **ALL_BIASES},
    "bloom": {"gated": False, "tied": True, "embedding_norm": True, **ALL_BIASES},
    "mpt": {"gated": False, "tied": True},
    "falcon": {"gated": False, "tied": True, "norm_bias": True, "norms_per_layer": 1},
    "falcon_new": {"gated": False, "tied": True, "norm_bias": True},
    "phimoe": {"qkv_bias": True, "out_bias": True, "norm_bias": True, "head_bias": True},
    "gpt_oss": {"qkv_bias": True, "out_bias": True, "mlp_bias": True, "router_bias": True, "sinks": True},
    "bert": {"kind": "encoder", "gated": False, "tied": True, "embedding_norm": True, "final_norm": False,
             "token_types": 2, "pooler": True, **ALL_BIASES},
    "t5": {"kind": "encoder_decoder", "gated": False, "tied": True, "position_buckets": 32},
    "vit": {"kind": "vision", "gated": False, "head_bias": True, **ALL_BIASES},
}  # fmt: skip
