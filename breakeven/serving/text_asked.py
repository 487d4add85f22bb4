"""What is asked of an engine that writes, and what it gives: tokens in, pieces of text out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Finish = Literal["stop", "length"]
"""How an answer ended: by itself or a stop word, or because it had as many tokens, or seconds, as it may."""


class EngineFailed(Exception):
    """The engine ended, or gave no answer: a fault of ours."""


@dataclass(frozen=True)
class Asked:
    """One answer to write. `ids` are the tokens before it; `temperature` 0 takes the most probable token always."""

    ids: Sequence[int]
    max_tokens: int
    temperature: float = 0.0
    top_p: float = 1.0
    seed: int = 0
    stop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Piece:
    """Text that has come: whole characters, maybe none. `tokens` counts those written so far."""

    text: str
    tokens: int
    finish: Finish | None = None


Pieces = AsyncGenerator[Piece, None]


class TextEngine(Protocol):
    """Writes many answers at a time."""

    def write(self, asked: Asked, gone: Callable[[], bool], patient: bool = False) -> Pieces:
        """The answer as it comes; the last piece says how it ended.

        `gone` tells that nobody waits any more. A patient one is not refused for waiting. Raises Overloaded,
        ClientGone, EngineFailed.
        """


class StopWords:
    """Text up to the first of some words. What may be the beginning of one is held back until it is known."""

    def __init__(self, words: Sequence[str]) -> None:
        self._words = tuple(words)
        self._held = ""
        self.met = False

    def add(self, text: str) -> str:
        """What can be told now. After a word was met there is nothing more to tell."""
        if not self._words:
            return text
        held = self._held + text
        places = [place for word in self._words if (place := held.find(word)) >= 0]
        if places:
            self.met, self._held = True, ""
            return held[: min(places)]
        keep = self._beginning(held)
        self._held = held[len(held) - keep :]
        return held[: len(held) - keep]

    def rest(self) -> str:
        """What was held back and was no stop word after all."""
        held, self._held = self._held, ""
        return held

    def _beginning(self, text: str) -> int:
        """How long the longest end of the text is that a word begins with."""
        longest = min(len(text), max(map(len, self._words)) - 1)
        return next((size for size in range(longest, 0, -1)
                     if any(word.startswith(text[-size:]) for word in self._words)), 0)  # fmt: skip
