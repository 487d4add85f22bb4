"""Readers of torch: a decoder of ours and one of the transformers library, each with a cache of keys and values.

Both take a step of all slots at once. How they are driven: models/writing.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from breakeven.models.nn.gpt import Cache, Gpt
from breakeven.models.writing import SLOTS

Past = list[tuple[Tensor, Tensor]]
"""Keys and values of one slot, a layer each: (1, heads, tokens, width of a head)."""


class GptReader:
    """A decoder of ours. What outgrows its context goes on with the later half of it."""

    def __init__(self, net: Gpt, slots: int = SLOTS, cached: bool = True) -> None:
        self.net, self.cached = net, cached
        self.cache = Cache.empty(net.shape, slots)
        self.told: list[list[int]] = [[] for _ in range(slots)]

    @torch.inference_mode()
    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        self.told[slot] = list(ids)[-self.net.shape.context :]
        self.cache.lengths[slot] = 0
        rows = torch.tensor([slot])
        hidden = self.net.hidden(torch.tensor([self.told[slot]]), self.cache if self.cached else None, rows)
        return self.net.logits(hidden[0, -1]).float().numpy()

    @torch.inference_mode()
    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        logits = np.empty((len(slots), self.net.shape.vocabulary), np.float32)
        going = []
        for place, (slot, token) in enumerate(zip(slots, tokens, strict=True)):
            if self.cached and len(self.told[slot]) < self.net.shape.context:
                self.told[slot].append(token)
                going.append(place)
            else:
                logits[place] = self.read(slot, self._kept(slot, token))
        if going:
            rows = torch.tensor([slots[place] for place in going])
            ids = torch.tensor([[tokens[place]] for place in going])
            logits[going] = self.net.logits(self.net.hidden(ids, self.cache, rows)[:, -1]).float().numpy()
        return logits

    def _kept(self, slot: int, token: int) -> list[int]:
        told = self.told[slot]
        return [*(told if len(told) < self.net.shape.context else told[-(self.net.shape.context // 2) :]), token]


class TransformersReader:
    """A decoder of the transformers library.

    The slots of a step are one batch, each padded on its left to the longest. As long as the same slots take steps,
    their cache stays together; it is taken apart when one joins or leaves. A model whose memory is not plain keys and
    values (a sliding window, a state) takes its slots one after the other.
    """

    def __init__(self, model: Any, slots: int = SLOTS) -> None:
        self.model = model
        self.past: list[Any] = [None] * slots
        """Of slots that are in no group: the library's own cache."""
        self._group: _Group | None = None
        self._takes_places = "position_ids" in inspect.signature(model.forward).parameters

    @torch.inference_mode()
    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        if self._group and slot in self._group.slots:
            self._take_apart()
        self.past[slot] = None
        return self._go_on(slot, list(ids))

    @torch.inference_mode()
    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        if self._group is None or self._group.slots != list(slots):
            self._take_apart()
            if len(slots) == 1 or not all(self._is_plain(slot) for slot in slots):
                return np.stack([self._go_on(slot, [token]) for slot, token in zip(slots, tokens, strict=True)])
            self._group = _Group.of(list(slots), [_past_of(self.past[slot]) for slot in slots])
        return self._group.step(self.model, tokens)

    def _go_on(self, slot: int, ids: list[int]) -> np.ndarray:
        found = self.model(input_ids=torch.tensor([ids]), past_key_values=self.past[slot], use_cache=True)
        self.past[slot] = found.past_key_values
        return found.logits[0, -1].float().numpy()  # type: ignore[no-any-return]

    def _is_plain(self, slot: int) -> bool:
        layers: Any = getattr(self.past[slot], "layers", None) or []
        return self._takes_places and bool(layers) and all(type(layer).__name__ == "DynamicLayer" for layer in layers)

    def _take_apart(self) -> None:
        if self._group:
            for slot, past in self._group.parts():
                self.past[slot] = _cache_of(past)
            self._group = None


class _Group:
    """Slots whose cache is one batch, each padded on its left; `seen` (slots, tokens) says what is no padding."""

    def __init__(self, slots: list[int], cache: Any, seen: Tensor) -> None:
        self.slots, self.cache, self.seen = slots, cache, seen

    @classmethod
    def of(cls, slots: list[int], pasts: list[Past]) -> _Group:
        lengths = torch.tensor([past[0][0].shape[2] for past in pasts])
        longest = int(lengths.max())
        together = [
            (torch.cat([_padded(past[layer][0], longest) for past in pasts]),
             torch.cat([_padded(past[layer][1], longest) for past in pasts]))
            for layer in range(len(pasts[0]))
        ]  # fmt: skip
        seen = torch.arange(longest) >= (longest - lengths)[:, None]
        return cls(slots, _cache_of(together), seen.long())

    def step(self, model: Any, tokens: Sequence[int]) -> np.ndarray:
        places = self.seen.sum(dim=1, keepdim=True)
        self.seen = torch.cat([self.seen, torch.ones_like(places)], dim=1)
        found = model(input_ids=torch.tensor(tokens)[:, None], attention_mask=self.seen, position_ids=places,
                      past_key_values=self.cache, use_cache=True)  # fmt: skip
        self.cache = found.past_key_values
        return found.logits[:, -1].float().numpy()  # type: ignore[no-any-return]

    def parts(self) -> list[tuple[int, Past]]:
        """Each slot with its own keys and values, without padding."""
        past, lengths = _past_of(self.cache), self.seen.sum(dim=1).tolist()
        found = []
        for row, (slot, length) in enumerate(zip(self.slots, lengths, strict=True)):
            mine = (slice(row, row + 1), slice(None), slice(-length, None))
            found.append((slot, [(keys[mine], values[mine]) for keys, values in past]))
        return found


def _padded(tensor: Tensor, length: int) -> Tensor:
    return torch.nn.functional.pad(tensor, (0, 0, length - tensor.shape[2], 0))


def _past_of(cache: Any) -> Past:
    return [(layer.keys, layer.values) for layer in cache.layers]


def _cache_of(past: Past) -> Any:
    from transformers import DynamicCache

    cache: Any = DynamicCache()
    for layer, (keys, values) in enumerate(past):
        cache.update(keys, values, layer)
    return cache
