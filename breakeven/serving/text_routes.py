"""OpenAI's endpoints for releases that write, behind the same guard as all other paths.

    POST /v1/chat/completions   an answer to messages            scope predict
    POST /v1/completions        how a text goes on               scope predict
    GET  /v1/models             what can be named as `model`     scope predict

With `stream` an answer comes as server-sent events. Its headers are sent with the first piece: until then a refusal
has a status of its own. Refusals have the shape that OpenAI's clients read; a wrong body is 400 as it is there.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from breakeven.serving.asgi import KEY, Message, Receive, Send
from breakeven.serving.connection import client_has_gone
from breakeven.serving.reading import Malformed
from breakeven.serving.replies import CLOSE, ENCODE, JSON, SAFE, Refused, headers_of, refusal_of
from breakeven.serving.splitting import is_on_trial
from breakeven.serving.text_asked import Asked, EngineFailed, Finish, Piece, Pieces
from breakeven.serving.text_reading import ChatReader, CompletionReader, Wanted, place_of
from breakeven.serving.text_replies import Reply, Usage, error, event, model
from breakeven.serving.traffic import CURRENT, TRIAL

if TYPE_CHECKING:
    from breakeven.serving.app import App
    from breakeven.serving.predicting import Arm
    from breakeven.serving.text_release import Writing

CHAT, COMPLETION, MODELS = "/v1/chat/completions", "/v1/completions", "/v1/models"
CURRENT_MODEL = "current"
"""The model that is whichever release answers."""
STREAM = ((b"content-type", b"text/event-stream; charset=utf-8"), (b"cache-control", b"no-store"), SAFE)
LOG = logging.getLogger("breakeven.serving")


class TextRoutes:
    """The paths of texts of an application."""

    def __init__(self, app: App) -> None:
        self._app = app
        chat, completion = ChatReader(app.limits), CompletionReader(app.limits)
        self._readers: dict[str, ChatReader | CompletionReader] = {CHAT: chat, COMPLETION: completion}
        self._created = int(time.time())

    def owns(self, path: str) -> bool:
        return path in self._readers or path == MODELS or path.startswith(f"{MODELS}/")

    async def answer(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request to one of the paths, whatever becomes of it."""
        path = scope["path"]
        exchange = Exchange(scope, send, self._app)
        try:
            self._check_method(scope, "GET" if path.startswith(MODELS) else "POST")
            scope[KEY] = self._app.admitted(scope["headers"], "predict")
            if path in self._readers:
                await self._complete(exchange, receive)
            else:
                await exchange.whole(ENCODE(self._models(path)))
        except Exception as fault:
            await exchange.refuse(fault)
        self._app.metrics.count(path if path in self._readers else MODELS, exchange.status)

    def _check_method(self, scope: Message, method: str) -> None:
        if scope["method"] != method:
            raise Refused(405, f"this path takes {method}", (b"allow", method.encode()))

    # --- models

    def _models(self, path: str) -> dict[str, Any]:
        arm = self._app.arm
        names = self._names()
        if arm is None or arm.served.writing is None:
            raise Refused(404, "the release that answers writes no texts; ask /v1/predict")
        context = arm.served.writing.writer.longest
        found = [model(name, self._created, context) for name in names]
        if path == MODELS:
            return {"object": "list", "data": found}
        wanted = path.removeprefix(f"{MODELS}/")
        self._check_model(wanted)
        return model(wanted, self._created, context)

    def _names(self) -> tuple[str, ...]:
        """What may be named as a model: the release that answers, by its number or not."""
        return (CURRENT_MODEL, f"release-{self._app.arm.served.number}") if self._app.arm else ()

    def _check_model(self, name: str) -> None:
        if name not in self._names():
            known = ", ".join(self._names())
            raise BadField(404, f"there is no such model; known: {known}", "model", "model_not_found")

    # --- answers

    async def _complete(self, exchange: Exchange, receive: Receive) -> None:
        app, scope = self._app, exchange.scope
        body = await app.body(scope, receive)
        begun = time.perf_counter()
        wanted = self._readers[scope["path"]].read(body)
        self._check_model(wanted.model)
        arm = self._arm(wanted.user)
        try:
            await self._write(exchange, wanted, arm, begun)
        except EngineFailed:
            if app.arm is None or arm is app.arm or exchange.begun:
                raise
            LOG.exception("the release on trial failed; the other one answers")
            await self._write(exchange, wanted, app.arm, begun)

    async def _write(self, exchange: Exchange, wanted: Wanted, arm: Arm, begun: float) -> None:
        """Let a release answer."""
        scope, writing = exchange.scope, arm.served.writing
        if writing is None:
            raise Refused(404, "the release that answers writes no texts; ask /v1/predict")
        asked = await asyncio.to_thread(_asked, writing, wanted)
        kind: Literal["chat", "text"] = "chat" if wanted.is_chat else "text"
        name = self._app.predicting.new_id()
        reply = Reply(kind, name, int(time.time()), f"release-{arm.served.number}", wanted.include_usage)
        told = Told(name, arm, writing, wanted, asked, begun)
        pieces = writing.engine.write(asked, lambda: client_has_gone(scope))
        try:
            await (exchange.stream(reply, told, pieces) if wanted.stream else exchange.text(reply, told, pieces))
        except EngineFailed:
            told.failed = True
            raise
        finally:
            await pieces.aclose()
            self._keep(scope, told)

    def _arm(self, user: str | None) -> Arm:
        """Who answers: the release on trial for its share of the users."""
        predicting = self._app.predicting
        arm, trial, rollout = predicting.arm, predicting.trial, predicting.rollout
        if arm is None:
            raise Refused(503, "no release answers yet", (b"retry-after", b"1"))
        on_trial = trial and trial.served.writing and rollout and rollout.mode == "canary"
        return trial if trial and rollout and on_trial and is_on_trial(rollout, user) else arm

    def _keep(self, scope: Message, told: Told) -> None:
        """Count an answer and write it into the traffic log; one that failed is kept without an answer."""
        app = self._app
        output = {"id": told.name, "prompt_tokens": len(told.asked.ids), "tokens": told.tokens,
                  "first_seconds": told.first_seconds}  # fmt: skip
        if told.finish:
            output["text"] = told.text
        if told.finish or told.failed:
            which = TRIAL if told.arm is app.predicting.trial else CURRENT
            row = told.writing.row_of(told.wanted.said, told.wanted.shown)
            seconds, user = time.perf_counter() - told.begun, told.wanted.user
            app.metrics.seconds.observe(seconds)
            app.log.answered(told.arm.served.number, scope.get(KEY, ""), user, seconds, row, [output], which)
        app.metrics.wrote([output])


class BadField(Refused):
    """A request that names something that is not there, or asks for too much; the field and OpenAI's code for it."""

    def __init__(self, status: int, text: str, param: str | None, code: str | None = None) -> None:
        super().__init__(status, text)
        self.param, self.code = param, code


@dataclass
class Told:
    """What became of an answer so far."""

    name: str
    arm: Arm
    writing: Writing
    wanted: Wanted
    asked: Asked
    begun: float
    text: str = ""
    tokens: int = 0
    first_seconds: float | None = None
    finish: Finish | None = None
    failed: bool = False

    def add(self, piece: Piece) -> None:
        if self.first_seconds is None and piece.tokens:
            self.first_seconds = time.perf_counter() - self.begun
        self.text += piece.text
        self.tokens, self.finish = piece.tokens, piece.finish

    @property
    def usage(self) -> Usage:
        return Usage(len(self.asked.ids), self.tokens)


class Exchange:
    """One request and what is sent back."""

    def __init__(self, scope: Message, send: Send, app: App) -> None:
        self.scope, self._send, self._app = scope, send, app
        self.status = 200
        self.begun = False

    async def whole(self, body: bytes, *headers: tuple[bytes, bytes]) -> None:
        """Send an answer in one piece."""
        last = (CLOSE,) if self._app.draining else ()
        given = headers_of(JSON, body, *headers, *last)
        await self._send({"type": "http.response.start", "status": self.status, "headers": list(given)})
        await self._send({"type": "http.response.body", "body": body})

    async def text(self, reply: Reply, told: Told, pieces: Pieces) -> None:
        """Send a whole answer when it is there."""
        async for piece in pieces:
            told.add(piece)
        assert told.finish is not None
        await self.whole(reply.whole(told.text, told.finish, told.usage))

    async def stream(self, reply: Reply, told: Told, pieces: Pieces) -> None:
        """Send an answer piece by piece; a client that does not read them is cut off by its connection."""
        async for piece in pieces:
            told.add(piece)
            await self._event((b"" if self.begun else reply.begun()) + reply.piece(piece.text))
        assert told.finish is not None
        await self._event(reply.ended(told.finish, told.usage), more=False)

    async def _event(self, content: bytes, more: bool = True) -> None:
        if not self.begun and content:
            self.begun = True
            last = (CLOSE,) if self._app.draining else ()
            await self._send({"type": "http.response.start", "status": 200, "headers": [*STREAM, *last]})
        if content:
            await self._send({"type": "http.response.body", "body": content, "more_body": more})

    async def refuse(self, fault: Exception) -> None:
        """Tell what went wrong, with a status where nothing was sent yet, else as the last event."""
        refused = _refused(fault)
        self.status = refused.status
        if self.begun:
            await self._event(event(error(refused.status, refused.text)), more=False)
        else:
            param, code = (refused.param, refused.code) if isinstance(refused, BadField) else (None, None)
            await self.whole(ENCODE(error(refused.status, refused.text, param, code)), *refused.headers)


def _refused(fault: Exception) -> Refused:
    """As for all other paths, but for what OpenAI's clients know by another status."""
    if isinstance(fault, Malformed):
        return BadField(400, str(fault), place_of(str(fault)))
    return refusal_of(fault)


def _asked(writing: Writing, wanted: Wanted) -> Asked:
    """What the engine is asked: the tokens of the prompt, and how many the answer may have. Raises BadField."""
    ids = _ids(writing, wanted)
    most = writing.most_tokens(len(ids))
    tokens = most if wanted.max_tokens is None else wanted.max_tokens
    if len(ids) > writing.limits.prompt_tokens or tokens > most or most < 1:
        context = writing.writer.longest or writing.limits.prompt_tokens
        raise BadField(400, f"the prompt has {len(ids)} tokens and the answer {max(tokens, 1)}; "
                       f"the context has {context}", "messages" if wanted.is_chat else "prompt",
                       "context_length_exceeded")  # fmt: skip
    seed = secrets.randbits(63) if wanted.seed is None else wanted.seed
    return Asked(ids, tokens, wanted.temperature, wanted.top_p, seed, wanted.stop)


def _ids(writing: Writing, wanted: Wanted) -> list[int]:
    """The tokens of the prompt. Raises BadField."""
    if wanted.is_chat and not writing.writer.chats:
        text = "the release knows no turns of a chat, it goes on with texts: ask /v1/completions"
        raise BadField(400, text, "messages")
    if wanted.tokens is None:
        return writing.writer.prompt_ids(wanted.said)
    if max(wanted.tokens) >= writing.writer.vocabulary:
        raise BadField(400, f"tokens go up to {writing.writer.vocabulary - 1}", "prompt")
    return list(wanted.tokens)
