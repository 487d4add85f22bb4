"""From rows to requests: what the model is told to do, the examples it is shown, and the row, masked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from breakeven.inputs.input import Input
from breakeven.inputs.masking import count_personal, mask
from breakeven.models.hosting.endpoint import Messages
from breakeven.records.dataset import Column

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CHARACTERS = 12_000
"""Of a row; what is longer is cut."""
EXAMPLE_CHARACTERS = 600

LABELS = """You sort inputs into classes. What is asked for is called "{answer}".{instructions}
Answer with exactly one of the following labels, copied letter for letter, and with nothing else:
{labels}"""
NUMBER = """You estimate a number from an input. What is asked for is called "{answer}".{instructions}
Answer with the number alone: digits, a point before decimals, no unit, no words."""


@dataclass(frozen=True)
class Shown:
    """A training row as it is shown: its masked text and its answer."""

    text: str
    answer: str


def task_words(answer: str, labels: Sequence[str], instructions: str) -> str:
    """What the model is told first."""
    own = f"\n{instructions.strip()}" if instructions.strip() else ""
    listed = "\n".join(f"- {in_a_line(label)}" for label in labels)
    return (LABELS if labels else NUMBER).format(answer=answer, instructions=own, labels=listed)


def in_a_line(label: str) -> str:
    return " ".join(label.split())


def request(told: str, examples: Sequence[Shown], text: str) -> Messages | None:
    """The messages for a row; None for an empty one, which is not worth asking about."""
    if not text.strip():
        return None
    shown = [(role, words) for each in examples for role, words in (("user", each.text), ("assistant", each.answer))]
    return (("system", told), *shown, ("user", text))


def row_texts(input_: Input, columns: tuple[Column, ...], rows: pa.Table) -> list[str]:
    """The rows as people write them, not yet masked: texts as they are, other rows as lines `name: value`."""
    if "texts" in input_.views():
        found: list[str] = input_.view("texts", columns).transform(rows)
        return found
    cells = rows.select([column.name for column in columns]).to_pylist()
    return ["\n".join(f"{name}: {value}" for name, value in row.items() if value) for row in cells]


def masked(texts: Sequence[str], most: int = MOST_CHARACTERS) -> tuple[list[str], int]:
    """The texts without personal data, cut to a length; and how many pieces of it there were."""
    return [cut(mask(text), most) for text in texts], sum(count_personal(text) for text in texts)


def cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
