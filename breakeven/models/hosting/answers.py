"""What a reply means: a label with probabilities, or a number. What is none of them is no answer."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breakeven.models.hosting.replies import Reply

if TYPE_CHECKING:
    import numpy as np

THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)
FENCE = re.compile(r"^```\w*\n?|\n?```$")
NAMED = re.compile(r"^[\w ]{1,20}[:：]\s*")
"""`Answer: billing`."""
AROUND = " \t\n\"'`*.。,，!！[](){}“”‘’「」-"
NUMBER = re.compile(r"[-+−]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?")


def plain(text: str) -> str:
    """A text without what models like to put around an answer: thoughts, a fence, JSON, quotes, a full stop."""
    text = FENCE.sub("", THINKING.sub("", text).strip()).strip()
    if text.startswith("{"):
        try:
            values = [value for value in json.loads(text).values() if isinstance(value, str | int | float)]
        except ValueError:
            values = []
        text = str(values[0]) if len(values) == 1 else text
    return " ".join(unicodedata.normalize("NFKC", text).strip(AROUND).casefold().split())


@dataclass(frozen=True)
class Labels:
    """Finds the label that a text says: letter for letter, else without regard to case and what stands around it."""

    labels: tuple[str, ...]

    def find(self, text: str) -> int | None:
        """The place of the label; None when the text is none of them, or could be two."""
        if text.strip() in self.labels:
            return self.labels.index(text.strip())
        said = plain(text)
        for words in (said, plain(NAMED.sub("", said)), plain(text.strip().rpartition("\n")[2])):
            meant = [place for place, label in enumerate(self.labels) if plain(label) == words]
            if len(meant) == 1:
                return meant[0]
        return None

    def spread(self, reply: Reply, place: int, prior: np.ndarray) -> np.ndarray:
        """Probabilities (k,) of a reply that says the label at `place`.

        The label said has the probability of its whole text; what the other first tokens have goes to the labels that
        begin with them, in equal parts; the rest is spread like the training rows. Without log probabilities the label
        said has all.
        """
        import numpy as np

        found = np.zeros(len(self.labels))
        said = " ".join(reply.text.strip(AROUND).casefold().split())
        if reply.logprob is None or said != plain(self.labels[place]):
            found[place] = 1.0
            return found
        found[place] = sure = min(1.0, math.exp(reply.logprob))
        for token, logprob in reply.tops:
            start = token.strip(AROUND).casefold()
            share = math.exp(min(0.0, logprob))
            begun = [i for i, label in enumerate(self.labels) if start and plain(label).startswith(start)]
            if place in begun:
                begun.remove(place)
                share = max(0.0, share - sure)
            if begun:
                found[begun] += share / len(begun)
        return found / found.sum() if found.sum() > 1 else found + (1 - found.sum()) * prior


def read_number(text: str) -> float | None:
    """The only number of a text; None when there is none, or more than one."""
    found = NUMBER.findall(FENCE.sub("", THINKING.sub("", text)).strip())
    if len(found) != 1:
        return None
    number = float(found[0].replace(",", "").replace("−", "-"))
    return number if math.isfinite(number) else None


@dataclass(frozen=True)
class Reading:
    """Raw predictions (n, width) of replies; how many rows got no whole reply, and how many one that is no answer."""

    raw: np.ndarray
    unanswered: int
    no_answer: int


def read_labels(replies: Sequence[Reply | None], labels: tuple[str, ...], prior: np.ndarray) -> Reading:
    """Probabilities of each reply; the shares of the training rows (k,) stand where there is no answer."""
    import numpy as np

    finder = Labels(labels)
    raw = np.tile(prior, (len(replies), 1))
    strange = 0
    for row, reply in enumerate(replies):
        place = finder.find(reply.text) if reply else None
        if reply and place is not None:
            raw[row] = finder.spread(reply, place, prior)
        strange += reply is not None and place is None
    return Reading(raw, sum(reply is None for reply in replies), strange)


def read_numbers(replies: Sequence[Reply | None], mean: float) -> Reading:
    """The number of each reply; the mean of the training rows stands where there is none."""
    import numpy as np

    numbers = [read_number(reply.text) if reply else None for reply in replies]
    raw = np.array([[mean if number is None else number] for number in numbers]).reshape(len(replies), 1)
    strange = sum(reply is not None and number is None for reply, number in zip(replies, numbers, strict=True))
    return Reading(raw, sum(reply is None for reply in replies), strange)
