"""Writing token by token with a cache of keys and values, many answers at once.

Continuous batching: an answer that ends leaves its slot to the next one that waits. Every answer draws with a seed of
its own, so it does not depend on what is written beside it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch

from breakeven.models.drawing import draw
from breakeven.models.nn.gpt import Cache, Gpt

SLOTS = 8


@dataclass(frozen=True)
class Request:
    """One answer to write: the tokens before it, and how it is drawn."""

    ids: Sequence[int]
    max_tokens: int
    temperature: float
    top_p: float
    seed: int


class Reader(Protocol):
    """A model that remembers what it has read in each of its slots; logits are (vocabulary,) float32."""

    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        """Forget what the slot held, read these tokens, and say what comes next."""

    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        """Read one more token in each of the slots; the logits (n, vocabulary)."""


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
    """A decoder of the transformers library, one slot after the other."""

    def __init__(self, model: Any, slots: int = SLOTS) -> None:
        self.model = model
        self.past: list[Any] = [None] * slots

    @torch.inference_mode()
    def read(self, slot: int, ids: Sequence[int]) -> np.ndarray:
        self.past[slot] = None
        return self._go_on(slot, list(ids))

    @torch.inference_mode()
    def step(self, slots: Sequence[int], tokens: Sequence[int]) -> np.ndarray:
        return np.stack([self._go_on(slot, [token]) for slot, token in zip(slots, tokens, strict=True)])

    def _go_on(self, slot: int, ids: list[int]) -> np.ndarray:
        found = self.model(input_ids=torch.tensor([ids]), past_key_values=self.past[slot], use_cache=True)
        self.past[slot] = found.past_key_values
        return found.logits[0, -1].float().numpy()  # type: ignore[no-any-return]


@dataclass
class _Going:
    """An answer that is being written."""

    number: int
    request: Request
    random: np.random.Generator
    token: int = -1
    written: int = field(default=0)

    def take(self, logits: np.ndarray, ends: frozenset[int], banned: Sequence[int]) -> bool:
        """Draw the next token; False when the answer is complete."""
        if self.written >= self.request.max_tokens:
            return False
        logits = logits.copy()
        logits[list(banned)] = -np.inf
        self.token = draw(logits, self.request.temperature, self.request.top_p, self.random)
        self.written += 1
        return self.token not in ends


def generate(
    reader: Reader, requests: Sequence[Request], slots: int, ends: frozenset[int], banned: Sequence[int] = ()
) -> Iterator[tuple[int, int]]:
    """(number of the request, token) as they are written; at most `slots` answers at a time."""
    waiting = deque(enumerate(requests))
    going: dict[int, _Going] = {}
    while waiting or going:
        for slot in range(slots):
            while slot not in going and waiting:
                number, request = waiting.popleft()
                begun = _Going(number, request, np.random.default_rng(request.seed))
                if begun.take(reader.read(slot, request.ids), ends, banned):
                    going[slot] = begun
                    yield number, begun.token
        if not going:
            continue
        running = list(going)
        logits = reader.step(running, [going[slot].token for slot in running])
        for slot, each in zip(running, logits, strict=True):
            if going[slot].take(each, ends, banned):
                yield going[slot].number, going[slot].token
            else:
                del going[slot]
