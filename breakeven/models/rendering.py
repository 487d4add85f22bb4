"""Texts and chats as bytes, the way models from scratch read them, and what of them is to be written.

A text is START text END; a chat is START and for each message ROLE text END. The five signs are control characters,
which are taken out of the texts themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breakeven.inputs.texts import joined_cells
from breakeven.outputs.chats import Said, read_said, scored_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

START, END = b"\x02", b"\x03"
ROLE_SIGNS = {"": b"", "system": b"\x04", "user": b"\x05", "assistant": b"\x06"}
SIGNS = (START, END, *(sign for sign in ROLE_SIGNS.values() if sign))
_NO_SIGNS = dict.fromkeys(sign[0] for sign in SIGNS)
WRITTEN_TOKENS = 64
"""How long the texts are that `write` gives, at most."""


@dataclass(frozen=True)
class Reading:
    """How rows are read: the columns that ask, and the one that answers."""

    prompts: tuple[str, ...]
    answer: str

    @classmethod
    def of(cls, columns: Iterable[str], answer: str) -> Reading:
        return cls(tuple(name for name in columns if name != answer), answer)

    def said(self, rows: pa.Table) -> list[tuple[Said, ...]]:
        """What each row says: a text, a chat, or what its columns ask and its answer."""
        answers = rows.column(self.answer).to_pylist()
        if not self.prompts:
            return [read_said(cell) for cell in answers]
        asked = joined_cells(rows, self.prompts)
        return [(Said("user", p or ""), Said("assistant", a or "")) for p, a in zip(asked, answers, strict=True)]


def rendered(said: Sequence[Said]) -> tuple[bytes, np.ndarray]:
    """The bytes of a row, and which of them (n,) a model is scored on: what it is to write, and where it ends."""
    import numpy as np

    parts, marks = [START], [np.zeros(1, bool)]
    for each in said:
        sign, text = ROLE_SIGNS[each.role], _clean(each.text) + END
        parts += [sign, text]
        marks += [np.zeros(len(sign), bool), np.full(len(text), each.scored)]
    return b"".join(parts), np.concatenate(marks)


def prompt_of(said: Sequence[Said]) -> bytes:
    """The bytes of a row up to where the model is to write: a text without its end, or a chat before its answer."""
    if said[-1].role == "":
        return START + _clean(said[-1].text)
    before = said[:-1] if said[-1].role == "assistant" else said
    turns = [ROLE_SIGNS[each.role] + _clean(each.text) + END for each in before]
    return b"".join([START, *turns, ROLE_SIGNS["assistant"]])


def read_prompt(prompt: str, chat: bool) -> tuple[Said, ...]:
    """A prompt as people give it: a chat in JSON, or a text, which a model of chats takes as what the user says."""
    said = read_said(prompt)
    return (Said("user", prompt),) if chat and said[0].role == "" else said


def per_byte(nats: np.ndarray, said: Sequence[tuple[Said, ...]]) -> np.ndarray:
    """Nats of rows (n,) as predictions (n, 1), nats a byte; 0 for a row with nothing to write."""
    import numpy as np

    sizes = np.fromiter((scored_bytes(each) for each in said), np.float64, len(said))
    return np.where(sizes > 0, nats / np.maximum(sizes, 1.0), 0.0).reshape(-1, 1)


def cleaned(text: str) -> str:
    """The text without the signs, and without halves of characters that UTF-8 cannot write."""
    return text.translate(_NO_SIGNS).encode("utf-8", "replace").decode()


def _clean(text: str) -> bytes:
    return cleaned(text).encode()
