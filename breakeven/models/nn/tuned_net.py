"""A pretrained body of any kind with a linear head: how it is read, loaded, grouped for the optimizer, and kept."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save
from tokenizers import Tokenizer, processors
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_CAUSAL_LM_MAPPING_NAMES,
    MODEL_FOR_MASKED_LM_MAPPING_NAMES,
)

from breakeven.models.nn.batches import padded, sorted_batches
from breakeven.models.nn.devices import Device
from breakeven.models.nn.encoder import load_encoder, load_tokenizer, pooled
from breakeven.models.weights import Weights
from breakeven.store import write_bytes

NET, CONFIG = "net.safetensors", "config.json"


class TunedNet(nn.Module):
    """`forward(input_ids, attention_mask)`, both (n, tokens) -> (n, width): margins of the classes, or the number.

    `separator` is the token that ends the first text of a pair, for bodies that were trained to be told which text a
    token is of (BERT's token types); None for all others.
    """

    def __init__(self, body: nn.Module, pooling: str, width: int, separator: int | None = None) -> None:
        super().__init__()
        self.body, self.pooling, self.separator = body, pooling, separator
        self.head = nn.Linear(int(body.config.hidden_size), width)  # type: ignore[union-attr, arg-type]

    def vectors(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """One vector a text (n, d), of length 1."""
        told = {} if self.separator is None else {"token_type_ids": self._types(input_ids, attention_mask)}
        states = self.body(input_ids=input_ids, attention_mask=attention_mask, **told).last_hidden_state
        return nn.functional.normalize(pooled(states, attention_mask, self.pooling).float(), dim=1)

    def _types(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """1 for the tokens after the first separator, 0 for all others (n, tokens)."""
        ends = input_ids.eq(int(self.separator or 0)).long()
        return (ends.cumsum(1) - ends).clamp(max=1) * attention_mask

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        return self.head(self.vectors(input_ids, attention_mask))  # type: ignore[no-any-return]

    @torch.no_grad()
    def put_head(self, weights: np.ndarray, bias: np.ndarray) -> None:
        """`weights` (d, width), `bias` (width,)."""
        self.head.weight.copy_(torch.from_numpy(np.ascontiguousarray(weights.T)))
        self.head.bias.copy_(torch.from_numpy(np.asarray(bias)))


def load_net(weights: Weights, width: int) -> TunedNet:
    """The pretrained body with a head that knows nothing yet. Raises Declined where it cannot be read."""
    encoder = load_encoder(weights)
    return TunedNet(encoder.body, pooling_of(encoder.body, encoder.pooling), width)


def separator_of(tokenizer: Tokenizer) -> int | None:
    """The token that a tokenizer puts between two texts; None where it puts nothing there."""
    pair = tokenizer.encode("a", "b")
    second = pair.sequence_ids.index(1) if 1 in pair.sequence_ids else 0
    return pair.ids[second - 1] if second and pair.sequence_ids[second - 1] is None else None


def tells_types(body: nn.Module) -> bool:
    """Whether a body has vectors for more than one type of token."""
    return int(getattr(body.config, "type_vocab_size", 0) or 0) > 1


def pooling_of(body: nn.Module, stated: str) -> str:
    """A decoder is read at its last token, the only one that has seen them all; others as they state it."""
    return "last" if is_decoder(str(body.config.model_type)) else stated  # type: ignore[union-attr]


def is_decoder(kind: str) -> bool:
    """Whether models of that type only ever look back: the library has them as language models, not as fillers."""
    return kind in MODEL_FOR_CAUSAL_LM_MAPPING_NAMES and kind not in MODEL_FOR_MASKED_LM_MAPPING_NAMES


def load_text_tokenizer(weights: Weights) -> Tokenizer:
    """The checkpoint's tokenizer; one that gives nothing for an empty text ends every text with its end token."""
    tokenizer = Tokenizer.from_str(load_tokenizer(weights))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if not tokenizer.encode("").ids:
        number = _end_token(weights, tokenizer)
        word = tokenizer.id_to_token(number)
        tokenizer.post_processor = processors.TemplateProcessing(f"$A {word}", special_tokens=[(word, number)])
    return tokenizer


def _end_token(weights: Weights, tokenizer: Tokenizer) -> int:
    stated = weights.config.get("eos_token_id")
    number = stated[0] if isinstance(stated, list) and stated else stated
    return number if isinstance(number, int) and tokenizer.id_to_token(number) else 0


def parameter_groups(net: TunedNet, decay: float, head_share: float, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters by depth: the head learns at `head_share` of the rate, the uppermost layer at 1, each one below at
    `decay` of the one above (Howard and Ruder 2018); gains and biases are not pulled to zero."""
    depths = {name: _depth(name) for name, each in net.body.named_parameters() if each.requires_grad}
    top = max((depth for depth in depths.values() if depth is not None), default=0)
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, each in net.body.named_parameters():
        if name in depths:
            depth = _of(depths[name], name, top)
            key = (decay ** (top - depth), weight_decay if each.ndim >= 2 else 0.0)
            groups.setdefault(key, []).append(each)
    groups[(head_share, 0.0)] = list(net.head.parameters()) + groups.get((head_share, 0.0), [])
    return [{"params": found, "share": share, "weight_decay": pull} for (share, pull), found in groups.items()]


def freeze_below(net: TunedNet, share: float) -> None:
    """Let the lowest share of the layers, and what lies below them, stay as it is."""
    depths = {name: _depth(name) for name, _ in net.body.named_parameters()}
    top = max((depth for depth in depths.values() if depth is not None), default=0)
    for name, each in net.body.named_parameters():
        if _of(depths[name], name, top) < round(share * (top + 1)) and share > 0:
            each.requires_grad_(False)


def _depth(name: str) -> int | None:
    """The number of the layer in a parameter's name: `encoder.layer.3.attention…` is in layer 3."""
    found = re.search(r"\.(\d+)\.", f".{name}")
    return int(found.group(1)) if found else None


def _of(depth: int | None, name: str, top: int) -> int:
    """Outside the layers, embeddings lie below the first one and all else above the last."""
    if depth is not None:
        return depth
    return -1 if "emb" in name or "shared" in name or re.search(r"\bw[tp]e\b", name) else top


def run_net(
    net: nn.Module, ids: Sequence[np.ndarray], device: Device, rows: int = 64, vectors: bool = False
) -> np.ndarray:
    """What the net answers (n, width), or its vectors (n, d); float32, in the order of the rows."""
    call = net.vectors if vectors else net
    found: np.ndarray | None = None
    place = next(net.parameters()).device
    with torch.inference_mode(), device.autocast():
        for batch in sorted_batches([len(row) for row in ids], rows):
            numbers, mask = padded([ids[row].tolist() for row in batch.tolist()])
            part = call(numbers.to(place), mask.to(place)).float().cpu().numpy()  # type: ignore[operator]
            found = np.empty((len(ids), part.shape[1]), np.float32) if found is None else found
            found[batch] = part
    return np.empty((0, 1), np.float32) if found is None else found


def save_net(net: TunedNet, folder: Path) -> None:
    """Keep a net that no ONNX graph can be made of: `config.json` and `net.safetensors`."""
    tensors = {name: each.detach().clone().contiguous() for name, each in net.state_dict().items()}
    write_bytes(folder / NET, save(tensors, {"pooling": net.pooling, "width": str(net.head.out_features),
                                            "separator": "" if net.separator is None else str(net.separator)}))
    content: dict[str, Any] = net.body.config.to_dict()  # type: ignore[union-attr, operator]
    write_bytes(folder / CONFIG, json.dumps(content, default=str).encode())


def read_net(folder: Path) -> TunedNet:
    """The net that `save_net` kept."""
    from safetensors import safe_open

    with safe_open(folder / NET, framework="pt") as file:
        kept = file.metadata()
    body: Any = AutoModel.from_config(AutoConfig.from_pretrained(folder))  # type: ignore[no-untyped-call]
    if getattr(body.config, "is_encoder_decoder", False):
        body = body.get_encoder()
    separator = int(kept["separator"]) if kept.get("separator") else None
    net = TunedNet(body, kept["pooling"], int(kept["width"]), separator)
    net.load_state_dict(load_file(folder / NET))
    return net.float().eval()
