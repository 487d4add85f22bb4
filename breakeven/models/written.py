"""What a model writes, held against what people wrote: an answer to each of some rows, counted for the metrics."""

from __future__ import annotations

import json
from time import monotonic
from typing import TYPE_CHECKING

from breakeven.models.rendering import Reading
from breakeven.outputs.chats import WRITER, Said
from breakeven.outputs.text import WRITTEN_WIDTH, written_counts

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.models.model import Writer

MOST_ROWS = 100
"""Rows that are answered, at most, spread evenly; as many as there is time for."""
MOST_TOKENS = 128


def written_scores(writer: Writer, rows: pa.Table, answer: str, seconds: float) -> np.ndarray:
    """Counts (n, WRITTEN_WIDTH) of what was written to each row, by the most probable token; NaN where none was asked.

    A row of plain text asks nothing. An answer that is not there when `seconds` are over does not count.
    """
    import numpy as np

    found = np.full((rows.num_rows, WRITTEN_WIDTH), np.nan)
    said = Reading.of(rows.column_names, answer).said(rows)
    asking = [place for place, each in enumerate(said) if _asks(each)]
    until = monotonic() + seconds
    for place in _spread(asking):
        written = []
        for piece in writer.stream(_prompt(said[place]), MOST_TOKENS, temperature=0.0):
            if monotonic() > until:
                return found
            written.append(piece)
        found[place] = written_counts(said[place][-1].text, "".join(written))
    return found


def _asks(said: tuple[Said, ...]) -> bool:
    return said[-1].role == WRITER and len(said) > 1


def _spread(places: list[int]) -> list[int]:
    """At most MOST_ROWS of them, in an order in which any beginning is spread over all."""
    some = places[:: max(1, -(-len(places) // MOST_ROWS))]
    stride = max(1, round(len(some) ** 0.5))
    return [place for begin in range(stride) for place in some[begin::stride]]


def _prompt(said: tuple[Said, ...]) -> str:
    """The messages before the answer, as a chat in JSON."""
    return json.dumps([{"role": each.role, "content": each.text} for each in said[:-1]], ensure_ascii=False)
