"""A decoder: reads tokens from left to right and says what comes next.

Two styles. `modern`: rotary positions (Su et al. 2021), RMSNorm without gains (Zhang and Sennrich 2019), queries and
keys normalised (Henry et al. 2020), squared ReLU (So et al. 2021), no biases. `gpt2`: learned positions, LayerNorm,
GELU (Radford et al. 2019), without biases as well. The head is the embedding table in both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Style = Literal["modern", "gpt2"]
ROTARY_BASE = 10_000.0
NOT_SCORED = -1
"""The target of a position that has no loss."""


@dataclass(frozen=True)
class GptShape:
    """The size of a decoder. `context` is how many tokens it sees at once."""

    vocabulary: int
    layers: int
    heads: int
    width: int
    context: int
    style: Style = "modern"

    @property
    def parameters(self) -> int:
        """Weights of the matrices: 12 width² a layer, and the table."""
        positions = self.context if self.style == "gpt2" else 0
        return 12 * self.layers * self.width**2 + (self.vocabulary + positions) * self.width


@dataclass
class Cache:
    """Keys and values of what was read: (layers, rows, heads, context, width of a head); `lengths` (rows,)."""

    keys: Tensor
    values: Tensor
    lengths: Tensor

    @classmethod
    def empty(cls, shape: GptShape, rows: int) -> Cache:
        size = (shape.layers, rows, shape.heads, shape.context, shape.width // shape.heads)
        return cls(torch.zeros(size), torch.zeros(size), torch.zeros(rows, dtype=torch.int64))


class Gpt(nn.Module):
    """Token numbers (rows, tokens) -> logits (rows, tokens, vocabulary)."""

    def __init__(self, shape: GptShape) -> None:
        super().__init__()
        self.shape = shape
        self.table = nn.Embedding(shape.vocabulary, shape.width)
        self.positions = nn.Embedding(shape.context, shape.width) if shape.style == "gpt2" else None
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = make_norm(shape)
        cos, sin = rotary_tables(shape)
        self.cos: Tensor
        self.sin: Tensor
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        self._begin()

    def _begin(self) -> None:
        """Small random weights; what is added to the stream begins small (modern: at zero), whatever the depth."""
        deep = 0.02 / math.sqrt(2 * self.shape.layers)
        for name, weight in self.named_parameters():
            if weight.ndim < 2:
                continue
            if self.shape.style == "gpt2":
                nn.init.normal_(weight, std=deep if name.endswith("out.weight") else 0.02)
            elif name == "table.weight":
                nn.init.normal_(weight, std=0.02)
            elif name.endswith("out.weight"):
                nn.init.zeros_(weight)
            else:
                bound = math.sqrt(3.0) * 0.5 / math.sqrt(self.shape.width)
                nn.init.uniform_(weight, -bound, bound)

    def forward(self, ids: Tensor, cache: Cache | None = None, rows: Tensor | None = None) -> Tensor:
        return self.logits(self.hidden(ids, cache, rows))

    def logits(self, hidden: Tensor) -> Tensor:
        if self.shape.style == "modern":
            hidden = hidden * (self.shape.width**-0.5 * 4.0)
        return F.linear(hidden, self.table.weight)

    def hidden(self, ids: Tensor, cache: Cache | None = None, rows: Tensor | None = None) -> Tensor:
        """What stands before the head (rows, tokens, width). With a cache, `rows` names the rows of it that these
        tokens go on with, and it grows by them."""
        places = torch.arange(ids.shape[1], device=ids.device)
        if cache is not None and rows is not None:
            places = cache.lengths[rows][:, None] + places
        x = self.table(ids)
        if self.positions is not None:
            x = x + self.positions(places)
        else:
            x = F.rms_norm(x, (self.shape.width,))
        cos, sin = self.cos[places], self.sin[places]
        for number, block in enumerate(self.blocks):
            x = block(x, cos, sin, _layer(cache, number, rows, places))
        if cache is not None and rows is not None:
            cache.lengths[rows] += ids.shape[1]
        return self.norm(x)

    def loss(self, ids: Tensor, targets: Tensor) -> Tensor:
        """The mean loss in nats of the targets that are scored; 0 where none is."""
        return mean_loss(self(ids), targets)


def mean_loss(logits: Tensor, targets: Tensor) -> Tensor:
    """The mean loss in nats of the targets (rows, tokens) that are scored; 0 where none is."""
    total = F.cross_entropy(logits.flatten(0, 1).float(), targets.flatten(), ignore_index=NOT_SCORED, reduction="sum")
    return total / (targets != NOT_SCORED).sum().clamp(min=1)


@dataclass
class LayerCache:
    """What one layer remembers of some rows, and where in it the tokens of now stand (rows, tokens)."""

    keys: Tensor
    values: Tensor
    rows: Tensor
    places: Tensor

    def extend(self, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Write the new keys and values; all so far, and which of them each token may see."""
        index = self.rows[:, None].expand_as(self.places)
        self.keys[index, :, self.places] = key.transpose(1, 2)
        self.values[index, :, self.places] = value.transpose(1, 2)
        longest = int(self.places.max()) + 1
        seen = torch.arange(longest) <= self.places[:, :, None]
        return self.keys[self.rows, :, :longest], self.values[self.rows, :, :longest], seen[:, None]


def _layer(cache: Cache | None, number: int, rows: Tensor | None, places: Tensor) -> LayerCache | None:
    if cache is None or rows is None:
        return None
    return LayerCache(cache.keys[number], cache.values[number], rows, places)


class Block(nn.Module):
    """Attention, then a layer of its own for each token."""

    def __init__(self, shape: GptShape) -> None:
        super().__init__()
        self.shape = shape
        self.attention_norm, self.mlp_norm = make_norm(shape), make_norm(shape)
        self.attention_in = nn.Linear(shape.width, 3 * shape.width, bias=False)
        self.attention_out = nn.Linear(shape.width, shape.width, bias=False)
        self.mlp_in = nn.Linear(shape.width, 4 * shape.width, bias=False)
        self.mlp_out = nn.Linear(4 * shape.width, shape.width, bias=False)

    def forward(self, x: Tensor, cos: Tensor, sin: Tensor, cache: LayerCache | None = None) -> Tensor:
        x = x + self.attention_out(self._attend(self.attention_norm(x), cos, sin, cache))
        hidden = self.mlp_in(self.mlp_norm(x))
        hidden = F.relu(hidden).square() if self.shape.style == "modern" else F.gelu(hidden)
        return x + self.mlp_out(hidden)

    def _attend(self, x: Tensor, cos: Tensor, sin: Tensor, cache: LayerCache | None) -> Tensor:
        rows, tokens, width = x.shape
        parts = self.attention_in(x).view(rows, tokens, 3, self.shape.heads, -1).permute(2, 0, 3, 1, 4)
        query, key, value = parts.unbind(0)
        if self.shape.style == "modern":
            size = (query.shape[-1],)
            query, key = (turned(F.rms_norm(each, size), cos, sin) for each in (query, key))
        if cache is None:
            mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
        else:
            key, value, seen = cache.extend(key, value)
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=seen)
        return mixed.transpose(1, 2).reshape(rows, tokens, width)


class RmsNorm(nn.Module):
    """Each vector to length √width; without gains, which the next matrix can hold."""

    def forward(self, x: Tensor) -> Tensor:
        return F.rms_norm(x, (x.shape[-1],))


def make_norm(shape: GptShape) -> nn.Module:
    return RmsNorm() if shape.style == "modern" else nn.LayerNorm(shape.width, bias=False)


def rotary_tables(shape: GptShape) -> tuple[Tensor, Tensor]:
    """Cosines and sines (context, half the width of a head) of the angles by which a pair turns at each place."""
    half = shape.width // shape.heads // 2
    speeds = ROTARY_BASE ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.arange(shape.context, dtype=torch.float64)[:, None] * speeds
    return angles.cos().float(), angles.sin().float()


def turned(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Queries or keys (rows, heads, tokens, d), each pair of places (i, i + d/2) turned by its angle."""
    if cos.ndim == 3:
        cos, sin = cos[:, None], sin[:, None]
    left, right = x.chunk(2, dim=-1)
    return torch.cat((left * cos - right * sin, left * sin + right * cos), dim=-1)
