"""The engine of another program: an OpenAI-compatible server on a private socket, asked for nothing but completions.

It is given token numbers, made here with the release's own tokenizer, and all sampling fields, checked here. Of its
paths `/v1/models` and `/v1/completions` are used, of its replies the text, how it ended, and the counts of tokens.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx

from breakeven.serving.batching import ClientGone, Overloaded
from breakeven.serving.child import Child
from breakeven.serving.text_asked import Asked, EngineFailed, Piece, Pieces

ADDRESS = "http://engine"
LOOK_SECONDS = 0.1
ASK_SECONDS = 2.0
MOST_SEED = 2**63
LOG = logging.getLogger("breakeven.serving")


class ChildEngine:
    """Writes by a child, at most `most` answers at a time."""

    def __init__(self, child: Child, most: int, queue_seconds: float, answer_seconds: float) -> None:
        self.child, self.queue_seconds, self.answer_seconds = child, queue_seconds, answer_seconds
        self.most = most
        self._places = asyncio.Semaphore(most)
        self._client: httpx.AsyncClient | None = None

    def again(self) -> ChildEngine:
        """The same child for another event loop."""
        return ChildEngine(self.child, self.most, self.queue_seconds, self.answer_seconds)

    async def close(self) -> None:
        if self._client:
            await self._client.aclose()

    async def write(self, asked: Asked, gone: Callable[[], bool], patient: bool = False) -> Pieces:
        if not self.child.ready.is_set():
            raise Overloaded(1.0)
        try:
            await asyncio.wait_for(self._places.acquire(), None if patient else self.queue_seconds)
        except TimeoutError:
            raise Overloaded(self.queue_seconds) from None
        tokens = 0
        try:
            async with asyncio.timeout(self.answer_seconds):
                async for piece in self._told(asked, gone):
                    tokens = piece.tokens
                    yield piece
        except TimeoutError:
            yield Piece("", tokens, "length")
        except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError) as fault:
            LOG.error("the engine did not answer: %s", type(fault).__name__)
            raise EngineFailed from None
        finally:
            self._places.release()

    async def _told(self, asked: Asked, gone: Callable[[], bool]) -> AsyncIterator[Piece]:
        """The pieces as the child sends them; the last is held back until the tokens are told."""
        finish, tokens = None, 0
        body = _body(asked) | {"model": self.child.model}
        async with self._http().stream("POST", f"{ADDRESS}/v1/completions", json=body) as reply:
            reply.raise_for_status()
            async for event in _watched(_events(reply), gone):
                for choice in event["choices"]:
                    finish = choice["finish_reason"] or finish
                    tokens += 1
                    yield Piece(str(choice["text"]), tokens)
                if event.get("usage"):
                    tokens = int(event["usage"]["completion_tokens"])
        if finish not in ("stop", "length"):
            raise EngineFailed
        yield Piece("", tokens, finish)

    def _http(self) -> httpx.AsyncClient:
        if self._client is None:
            fresh = httpx.Limits(max_keepalive_connections=0)  # one that was kept may be of a child that died
            transport = httpx.AsyncHTTPTransport(uds=str(self.child.socket), limits=fresh)
            self._client = httpx.AsyncClient(transport=transport, headers=_headers(self.child), timeout=None)
        return self._client


def _body(asked: Asked) -> dict[str, Any]:
    return {
        "prompt": list(asked.ids), "max_tokens": asked.max_tokens, "temperature": asked.temperature,
        "top_p": asked.top_p, "seed": asked.seed % MOST_SEED, "stop": list(asked.stop), "stream": True,
        "stream_options": {"include_usage": True},
    }  # fmt: skip


async def _events(reply: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """The events of a stream. Raises EngineFailed for one that tells of an error, or without an end."""
    async for line in reply.aiter_lines():
        if line == "data: [DONE]":
            return
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            if "error" in event:
                raise EngineFailed
            yield event
    raise EngineFailed


async def _watched(events: AsyncIterator[dict[str, Any]], gone: Callable[[], bool]) -> AsyncIterator[dict[str, Any]]:
    """The events, while somebody waits for them. Raises ClientGone."""
    coming: asyncio.Future[dict[str, Any]] | None = None
    try:
        while True:
            coming = asyncio.ensure_future(anext(events))
            while not (await asyncio.wait((coming,), timeout=LOOK_SECONDS))[0]:
                if gone():
                    raise ClientGone
            try:
                yield coming.result()
            except StopAsyncIteration:
                return
    finally:
        if coming and not coming.done():
            coming.cancel()


def answers(child: Child) -> bool:
    """Whether the child answers and knows its model."""
    try:
        child.model = _model_of(child)
        return True
    except (httpx.HTTPError, ValueError, KeyError, IndexError, TypeError):
        return False


def _model_of(child: Child) -> str:
    """The name of the model that the child has."""
    transport = httpx.HTTPTransport(uds=str(child.socket))
    with httpx.Client(transport=transport, headers=_headers(child), timeout=ASK_SECONDS) as client:
        reply = client.get(f"{ADDRESS}/v1/models")
        reply.raise_for_status()
        return str(reply.json()["data"][0]["id"])


def _headers(child: Child) -> dict[str, str]:
    return {"Authorization": f"Bearer {child.key}"}
