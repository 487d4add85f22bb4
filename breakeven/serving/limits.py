"""What a server takes at most from its clients; all of it is on by default and printed by `serve --print-limits`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from breakeven.records.record import Record

Count = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]
Rate = Annotated[float, Field(gt=0)]


class Limits(Record):
    """Bytes, counts and seconds. A request beyond one of them gets the status beside it."""

    header_bytes: Count = 16_384
    """431: all header lines of a request together, the request line counted."""
    body_bytes: Count = 1_000_000
    """413: refused by its Content-Length before it is read, or once so much has come."""
    items: Count = 1_000
    """422: inputs of one request."""
    text_characters: Count = 100_000
    """422: characters of one cell."""
    bulk_bytes: Count = 16_000_000
    """413: a body in Arrow's stream format."""
    bulk_items: Count = 20_000
    """422: rows of such a body."""
    bulk_seconds: Seconds = 15.0
    """413: rows of such a body that would take longer, at the pace of the release."""
    header_seconds: Seconds = 5.0
    """The connection is closed when its header has not come whole by then."""
    body_seconds: Seconds = 10.0
    """The connection is closed when its body has not come whole by then, counted from its header."""
    keep_alive_seconds: Count = 30
    """An idle connection is closed."""
    connections: Count = 1_024
    """503: connections of one process at a time."""
    queue_seconds: Seconds = 2.0
    """503 with Retry-After: an answer would have to wait longer than this before its work begins."""
    requests_per_second: Rate = 1_000.0
    """429 with Retry-After: requests with one key, counted by each process."""
    burst: Count = 2_000
    """Requests that may come at once before the rate counts."""
    prompt_tokens: Count = 8_192
    """400: tokens of a prompt, where the release's own context does not end before."""
    answer_tokens: Count = 1_024
    """400: tokens of an answer, and how many it may have where the request names no number."""
    answer_seconds: Seconds = 120.0
    """An answer that is not whole by then ends as one with too many tokens does."""
    texts_at_once: Count = 32
    """Answers that are written at a time, at most; how many is measured when the release is loaded."""
    texts_a_request: Count = 32
    """422: inputs of one request for whole texts."""
    log_days: Count = 30
    """How long the traffic log is kept."""
    drain_seconds: Count = 20
    """How long requests under way are waited for when the server is told to end."""
