"""Many requests at once: each different one is asked once, and the work ends when the endpoint does not answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.models.hosting.endpoint import Endpoint, Messages, Silent
from breakeven.models.hosting.replies import Reply

SILENT_SHARE = 0.1
"""With more requests than this without an answer, the endpoint would be scored and not the model."""


def ask_all(
    endpoint: Endpoint, asked: Sequence[Messages | None], tell: Callable[[float], None] = lambda share: None
) -> list[Reply | None]:
    """The reply to each request, in their order; None for what is not asked (None) or got no whole reply.

    `tell` is called with the share that is done. Raises LimitReached, ModelError.
    """
    endpoint.stop.clear()
    different = tuple(dict.fromkeys(messages for messages in asked if messages is not None))
    found = {messages: endpoint.kept(messages) for messages in different}
    open_ = [messages for messages in different if found[messages] is None]
    if open_ and not endpoint.answered:
        found[open_[0]] = endpoint.ask(open_[0])  # alone: what the endpoint does not understand is learned from it
        open_ = open_[1:]
    found.update(_ask_at_once(endpoint, open_, tell))
    return [found[messages] if messages is not None else None for messages in asked]


def _ask_at_once(
    endpoint: Endpoint, open_: list[Messages], tell: Callable[[float], None]
) -> dict[Messages, Reply | None]:
    """As many at once as the provider allows."""
    found: dict[Messages, Reply | None] = {}
    if len(open_) < 2:
        return {messages: endpoint.ask(messages) for messages in open_}
    silent = 0
    with ThreadPoolExecutor(endpoint.access.concurrency) as pool:
        futures: dict[Future[Reply | None], Messages] = {pool.submit(endpoint.ask, m): m for m in open_}
        try:
            for done in as_completed(futures):
                try:
                    found[futures[done]] = done.result()
                except Silent as fault:
                    found[futures[done]] = None
                    silent += 1
                    _check_silence(silent, len(open_) + 1, fault)
                tell(len(found) / len(open_))
        except BaseException:
            endpoint.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return found


def _check_silence(silent: int, asked: int, fault: Silent) -> None:
    if silent > SILENT_SHARE * asked:
        hint = say("{count} of {rows} requests got no answer; the replies that came are kept: try again later",
                   count=silent, rows=asked)
        raise ModelError(fault.what, fault.where, hint)
