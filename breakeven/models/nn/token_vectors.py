"""What a pretrained encoder knows of single tokens, lent to a small net: its tokenizer and its input vectors.

A net that starts from them knows words that the rows never showed. Kim (2014) reads texts so: convolutions over word
vectors that were learned elsewhere. Wider ones are turned to their first principal directions; they stay as they are,
so that a word of the rows and its neighbours that no row shows keep their places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from tokenizers import Tokenizer

from breakeven.models.nn.encoder import load_encoder
from breakeven.models.nn.nets import TextNet
from breakeven.models.nn.small_net_training import Recipe
from breakeven.models.nn.tokenizing import MASK
from breakeven.models.nn.tuned_net import load_text_tokenizer, separator_of
from breakeven.models.weights import Weights

WIDE = 384
"""Of an encoder's vectors at most so many directions are taken."""
SPREAD = 0.3
"""The standard deviation of the entries."""
MASKS = ("[MASK]", "<mask>")


@dataclass(frozen=True)
class TokenVectors:
    """A tokenizer, the vectors of its tokens (tokens, wide) float32, and the numbers of two of its tokens."""

    tokenizer: Tokenizer
    vectors: np.ndarray
    mask: int
    """Stands for a token that is hidden in training."""
    between: int | None
    """Stands between the two texts of a pair, if anything does."""

    def recipe(self, recipe: Recipe) -> Recipe:
        """A recipe for nets that begin with these."""
        between = recipe.between if self.between is None else self.between
        return replace(recipe, wide=self.vectors.shape[1], mask=self.mask, between=between)

    @torch.no_grad()
    def put_into(self, net: TextNet) -> None:
        """Give a net that was made for as many tokens their vectors, which it is not to change."""
        table = net.encoder.tokens
        assert isinstance(table, torch.nn.Embedding)
        table.weight.copy_(torch.from_numpy(self.vectors))
        table.weight.requires_grad_(False)


def token_vectors(weights: Weights, wide: int = WIDE) -> TokenVectors:
    """The tokens of an encoder. Raises Declined where it cannot be read."""
    tokenizer = load_text_tokenizer(weights)
    table = load_encoder(weights).body.get_input_embeddings()  # type: ignore[operator, union-attr]
    known = (tokenizer.token_to_id(word) for word in MASKS)
    mask = next((number for number in known if number is not None), MASK)
    vectors = table.weight.detach().numpy()[: tokenizer.get_vocab_size()]
    turned = principal(vectors, min(wide, vectors.shape[1]))
    return TokenVectors(tokenizer, turned, mask, separator_of(tokenizer))


def principal(vectors: np.ndarray, wide: int) -> np.ndarray:
    """Vectors (n, d) in their first `wide` principal directions, scaled to SPREAD (n, wide); the rest are zero."""
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)  # the largest come last
    found = np.zeros((len(vectors), wide))
    kept = centred @ directions[:, ::-1][:, :wide]
    found[:, : kept.shape[1]] = kept
    return np.asarray(found * (SPREAD / max(float(kept.std()), 1e-12)), np.float32)
