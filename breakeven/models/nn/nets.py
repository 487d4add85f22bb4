"""Small nets for texts: token numbers in, one score a class (or one number) out.

All read `input_ids` and `attention_mask` (n, length), int64, 1 where there is a token, and answer (n, width). What
stands behind the last token never counts, so an answer does not depend on the texts beside it. Each is an *encoder*
(a vector a token, learned alone when words are masked), a *pooling* (a vector a text) and a head. Of a pair the two
texts are pooled apart, and the head reads both vectors, their distance in each direction and their product.

- `bag`: the mean of the vectors of tokens and of hashed pairs of neighbours (fastText: Joulin et al. 2017)
- `cnn`: convolutions over 2, 3, 4 tokens, the largest answer of each filter (Kim 2014)
- `transformer`: pre-norm self-attention, learned positions (Vaswani et al. 2017)
- `rnn`: a gated recurrent net from left to right (Cho et al. 2014)
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from breakeven.models.nn.tokenizing import BEGIN, PAD

PRIME = 1_000_003


class Bag(nn.Module):
    """Vectors of tokens plus those of pairs of neighbours, found by a hash; nothing else."""

    def __init__(self, tokens: int, wide: int, buckets: int) -> None:
        super().__init__()
        self.tokens = nn.Embedding(tokens, wide, PAD)
        self.pairs = nn.Embedding(buckets, wide)
        self.out = wide
        nn.init.normal_(self.tokens.weight, std=0.1)
        nn.init.zeros_(self.pairs.weight)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        before = functional.pad(ids[:, :-1], (1, 0), value=BEGIN)
        pair = (before * PRIME + ids) % self.pairs.num_embeddings
        return (self.tokens(ids) + self.pairs(pair)) * mask.unsqueeze(-1)


class Cnn(nn.Module):
    """One convolution of each length side by side."""

    def __init__(self, tokens: int, wide: int, filters: int, lengths: tuple[int, ...], dropout: float) -> None:
        super().__init__()
        self.tokens = nn.Embedding(tokens, wide, PAD)
        self.layers = nn.ModuleList(nn.Conv1d(wide, filters, length) for length in lengths)
        self.dropout = nn.Dropout(dropout)
        self.out = filters * len(lengths)
        nn.init.normal_(self.tokens.weight, std=0.1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        vectors = self.dropout(self.tokens(ids)) * mask.unsqueeze(-1)
        columns = vectors.transpose(1, 2)
        answers = [layer(functional.pad(columns, _around(layer))) for layer in self.layers]
        return functional.relu(torch.cat(answers, dim=1)).transpose(1, 2)


def _around(layer: nn.Module) -> tuple[int, int]:
    """The zeros before and behind a row of tokens that keep its length under a convolution."""
    assert isinstance(layer, nn.Conv1d)
    length = layer.kernel_size[0]
    return (length - 1) // 2, length // 2


class Attention(nn.Module):
    """Self-attention of `heads` heads, each `size` wide; heads can be taken out (see shrinking.py)."""

    def __init__(self, wide: int, heads: int) -> None:
        super().__init__()
        self.heads, self.size = heads, wide // heads
        self.mixed = nn.Linear(wide, 3 * heads * self.size)
        self.back = nn.Linear(heads * self.size, wide)

    def forward(self, vectors: Tensor, bias: Tensor) -> Tensor:
        split = self.mixed(vectors).unflatten(-1, (3, self.heads, self.size)).permute(2, 0, 3, 1, 4)
        seen = functional.scaled_dot_product_attention(split[0], split[1], split[2], attn_mask=bias)
        return self.back(seen.transpose(1, 2).flatten(2))


class Block(nn.Module):
    """Attention and a two-layer net, each behind a layer norm and added to what came in."""

    def __init__(self, wide: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.attention, self.first = Attention(wide, heads), nn.LayerNorm(wide)
        self.net = nn.Sequential(nn.Linear(wide, 4 * wide), nn.GELU(), nn.Linear(4 * wide, wide))
        self.second, self.dropout = nn.LayerNorm(wide), nn.Dropout(dropout)

    def forward(self, vectors: Tensor, bias: Tensor) -> Tensor:
        vectors = vectors + self.dropout(self.attention(self.first(vectors), bias))
        return vectors + self.dropout(self.net(self.second(vectors)))


class Transformer(nn.Module):
    """Blocks over tokens and their places."""

    def __init__(self, tokens: int, wide: int, layers: int, heads: int, longest: int, dropout: float) -> None:
        super().__init__()
        self.tokens, self.places = nn.Embedding(tokens, wide, PAD), nn.Embedding(longest, wide)
        self.layers = nn.ModuleList(Block(wide, heads, dropout) for _ in range(layers))
        self.norm, self.dropout = nn.LayerNorm(wide), nn.Dropout(dropout)
        self.out = wide
        for table in (self.tokens, self.places):
            nn.init.normal_(table.weight, std=0.05)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        place = torch.arange(ids.shape[1], device=ids.device)
        vectors = self.dropout(self.tokens(ids) + self.places(place))
        bias = (1.0 - mask[:, None, None, :].to(vectors.dtype)) * -1e4
        for layer in self.layers:
            vectors = layer(vectors, bias)
        return self.norm(vectors)


class Rnn(nn.Module):
    """One gated recurrent layer; it reads forward only, so that padding cannot reach back into a text."""

    def __init__(self, tokens: int, wide: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.tokens, self.dropout = nn.Embedding(tokens, wide, PAD), nn.Dropout(dropout)
        self.gates = nn.GRU(wide, hidden, batch_first=True)
        self.out = hidden
        nn.init.normal_(self.tokens.weight, std=0.1)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.gates(self.dropout(self.tokens(ids)))[0]  # type: ignore[no-any-return]


class TextNet(nn.Module):
    """An encoder, the mean or the largest value over the tokens or both side by side, and a linear head.

    `between` is the token with which the second text of a pair begins; None where a row is one text.
    """

    def __init__(self, encoder: nn.Module, pool: str, width: int, dropout: float, between: int | None = None) -> None:
        super().__init__()
        self.encoder, self.pool, self.dropout, self.between = encoder, pool, nn.Dropout(dropout), between
        wide = int(encoder.out) * (2 if pool == "both" else 1)  # type: ignore[arg-type]
        self.head = nn.Linear(wide * (1 if between is None else 4), width)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        vectors = self.encoder(input_ids, attention_mask)
        if self.between is None:
            return self.head(self.dropout(self.pooled(vectors, attention_mask)))
        second = input_ids.eq(self.between).long().cumsum(1).clamp(max=1) * attention_mask
        pair = [self.pooled(vectors, mask) for mask in (attention_mask - second, second)]
        return self.head(self.dropout(_compared(*pair)))

    def pooled(self, vectors: Tensor, mask: Tensor) -> Tensor:
        """(n, length, wide) -> (n, wide), or twice as wide."""
        there = mask.unsqueeze(-1).to(vectors.dtype)
        mean = (vectors * there).sum(1) / there.sum(1)
        if self.pool == "mean":
            return mean
        largest = (vectors * there - (1.0 - there) * 1e4).amax(1)
        return largest if self.pool == "max" else torch.cat([mean, largest], dim=-1)


def _compared(first: Tensor, second: Tensor) -> Tensor:
    """Both vectors of each row (n, wide), their distance in each direction and their product (n, 4 wide)."""
    return torch.cat([first, second, (first - second).abs(), first * second], dim=-1)
