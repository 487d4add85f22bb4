"""One endpoint: requests that are paced, tried again, paid from a wallet, and read from the disk where they can be.

What a request may cost at most is taken from the wallet before it is sent: a token is at least a byte, so the bytes
of the prompt bound its tokens, and the reply is bounded by the most tokens it may have. What it did cost is told by
the reply's own `usage`. A request that may have been answered unseen (a timeout, a broken connection), and a reply
without usage, count with the most.
"""

from __future__ import annotations

import json
import random
import threading
import weakref
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from math import inf
from pathlib import Path
from time import monotonic, time
from typing import Any

import httpx

from breakeven import __version__
from breakeven.core.errors import LimitReached, ModelError
from breakeven.core.words import Message, say
from breakeven.models.hosting.access import Access, Usage
from breakeven.models.hosting.dialect import Dialect
from breakeven.models.hosting.pace import Pace
from breakeven.models.hosting.replies import Replies, Reply, read_reply
from breakeven.models.wallet import Wallet
from breakeven.records.record import digest_of

Messages = tuple[tuple[str, str], ...]
"""(role, content) in their order."""

TRIES = 6
"""Of a request that is not answered: too many requests, a fault there, a timeout."""
READINGS = 3
"""Of a request whose replies are malformed or cut off."""
GROWTH = 8
"""A reply that was cut off may have so many times the tokens when it is tried again."""
TIMEOUT = httpx.Timeout(60.0, connect=10.0)
FIRST_WAIT, LONGEST_WAIT, MOST_ASKED_WAIT = 0.5, 30.0, 600.0
TOKENS_A_MESSAGE, TOKENS_A_REQUEST = 16, 64
"""More than any chat format adds around the text."""
AGAIN = (408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529)
ABOUT_THE_ROW = (400, 413, 422)
"""Once others were answered, these are about the one row: too long, or filtered."""


@dataclass(frozen=True)
class Busy:
    """No reply yet: why, and for how long the endpoint wants to be left alone."""

    fault: Message
    wait: float = 0.0


class Endpoint:
    """Asks one model. Safe for threads; `until` is the moment (`time.monotonic()`) to give up waiting."""

    def __init__(
        self, access: Access, dialect: Dialect, wallet: Wallet, cache: Path | None = None, until: float = inf
    ) -> None:
        lacking = access.no_key()
        if lacking:
            raise ModelError(lacking, access.model, say("set it in the environment of this command"))
        self.access, self.dialect, self.wallet, self.until = access, dialect, wallet, until
        self.replies = Replies(cache, access.url) if cache else None
        self.pace = Pace(access.requests_per_minute)
        self.stop = threading.Event()
        self.answered = 0
        self._key = access.key()
        self._learned = cache / "hosted" / f"{digest_of(access.url, access.model)}.json" if cache else None
        self._known: dict[str, Any] = {}
        self._recall()
        headers = {"User-Agent": f"breakeven/{__version__}"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT, trust_env=not access.is_near)
        weakref.finalize(self, self._client.close)

    # --- asking

    def kept(self, messages: Messages) -> Reply | None:
        """The reply that is on the disk already."""
        return self.replies.find(self._body(messages, self.dialect.tokens)) if self.replies else None

    def ask(self, messages: Messages) -> Reply | None:
        """A whole reply; None when several were malformed or cut off, or the endpoint does not take this row.

        Raises LimitReached when money or time is up, Silent when there was no answer after several tries, ModelError
        for what no try can mend.
        """
        tokens, spent = self.dialect.tokens, 0.0
        for _ in range(READINGS):
            reply = self._send(messages, tokens)
            if reply is None:
                return None
            spent += reply.usd
            if reply.is_whole:
                return self._keep(messages, replace(reply, usd=spent), tokens)
            if reply.finish == "length":
                tokens *= GROWTH
        return None

    def _keep(self, messages: Messages, reply: Reply, tokens: int) -> Reply:
        self.dialect.tokens = max(self.dialect.tokens, tokens)
        if self.replies:
            self.replies.keep(self._body(messages, tokens), reply)
        self.remember()
        return reply

    def most_usd(self, messages: Messages, tokens: int) -> float:
        """What a request can cost at most."""
        size = sum(len(content.encode()) + TOKENS_A_MESSAGE for _, content in messages) + TOKENS_A_REQUEST
        return self.access.rate.usd(Usage(size, tokens))

    def _send(self, messages: Messages, tokens: int) -> Reply | None:
        """A reply and what it cost, tried again while that may help; None for a row that is not taken."""
        trial = 1
        while isinstance(found := self._try(messages, tokens), Busy):
            if trial == TRIES:
                raise Silent(found.fault, self.access.url, say("try again later, or ask its provider"))
            self._back_off(trial, found.wait)
            trial += 1
        return found

    def _try(self, messages: Messages, tokens: int) -> Reply | Busy | None:
        """One request, paid for. Raises LimitReached, ModelError."""
        body = self._body(messages, tokens)
        most = self.most_usd(messages, tokens)
        self._reserve(most)
        paid = 0.0
        try:
            self._wait(self.pace.turn())
            paid = most
            response = self._client.post(self.access.url, json=body)
            if response.status_code == 200:
                reply = read_reply(response.content)
                paid = self.access.rate.usd(reply.usage) if reply.usage else most
                self.answered += 1
                return replace(reply, usd=paid)
            paid = 0.0
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as broken:
            paid = 0.0
            return Busy(self._broken(broken))
        except httpx.RequestError as broken:
            return Busy(self._broken(broken))
        finally:
            self.wallet.settle(most, paid)
        return self._refused(response, body, messages, tokens)

    def _refused(
        self, response: httpx.Response, body: dict[str, Any], messages: Messages, tokens: int
    ) -> Reply | Busy | None:
        """What to do with an answer that is no reply: say it otherwise, wait, or pass the row over."""
        if response.status_code in ABOUT_THE_ROW:
            if self.dialect.adapt(response.text[:2000]) or self._body(messages, tokens) != body:
                return self._try(messages, tokens)
            if self.answered:
                return None
        return Busy(self._fault(response), _asked_to_wait(response))

    def _body(self, messages: Messages, tokens: int) -> dict[str, Any]:
        told = [{"role": role, "content": content} for role, content in messages]
        return self.dialect.body(self.access.model, told, tokens)

    def _reserve(self, usd: float) -> None:
        if not self.wallet.reserve(usd):
            raise LimitReached(
                say("the next answer may cost {most_usd}, and {left_usd} of the budget are left for hosted models",
                    most_usd=usd, left_usd=max(0.0, self.wallet.left())),
                self.access.model,
                say("raise usd in [budget]; the replies so far are kept, and not paid again"),
            )  # fmt: skip

    # --- waiting

    def _back_off(self, trial: int, asked: float) -> None:
        """Wait twice as long each time, by chance a little less, and at least as long as the endpoint asks."""
        wait = min(LONGEST_WAIT, FIRST_WAIT * 2 ** (trial - 1)) * random.uniform(0.5, 1.0)
        if asked > wait:
            self.pace.hold(asked)
        self._wait(max(wait, asked))

    def _wait(self, seconds: float) -> None:
        if monotonic() + seconds > self.until:
            raise LimitReached(say("its time was up before all rows were answered; the replies so far are kept"),
                               self.access.model, say("give the run more seconds in [budget]"))
        if self.stop.wait(seconds):
            raise LimitReached(say("another request ended the work"))

    # --- what the endpoint says

    def _fault(self, response: httpx.Response) -> Message:
        """What an answer without a reply says. Raises ModelError when no further try can help."""
        code, words = response.status_code, self._clean(_words(response))
        values = {"host": self.access.host, "number": code, "words": words}
        if code in AGAIN and "insufficient_quota" not in response.text:
            return say("{host} answered with HTTP {number}: {words}", **values)
        if code in (401, 403):
            what = say("{host} does not accept the key in {variable} (HTTP {number}): {words}",
                       variable=self.access.api_key_env or "—", **values)
            hint = say("look at the key, and at what it is allowed to do")
        elif code == 404:
            what = say("{host} knows no model {model}, or base_url is not its address (HTTP {number}): {words}",
                       model=self.access.model, **values)
            hint = say("look at model and base_url of the [[alternative]]")
        elif code in (402, 429):
            what = say("the account at {host} has no credit left (HTTP {number}): {words}", **values)
            hint = say("top it up there, and give the same command")
        else:
            what = say("{host} does not take the request (HTTP {number}): {words}", **values)
            hint = say("look at model and base_url of the [[alternative]]")
        raise ModelError(what, self.access.url, hint)

    def _broken(self, broken: Exception) -> Message:
        words = self._clean(str(broken)) or type(broken).__name__
        return say("{host} cannot be reached: {fault}", host=self.access.host, fault=words)

    def _clean(self, text: str) -> str:
        """Words from outside in one short line; a key that is repeated in them is taken out."""
        line = " ".join(text.split())
        return (line.replace(self._key, "[key]") if self._key else line)[:200]

    # --- what is learned of it

    def remember(self) -> None:
        """Keep what the endpoint understands, so that the next run asks rightly at once."""
        settings = self.dialect.settings()
        if self.replies and self._learned and settings != self._known:
            self._known = settings
            self.replies.write(self._learned, settings)

    def _recall(self) -> None:
        try:
            self.dialect.learn(json.loads(self._learned.read_bytes()) if self._learned else {})
        except (OSError, ValueError, TypeError):
            return  # nothing was learned yet


class Silent(ModelError):
    """An endpoint gave no answer to a request, however often it was tried."""


def _asked_to_wait(response: httpx.Response) -> float:
    """Seconds of the header Retry-After, which holds a number or a date; 0 without one."""
    asked = response.headers.get("retry-after", "0")
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time()
        except ValueError:
            return 0.0
    return min(MOST_ASKED_WAIT, max(0.0, seconds))


def _words(response: httpx.Response) -> str:
    """What the endpoint says went wrong, out of its usual JSON where it is that."""
    try:
        told = response.json()["error"]
        return str(told["message"] if isinstance(told, dict) else told)
    except (ValueError, KeyError, TypeError):
        return response.text[:500]
