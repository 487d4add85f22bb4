"""Alarms told to a webhook that the user names: once in a while each, tried a few times, never in anybody's way.

The address is a secret, read from the environment variable that the project file names; it is shown nowhere. It must be
https, or plain http on this machine, and redirects are not followed: the alarm goes where the user said, or nowhere.
"""

from __future__ import annotations

import ipaddress
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from breakeven.core.errors import StorageError
from breakeven.core.words import Message, say
from breakeven.records.monitoring import MonitorSettings, WebhookForm
from breakeven.records.record import MessageRecord, Record, digest_of
from breakeven.store import Store, write_bytes

TRIES = 3
SECONDS = 5.0
FIRST_WAIT_SECONDS = 1.0
"""Between two tries; it doubles."""
MOST_CHARACTERS = 2_000
"""Of a text: DingTalk and WeCom refuse longer ones."""
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


class Told(Record):
    """What became of some alarms: so many were sent, so many held back because they were sent not long ago."""

    sent: int = 0
    held: int = 0
    fault: MessageRecord | None = None
    """Why they could not be sent; the address is no part of it."""


@dataclass(frozen=True)
class Alarms:
    """Some alarms of a product's release, and how they are put into words."""

    product: str
    release: int
    messages: Sequence[Message]
    render: Callable[[Message], str] = str

    def lines(self) -> list[str]:
        return [self.render(message) for message in self.messages]

    def text(self) -> str:
        head = self.render(say("{product}, release {number}", product=self.product, number=self.release))
        return "\n".join([head, *self.lines()])[:MOST_CHARACTERS]


def tell_alarms(store: Store, settings: MonitorSettings, alarms: Alarms, environ: Mapping[str, str] = os.environ,
                now: datetime | None = None) -> Told:  # fmt: skip
    """Send what was not sent lately. Never raises: a webhook that fails is told of, and nothing else."""
    if not settings.webhook_env:
        return Told()
    address = environ.get(settings.webhook_env, "")
    if fault := fault_of_webhook(address, settings.webhook_env):
        return Told(fault=MessageRecord.of(fault))
    moment = now or datetime.now(UTC)
    sent = _sent(store)
    fresh = [message for message in alarms.messages
             if not _is_recent(sent.get(key_of(alarms.release, message)), moment, settings)]  # fmt: skip
    held = len(alarms.messages) - len(fresh)
    if not fresh:
        return Told(held=held)
    found = Alarms(alarms.product, alarms.release, fresh, alarms.render)
    if fault := _post(address, body_of(settings.webhook_form, found, moment)):
        return Told(held=held, fault=MessageRecord.of(fault))
    _keep(store, sent | {key_of(alarms.release, message): moment.isoformat() for message in fresh})
    return Told(sent=len(fresh), held=held)


def fault_of_webhook(address: str, variable: str) -> Message | None:
    """What is wrong with an address, without a part of it."""
    if not address:
        return say("the variable {name} with the address of the webhook is not set", name=variable)
    try:
        parts = urlsplit(address)
        good = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname or ""))
        good = good and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    return None if good else say("the address in {name} must begin with https://", name=variable)


def _is_loopback(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def key_of(release: int, message: Message) -> str:
    """The same alarm has the same key, whatever numbers it holds."""
    return digest_of(str(release), *_words(message))


def _words(message: Message) -> list[str]:
    words = [message.template]
    for value in message.values.values():
        if isinstance(value, Message):
            words += _words(value)
        elif isinstance(value, str):
            words.append(value)
    return words


def body_of(form: WebhookForm, alarms: Alarms, now: datetime) -> dict[str, Any]:
    """The JSON that a receiver takes: a text message of Slack, Feishu (Lark), DingTalk or WeCom, or all of it."""
    text = alarms.text()
    if form == "slack":
        return {"text": text}
    if form == "feishu":
        return {"msg_type": "text", "content": {"text": text}}
    if form in ("dingtalk", "wecom"):
        return {"msgtype": "text", "text": {"content": text}}
    return {"product": alarms.product, "release": alarms.release, "at": now.isoformat(timespec="seconds"),
            "alarms": alarms.lines(), "text": text}  # fmt: skip


def _post(address: str, body: dict[str, Any]) -> Message | None:
    """Send, and try again where it may help; why it failed, None when it was taken."""
    import httpx

    fault, wait = None, FIRST_WAIT_SECONDS
    local = _is_loopback(urlsplit(address).hostname or "")
    with httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=not local) as client:
        for attempt in range(TRIES):
            if attempt:
                time.sleep(wait)
                wait *= 2
            try:
                reply = client.post(address, json=body)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                fault = say("the webhook cannot be reached: {fault}", fault=type(error).__name__)
                continue
            fault = _refused(reply)
            if fault is None or reply.status_code not in AGAIN:
                return fault
    return fault


def _refused(reply: Any) -> Message | None:
    """Chat services answer 200 and say in the body that they did not take it."""
    if reply.status_code // 100 != 2:
        return say("the webhook answered {number}", number=reply.status_code)
    with suppress(ValueError, AttributeError):
        told = json.loads(reply.content[:100_000])
        code = told.get("errcode", told.get("code", 0))
        if isinstance(code, int) and code != 0:
            return say("the webhook did not take the alarm: code {number}", number=code)
    return None


def _file(store: Store) -> Path:
    return store.folder / "alerts.json"


def _sent(store: Store) -> dict[str, str]:
    """When each alarm was sent last."""
    try:
        found = json.loads(_file(store).read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _is_recent(sent: str | None, now: datetime, settings: MonitorSettings) -> bool:
    with suppress(ValueError, TypeError):
        return now - datetime.fromisoformat(sent or "") < timedelta(hours=settings.repeat_alarms_after_hours)
    return False


def _keep(store: Store, sent: dict[str, str]) -> None:
    with suppress(StorageError, OSError):  # it may be told once more then
        write_bytes(_file(store), json.dumps(sent).encode())
