"""From the JSON of a request to rows: a typed decoder made of a release's own columns.

The types are those of the columns, every column must be there, and no other may be: a wrong request is refused with
the path of what is wrong before any row is made. The decoder is msgspec's, which checks while it parses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec.structs import astuple

from breakeven.inputs.values import Values
from breakeven.records.artifact import Artifact
from breakeven.records.dataset import Column
from breakeven.serving.limits import Limits

USER_CHARACTERS = 200
Event = Literal["click", "conversion", "like", "dislike"]
"""What a user did with an answer."""


class Malformed(Exception):
    """The request is not what the release takes; the text says what, with its path."""


class RequestReader:
    """Reads `{"inputs": [...]}`. An input is an object with a value a column, or the plain text of the only column."""

    def __init__(self, artifact: Artifact, limits: Limits) -> None:
        self.columns = artifact.columns
        self._item = _item_type(artifact.columns, limits)
        items = Annotated[list[self._item], msgspec.Meta(min_length=1, max_length=limits.items)]  # type: ignore[name-defined]
        user = Annotated[str, msgspec.Meta(max_length=USER_CHARACTERS)] | None
        fields: list[Any] = [("inputs", items), ("user", user, None)]
        self.body_type: Any = msgspec.defstruct("Predict", fields, forbid_unknown_fields=True)
        self._decoder: Any = msgspec.json.Decoder(self.body_type)

    def rows(self, body: bytes) -> tuple[Values, str | None]:
        """The rows of a body and its user. Raises Malformed."""
        read = decoded(self._decoder, body)
        rows = [(row,) if isinstance(row, str) else astuple(row) for row in read.inputs]
        return Values(self.columns, rows), read.user


def decoded(decoder: Any, body: bytes) -> Any:
    """A body by its types. Raises Malformed."""
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as fault:
        raise Malformed(str(fault)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise Malformed(f"not JSON: {fault}") from None


class Feedback(msgspec.Struct, forbid_unknown_fields=True):
    """What became of an answer: its truth, what it was worth (a sale, a mark), or what its user did then."""

    id: Annotated[str, msgspec.Meta(max_length=64)]
    truth: Annotated[str, msgspec.Meta(max_length=10_000)] | int | float | None = None
    reward: float | None = None
    event: Event | None = None


class FeedbackReader:
    """Reads `{"feedback": [{"id": …, "truth": …}]}`."""

    def __init__(self, limits: Limits) -> None:
        items = Annotated[list[Feedback], msgspec.Meta(min_length=1, max_length=limits.items)]
        self.body_type: Any = msgspec.defstruct("FeedbackBody", [("feedback", items)], forbid_unknown_fields=True)
        self._decoder: Any = msgspec.json.Decoder(self.body_type)

    def lines(self, body: bytes) -> Sequence[Feedback]:
        """The lines of a body, each with a truth, a reward or an event. Raises Malformed."""
        lines: Sequence[Feedback] = decoded(self._decoder, body).feedback
        for place, line in enumerate(lines):
            if line.truth is None and line.reward is None and line.event is None:
                raise Malformed(f"Object needs `truth`, `reward` or `event` - at `$.feedback[{place}]`")
        return lines


def _item_type(columns: Sequence[Column], limits: Limits) -> Any:
    """The type of an input: a struct whose fields are named as the columns are."""
    fields = [(f"f{place}", _cell_type(column, limits)) for place, column in enumerate(columns)]
    names = {f"f{place}": column.name for place, column in enumerate(columns)}
    row = msgspec.defstruct("Input", fields, rename=names, forbid_unknown_fields=True)
    return row | _text(limits) if len(columns) == 1 and columns[0].kind == "text" else row


def _text(limits: Limits) -> Any:
    return Annotated[str, msgspec.Meta(max_length=limits.text_characters)]


def _cell_type(column: Column, limits: Limits) -> Any:
    """What a cell may be; a missing value is written as null."""
    text = _text(limits)
    of_kind = {"text": text, "date": text, "number": int | float | text, "category": bool | int | float | text}
    return of_kind[column.kind] | None
