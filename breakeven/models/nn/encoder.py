"""A pretrained encoder as a net that gives one vector a text, and its released forms."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import AutoModel, AutoTokenizer

from breakeven.core.words import Message, say
from breakeven.models.model import Declined
from breakeven.models.nn.export import export_net, quantize
from breakeven.models.nn.session import GRAPH, save_settings
from breakeven.models.weights import Weights
from breakeven.records.record import digest_of
from breakeven.store import new_folder

MOST_TOKENS = 256
"""A text longer than that is cut: classes show early, and cost grows with the length."""
FORMS = ("plain", "int8")
READING = "thirds/1"
"""How vectors are made of a text; kept ones of another way are not used."""


class Encoder(nn.Module):
    """`forward(input_ids, attention_mask)`, both (n, tokens) -> vectors (n, d).

    A third of a vector is the pooled last layer, as the checkpoint was trained to be read; the other two are the means
    of the layers at one and two thirds of the depth, which know more of the wording. Each third has length 1.
    """

    def __init__(self, body: nn.Module, pooling: str) -> None:
        super().__init__()
        self.body, self.pooling = body, pooling

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        found = self.body(input_ids=input_ids, attention_mask=attention_mask, output_hidden_states=True)
        depth = len(found.hidden_states) - 1
        inner = [pooled(found.hidden_states[place], attention_mask, "mean") for place in _inner_layers(depth)]
        vectors = [*inner, pooled(found.last_hidden_state, attention_mask, self.pooling)]
        return torch.cat([nn.functional.normalize(vector, dim=1) for vector in vectors], dim=1)


def _inner_layers(depth: int) -> list[int]:
    """The layers at one and two thirds of the depth, each once, without the last."""
    return sorted({round(depth / 3), round(2 * depth / 3)} - {0, depth})


def pooled(states: torch.Tensor, mask: torch.Tensor, pooling: str) -> torch.Tensor:
    """One vector a text (n, d) of the states of its tokens (n, tokens, d): `mean`, `first` or `last`."""
    if pooling == "first":
        return states[:, 0]
    if pooling == "last":
        ends = (mask.sum(1) - 1).clamp(min=0)
        return states.gather(1, ends[:, None, None].expand(-1, 1, states.shape[2])).squeeze(1)
    weights = mask.unsqueeze(2).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1e-6)


def load_encoder(weights: Weights) -> Encoder:
    """The encoder of any transformers checkpoint; of an encoder-decoder its encoder. Raises Declined."""
    try:
        body: Any = AutoModel.from_pretrained(weights.folder, use_safetensors=True, trust_remote_code=False)
    except Exception as fault:  # whatever is wrong with somebody's folder
        raise Declined(unreadable(weights, fault)) from None
    if getattr(body.config, "is_encoder_decoder", False):
        body = body.get_encoder()
    return Encoder(body.float(), stated_pooling(weights))


def load_tokenizer(weights: Weights) -> str:
    """The fast tokenizer of a checkpoint as JSON. Raises Declined where it has none."""
    try:
        return str(AutoTokenizer.from_pretrained(weights.folder, use_fast=True).backend_tokenizer.to_str())
    except Exception as fault:
        raise Declined(unreadable(weights, fault)) from None


def unreadable(weights: Weights, fault: Exception) -> Message:
    """What is said of somebody's folder that the library cannot read."""
    return say("the weights of {name} cannot be read: {fault}", name=weights.name,
               fault=f"{type(fault).__name__}: {fault}".splitlines()[0][:200])  # fmt: skip


def stated_pooling(weights: Weights) -> str:
    """How the encoder was trained to be read, as sentence-transformers writes it; else the mean."""
    file = weights.folder / "1_Pooling" / "config.json"
    settings = json.loads(file.read_bytes()) if file.exists() else {}
    mode = settings.get("pooling_mode", "")
    if settings.get("pooling_mode_cls_token") or mode == "cls":
        return "first"
    return "last" if settings.get("pooling_mode_lasttoken") or mode == "lasttoken" else "mean"


def most_tokens(weights: Weights) -> int:
    """How many tokens of a text are read: what the encoder was made for, at most MOST_TOKENS."""
    file = weights.folder / "sentence_bert_config.json"
    stated = json.loads(file.read_bytes()).get("max_seq_length") if file.exists() else None
    places = weights.config.get("max_position_embeddings") or MOST_TOKENS
    padding = weights.config.get("pad_token_id") or 0
    offset = padding + 1 if "roberta" in weights.config.get("model_type", "") else 0
    return int(min(MOST_TOKENS, stated or MOST_TOKENS, places - offset))


def reading_digest(weights: Weights) -> str:
    """Names the vectors that weights give: by the weights and by how they are read."""
    return digest_of(weights.digest, READING)


def released_forms(weights: Weights, cache: Path) -> dict[str, Path]:
    """The folders of an encoder's released forms (`FORMS`), made once for a project."""
    folder = cache / "encoders" / reading_digest(weights)
    if not folder.exists():
        with new_folder(folder) as temporary:
            _write_forms(weights, temporary)
    return {form: folder / form for form in FORMS}


def _write_forms(weights: Weights, folder: Path) -> None:
    tokenizer, most = load_tokenizer(weights), most_tokens(weights)
    for form in FORMS:
        (folder / form).mkdir()
        save_settings(folder / form, tokenizer, most, alone=form == "int8")
    export_net(load_encoder(weights), folder / "plain" / GRAPH)
    quantize(folder / "plain" / GRAPH, folder / "int8" / GRAPH)
