"""Rows as token numbers, for language models from scratch: byte-level, so that no text is unknown.

With the smallest vocabulary a token is a byte; a larger one merges frequent neighbours (byte-level BPE, Sennrich et al.
2016, Radford et al. 2019). The signs around texts and roles (rendering.py) are tokens of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Protocol

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from breakeven.models.rendering import END, ROLE_SIGNS, SIGNS, START, cleaned
from breakeven.outputs.chats import Said

FILE = "tokenizer.json"
BYTES = 256 + len(SIGNS)
"""The vocabulary without merges."""


class Tokens(Protocol):
    """What training, scoring and writing need of a tokenizer."""

    @property
    def vocabulary(self) -> int:
        """Token numbers go from 0 up to this."""

    @property
    def has_turns(self) -> bool:
        """Whether it can put turns of a chat into tokens that a model was shown before it came here."""

    def encode(self, said: Sequence[Said]) -> tuple[np.ndarray, np.ndarray]:
        """Token numbers (n,) int32 of a row, and which of them a model is scored on."""

    def prompt(self, said: Sequence[Said]) -> list[int]:
        """The tokens up to where the model is to write."""

    def text(self, ids: Sequence[int]) -> str:
        """What was written."""

    @property
    def ends(self) -> frozenset[int]:
        """Tokens that end what is written."""

    @property
    def banned(self) -> tuple[int, ...]:
        """Tokens that are never written."""


class ByteTokens:
    """A byte-level tokenizer learned from texts."""

    has_turns = False

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.vocabulary = tokenizer.get_vocab_size()
        self.signs: dict[bytes, int] = {sign: int(tokenizer.token_to_id(_named(sign)) or 0) for sign in SIGNS}

    @classmethod
    def learn(cls, texts: Iterable[str], vocabulary: int) -> ByteTokens:
        """Merge the most frequent neighbours until there are `vocabulary` tokens; at least `BYTES`."""
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=max(BYTES, vocabulary), min_frequency=2, special_tokens=[_named(sign) for sign in SIGNS],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
        )  # fmt: skip
        tokenizer.train_from_iterator((cleaned(text) for text in texts), trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, folder: Path) -> ByteTokens:
        return cls(Tokenizer.from_file(str(folder / FILE)))

    def save(self, folder: Path) -> None:
        self.tokenizer.save(str(folder / FILE), pretty=False)

    def encode(self, said: Sequence[Said]) -> tuple[np.ndarray, np.ndarray]:
        ids, marks = [self.signs[START]], [False]
        for each in said:
            sign, text = self._role(each), [*self._ids(each.text), self.signs[END]]
            ids += sign + text
            marks += [False] * len(sign) + [each.scored] * len(text)
        return np.asarray(ids, np.int32), np.asarray(marks, bool)

    def prompt(self, said: Sequence[Said]) -> list[int]:
        if said[-1].role == "":
            return [self.signs[START], *self._ids(said[-1].text)]
        before = said[:-1] if said[-1].role == "assistant" else said
        turns = [token for each in before for token in (*self._role(each), *self._ids(each.text), self.signs[END])]
        return [self.signs[START], *turns, self.signs[ROLE_SIGNS["assistant"]]]

    def text(self, ids: Sequence[int]) -> str:
        return b"".join(self._bytes[token] for token in ids).decode("utf-8", "replace")

    @property
    def ends(self) -> frozenset[int]:
        return frozenset([self.signs[END]])

    @property
    def banned(self) -> tuple[int, ...]:
        return tuple(token for sign, token in self.signs.items() if sign != END)

    def _ids(self, text: str) -> list[int]:
        return self.tokenizer.encode(cleaned(text), add_special_tokens=False).ids  # type: ignore[no-any-return]

    def _role(self, said: Said) -> list[int]:
        return [self.signs[ROLE_SIGNS[said.role]]] if said.role else []

    @cached_property
    def _bytes(self) -> list[bytes]:
        """What each token stands for; the signs stand for nothing."""
        letters = _byte_letters()
        found = []
        for token in range(self.vocabulary):
            name = self.tokenizer.id_to_token(token) or ""
            found.append(b"" if token in self.signs.values() else bytes(letters[letter] for letter in name))
        return found


def _named(sign: bytes) -> str:
    return f"<{sign[0]}>"


def _byte_letters() -> dict[str, int]:
    """The letter by which byte-level tokenizers write each byte: itself where it can be seen, else one above 255."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {chr(byte): byte for byte in seen} | {chr(256 + place): byte for place, byte in enumerate(hidden)}
