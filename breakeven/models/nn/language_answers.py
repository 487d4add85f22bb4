"""A trained language model as it answers: how probable rows are, and what it writes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load, save
from torch import Tensor

from breakeven.models.nn.gpt import Gpt, GptShape
from breakeven.models.nn.language_tokens import ByteTokens, Tokens
from breakeven.models.nn.writing import GptReader, TransformersReader
from breakeven.models.rendering import WRITTEN_TOKENS, Reading, per_byte, read_prompt
from breakeven.models.writing import Batch, Reader, Request, Unfolding, write_all, write_one
from breakeven.outputs.chats import Said
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import pyarrow as pa

NET, SETTINGS = "net.safetensors", "language_model.json"
TEMPERATURE, TOP_P = 0.8, 0.95
BATCH_TOKENS = 4_096
Logits = Callable[[Tensor], Tensor]
"""Token numbers (rows, tokens) -> logits (rows, tokens, vocabulary)."""


@torch.inference_mode()
def nats_of(logits: Logits, rows: Sequence[tuple[np.ndarray, np.ndarray]], context: int) -> np.ndarray:
    """The negative log-likelihood (n,) of the marked tokens of each row.

    What is longer than the context is read in windows that overlap by half, each token scored where most stands
    before it.
    """
    windows = [(row, *each) for row, (ids, marks) in enumerate(rows) for each in _windows(ids, marks, context)]
    windows.sort(key=lambda window: len(window[1]))
    nats = np.zeros(len(rows))
    begun = 0
    while begun < len(windows):
        longest = len(windows[begun][1])
        ended = begun + 1
        while ended < len(windows) and len(windows[ended][1]) * (ended + 1 - begun) <= BATCH_TOKENS:
            longest = len(windows[ended][1])
            ended += 1
        ids = np.zeros((ended - begun, longest), np.int64)
        marks = np.zeros((ended - begun, longest), bool)
        for place, (_, each, scored) in enumerate(windows[begun:ended]):
            ids[place, : len(each)], marks[place, : len(each)] = each, scored
        tokens = torch.from_numpy(ids)
        found = logits(tokens[:, :-1]).float().flatten(0, 1)
        losses = F.cross_entropy(found, tokens[:, 1:].flatten(), reduction="none").view(ended - begun, -1)
        sums = (losses.cpu().double().numpy() * marks[:, 1:]).sum(axis=1)
        np.add.at(nats, [row for row, _, _ in windows[begun:ended]], sums)
        begun = ended
    return nats


def _windows(ids: np.ndarray, marks: np.ndarray, context: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Pieces of at most `context` + 1 tokens, and which of each are scored; every marked token once."""
    yield ids[: context + 1], marks[: context + 1]
    half = max(1, context // 2)
    done = context + 1
    while done < len(ids):
        first = done - (context + 1 - half)
        piece = ids[first : first + context + 1]
        scored = marks[first : first + context + 1].copy()
        scored[: done - first] = False
        yield piece, scored
        done = first + len(piece)


@dataclass
class LanguagePredictor:
    """Answers with a language model; a `Writer`."""

    tokens: Tokens
    logits: Logits
    reader: Callable[[int], Reader]
    """Makes a reader with so many slots."""
    context: int
    reading: Reading
    chat: bool
    places: int | None = None
    """How many tokens it can read at all; None where what outgrows the context goes on with the later half of it."""

    def predict(self, rows: pa.Table) -> np.ndarray:
        said = self.reading.said(rows)
        return per_byte(nats_of(self.logits, [self.tokens.encode(each) for each in said], self.context), said)

    @property
    def longest(self) -> int:
        return self.places or self.context

    @property
    def vocabulary(self) -> int:
        return self.tokens.vocabulary

    @property
    def chats(self) -> bool:
        return self.chat or self.tokens.has_turns

    def prompt_ids(self, said: Sequence[Said]) -> list[int]:
        return self.tokens.prompt(said)

    def batch(self, slots: int) -> Batch:
        return Batch(self.reader(slots), slots, self.tokens.ends, self.tokens.banned)

    def unfolding(self) -> Unfolding:
        return Unfolding(self.tokens.text)

    def write(self, rows: pa.Table) -> list[str]:
        """At most `WRITTEN_TOKENS` of the most probable tokens for each row; several rows are written at once."""
        return write_all(self, self.requests(rows))

    def requests(self, rows: pa.Table) -> list[Request]:
        return [self._request(self.prompt_ids(each), WRITTEN_TOKENS, 0.0, 1.0, 0) for each in self.reading.said(rows)]

    def stream(
        self, prompt: str, max_tokens: int = 256, temperature: float = TEMPERATURE, top_p: float = TOP_P, seed: int = 0
    ) -> Iterator[str]:
        ids = self.prompt_ids(read_prompt(prompt, self.chat))
        return write_one(self, self._request(ids, max_tokens, temperature, top_p, seed))

    def _request(self, ids: list[int], max_tokens: int, temperature: float, top_p: float, seed: int) -> Request:
        """What a decoder without an end of its places is asked; another is asked for what fits, the last of a long
        prompt."""
        if self.places:
            ids = ids[-max(self.places // 2, self.places - max_tokens) :]
            max_tokens = min(max_tokens, self.places - len(ids))
        return Request(ids, max_tokens, temperature, top_p, seed)


def save_language_model(folder: Path, net: Gpt, tokens: ByteTokens, reading: Reading, chat: bool) -> None:
    """Weights, tokenizer and settings."""
    weights = {name: each.detach().contiguous() for name, each in net.state_dict().items()}
    write_bytes(folder / NET, save(weights))
    tokens.save(folder)
    content = {"kind": "gpt", "shape": net.shape.__dict__, "prompts": reading.prompts, "answer": reading.answer,
               "chat": chat}  # fmt: skip
    write_bytes(folder / SETTINGS, json.dumps(content, ensure_ascii=False).encode())


def load_language_model(folder: Path) -> LanguagePredictor:
    """The predictor of an artifact folder."""
    content: dict[str, Any] = json.loads((folder / SETTINGS).read_bytes())
    reading = Reading(tuple(content["prompts"]), content["answer"])
    if content["kind"] == "transformers":
        from breakeven.models.nn.language_pretrained import load_pretrained

        model, hub_tokens, context = load_pretrained(folder, content["context"])
        return pretrained_predictor(model, hub_tokens, context, reading, content["chat"])
    net = Gpt(GptShape(**content["shape"]))
    net.load_state_dict(load((folder / NET).read_bytes()))
    return gpt_predictor(net.eval(), ByteTokens.load(folder), reading, content["chat"])


def load_prompts(folder: Path) -> LanguagePredictor:
    """The predictor of a pretrained decoder's folder without its weights: it makes prompts, and answers nothing."""
    from transformers import AutoConfig

    from breakeven.models.nn.language_pretrained import FOLDER, load_tokens

    content: dict[str, Any] = json.loads((folder / SETTINGS).read_bytes())
    reading, context = Reading(tuple(content["prompts"]), content["answer"]), content["context"]
    places = places_of(AutoConfig.from_pretrained(folder / FOLDER), context)
    return LanguagePredictor(load_tokens(folder), _nothing, _nothing, context, reading, content["chat"], places)


def _nothing(*_: object) -> Any:
    raise NotImplementedError("the weights were not loaded")


def places_of(config: Any, context: int) -> int:
    """How many tokens a checkpoint can read; as many as in training where it does not say."""
    return int(getattr(config, "max_position_embeddings", None) or context)


def gpt_predictor(net: Gpt, tokens: ByteTokens, reading: Reading, chat: bool) -> LanguagePredictor:
    return LanguagePredictor(tokens, net, lambda slots: GptReader(net, slots), net.shape.context, reading, chat)


def pretrained_predictor(model: Any, tokens: Tokens, context: int, reading: Reading, chat: bool) -> LanguagePredictor:
    def logits(ids: Tensor) -> Tensor:
        return model(input_ids=ids.to(model.device), use_cache=False).logits.cpu()  # type: ignore[no-any-return]

    return LanguagePredictor(tokens, logits, lambda slots: TransformersReader(model, slots), context, reading, chat,
                             places_of(model.config, context))  # fmt: skip
