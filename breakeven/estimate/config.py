"""A shape from a Hugging Face config.json: what each model type calls its widths, and what its layers are made of."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.estimate.shape import Mla, Shape
from breakeven.estimate.styles import STYLES

Config = Mapping[str, Any]


def shape_of_config(config: Config) -> Shape:
    """The shape that a config.json describes. Raises UsageError where the type is unknown or a width is missing."""
    for inner in ("text_config", "llm_config"):
        if isinstance(config.get(inner), Mapping):
            return shape_of_config({"_name_or_path": config.get("_name_or_path", ""), **config[inner]})
    kind = str(config.get("model_type", "")).removesuffix("_text")
    if kind not in READERS:
        near = difflib.get_close_matches(kind, READERS, n=3) or sorted(READERS)
        raise UsageError(say("the model type {name} is not known", name=kind), "config.json: model_type",
                         say("one of {names}; or give the number of parameters", names=near))
    try:
        given = READERS[kind](config)
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise UsageError(say("config.json of a {name} lacks {key}, or it is not a number", name=kind, key=str(error)),
                         "config.json", say("give the file as the model was published with it")) from error
    return Shape(**{"name": str(config.get("_name_or_path") or kind), **given})


def _style(name: str, **given: Any) -> dict[str, Any]:
    return {**STYLES[name], **{key: value for key, value in given.items() if value is not None}}


def _usual(config: Config, style: str, usual_head: int | None = None, **more: Any) -> dict[str, Any]:
    """The names that most decoders use: hidden_size, num_hidden_layers, num_key_value_heads, head_dim …"""
    width, heads = int(config["hidden_size"]), int(config["num_attention_heads"])
    return _style(style, layers=int(config["num_hidden_layers"]), width=width, heads=heads,
                  kv_heads=int(config.get("num_key_value_heads") or heads),
                  head_width=int(config.get("head_dim") or usual_head or width // heads),
                  ffn_width=int(config["intermediate_size"]), vocabulary=int(config["vocab_size"]),
                  tied=config.get("tie_word_embeddings"), **more)


def _llama(config: Config) -> dict[str, Any]:
    bias = bool(config.get("attention_bias", False))
    return _usual(config, "llama", qkv_bias=bias, out_bias=bias, mlp_bias=bool(config.get("mlp_bias", False)))


def _mistral(config: Config) -> dict[str, Any]:
    given = _usual(config, "llama")
    window = int(config.get("sliding_window") or 0)
    return given | {"window": window, "windowed_layers": given["layers"] if window else 0}


def _mixtral(config: Config) -> dict[str, Any]:
    return _mistral(config) | _experts(config, "intermediate_size")


def _experts(config: Config, width: str) -> dict[str, int]:
    """How many experts there are is written under three names, in one model under two of them."""
    names = [name for name in ("num_local_experts", "n_routed_experts") if name in config]
    return {"experts": int(config[names[0] if names else "num_experts"]),
            "experts_active": int(config["num_experts_per_tok"]), "expert_width": int(config[width])}


def _qwen2_moe(config: Config) -> dict[str, Any]:
    given = _usual(config, "qwen2", shared_experts=1, shared_gate=True,
                   shared_width=int(config["shared_expert_intermediate_size"]))
    return given | _sparse(config)


def _sparse(config: Config) -> dict[str, int]:
    """Qwen's experts, and in which layers they are."""
    where = {"moe_every": int(config.get("decoder_sparse_step", 1)),
             "dense_layers": len(config.get("mlp_only_layers") or ())}
    return where | _experts(config, "moe_intermediate_size")


def _qwen3(config: Config) -> dict[str, Any]:
    bias = bool(config.get("attention_bias", False))
    return _usual(config, "qwen3", 128, qkv_bias=bias, out_bias=bias)


def _qwen3_moe(config: Config) -> dict[str, Any]:
    given = _qwen3({**config, "head_dim": config.get("head_dim") or _even_head(config)})
    return given | _sparse(config)


def _even_head(config: Config) -> int:
    return int(config["hidden_size"]) // int(config["num_attention_heads"])


def _gemma(style: str) -> Callable[[Config], dict[str, Any]]:
    def read(config: Config) -> dict[str, Any]:
        given = _usual(config, style, 256)
        window = int(config.get("sliding_window") or 0) if style != "gemma" else 0
        every = 2 if style == "gemma2" else 6
        windowed = given["layers"] - given["layers"] // every if window else 0
        return given | {"window": window, "windowed_layers": windowed}
    return read


def _deepseek(config: Config) -> dict[str, Any]:
    latent = Mla(int(config.get("q_lora_rank") or 0), int(config["kv_lora_rank"]), int(config["qk_rope_head_dim"]),
                 int(config["qk_nope_head_dim"]), int(config["v_head_dim"]))
    bias = bool(config.get("attention_bias", False))
    return _usual(config, "llama", mla=latent, qkv_bias=bias, out_bias=bias,
                  shared_experts=int(config.get("n_shared_experts") or 0),
                  dense_layers=int(config.get("first_k_dense_replace", 0))) | {
        "head_width": latent.nope_width} | _experts(config, "moe_intermediate_size")  # fmt: skip


def _phi(config: Config) -> dict[str, Any]:
    return _usual(config, "phi")


def _phimoe(config: Config) -> dict[str, Any]:
    bias = bool(config.get("attention_bias", False))
    given = _usual(config, "phimoe", qkv_bias=bias, out_bias=bias, head_bias=bool(config.get("lm_head_bias", False)))
    return given | _experts(config, "intermediate_size")


def _gpt_oss(config: Config) -> dict[str, Any]:
    given = _usual(config, "gpt_oss", window=int(config.get("sliding_window") or 0))
    return given | {"windowed_layers": given["layers"] // 2} | _experts(config, "intermediate_size")


def _neox(config: Config) -> dict[str, Any]:
    bias = bool(config.get("attention_bias", True))
    return _usual(config, "neox", qkv_bias=bias, out_bias=bias)


def _stablelm(config: Config) -> dict[str, Any]:
    return _usual(config, "stablelm", qkv_bias=bool(config.get("use_qkv_bias", False)))


def _gpt2(config: Config) -> dict[str, Any]:
    return _named(config, "gpt2", "n_layer", "n_embd", "n_head", inner="n_inner", positions="n_positions")


def _gptj(config: Config) -> dict[str, Any]:
    return _named(config, "gptj", "n_layer", "n_embd", "n_head", inner="n_inner")


def _bloom(config: Config) -> dict[str, Any]:
    heads = "n_head" if "n_head" in config else "num_attention_heads"
    return _named(config, "bloom", "n_layer" if "n_layer" in config else "num_hidden_layers",
                  "hidden_size" if "hidden_size" in config else "n_embed", heads)


def _mpt(config: Config) -> dict[str, Any]:
    return _named(config, "mpt", "n_layers", "d_model", "n_heads")


def _named(config: Config, style: str, layers: str, width: str, heads: str, inner: str = "",
           positions: str = "") -> dict[str, Any]:
    """Older decoders, each with names of its own; the MLP is four times as wide where nothing else is said."""
    size, count = int(config[width]), int(config[heads])
    return _style(style, layers=int(config[layers]), width=size, heads=count, kv_heads=count, head_width=size // count,
                  ffn_width=int(config.get(inner) or 4 * size), vocabulary=int(config["vocab_size"]),
                  positions=int(config[positions]) if positions else 0, tied=config.get("tie_word_embeddings"))


def _opt(config: Config) -> dict[str, Any]:
    width, narrow = int(config["hidden_size"]), int(config.get("word_embed_proj_dim") or config["hidden_size"])
    if narrow != width:
        raise ValueError("word_embed_proj_dim = hidden_size")
    return _usual({**config, "intermediate_size": config.get("ffn_dim", 4 * width)}, "gpt2",
                  positions=int(config["max_position_embeddings"]) + 2)


def _falcon(config: Config) -> dict[str, Any]:
    new = bool(config.get("new_decoder_architecture", False))
    parallel, bias = bool(config.get("parallel_attn", True)), bool(config.get("bias", False))
    given = _named(config, "falcon_new" if new or not parallel else "falcon", "num_hidden_layers", "hidden_size",
                   "num_attention_heads", inner="ffn_hidden_size")
    several = int(config.get("num_kv_heads") or given["heads"]) if new else given["heads"]
    kv_heads = 1 if config.get("multi_query", True) and not new else several
    return given | {"kv_heads": kv_heads, "qkv_bias": bias, "out_bias": bias, "mlp_bias": bias}


def _bert(config: Config) -> dict[str, Any]:
    return _usual(config, "bert", positions=int(config["max_position_embeddings"]),
                  token_types=int(config.get("type_vocab_size", 2))) | {"tied": True}


def _t5(config: Config) -> dict[str, Any]:
    layers, heads = int(config["num_layers"]), int(config["num_heads"])
    return _style("t5", layers=layers, width=int(config["d_model"]), heads=heads, kv_heads=heads,
                  head_width=int(config["d_kv"]), ffn_width=int(config["d_ff"]), vocabulary=int(config["vocab_size"]),
                  decoder_layers=int(config.get("num_decoder_layers") or layers),
                  gated="gated" in str(config.get("feed_forward_proj", "relu")),
                  tied=config.get("tie_word_embeddings", True),
                  position_buckets=int(config.get("relative_attention_num_buckets", 32)))


def _vit(config: Config) -> dict[str, Any]:
    patch, image = int(config.get("patch_size", 16)), int(config.get("image_size", 224))
    classes = len(config["id2label"]) if config.get("id2label") else int(config.get("num_labels", 2))
    return _usual({**config, "vocab_size": classes}, "vit", positions=(image // patch) ** 2 + 1,
                  patch_values=int(config.get("num_channels", 3)) * patch * patch,
                  qkv_bias=bool(config.get("qkv_bias", True)))


READERS: dict[str, Callable[[Config], dict[str, Any]]] = {
    "llama": _llama, "mistral": _mistral, "mixtral": _mixtral, "qwen2": lambda config: _usual(config, "qwen2"),
    "qwen2_moe": _qwen2_moe, "qwen3": _qwen3, "qwen3_moe": _qwen3_moe, "gemma": _gemma("gemma"),
    "gemma2": _gemma("gemma2"), "gemma3": _gemma("gemma3"), "phi3": lambda config: _usual(config, "llama"),
    "phi": _phi, "phimoe": _phimoe, "olmo2": lambda config: _usual(config, "olmo2"), "stablelm": _stablelm,
    "deepseek_v2": _deepseek, "deepseek_v3": _deepseek, "gpt_oss": _gpt_oss, "gpt_neox": _neox, "gpt2": _gpt2,
    "gptj": _gptj, "bloom": _bloom, "mpt": _mpt, "opt": _opt, "falcon": _falcon, "bert": _bert, "t5": _t5,
    "vit": _vit,
}  # fmt: skip
