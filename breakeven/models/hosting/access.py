"""Where a hosted model answers, what it asks for a token, and what its provider allows; no network is touched here."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from breakeven.core.words import Message, say
from breakeven.prices.tables import hosted_named
from breakeven.records.project import Alternative
from breakeven.records.quantity import Quantity

PROVIDER = "openai-compatible"
MILLION = 1e6
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class Rate:
    """Dollars for a token: read, read again from the provider's cache, and written; and whose price list that is."""

    usd_input: float
    usd_cached: float
    usd_output: float
    source: str

    def usd(self, usage: Usage) -> float:
        fresh = usage.input - usage.cached
        return fresh * self.usd_input + usage.cached * self.usd_cached + usage.output * self.usd_output


@dataclass(frozen=True)
class Usage:
    """Tokens of a reply as the endpoint counted them; `cached` are those of the input that it had read before."""

    input: int
    output: int
    cached: int = 0


@dataclass(frozen=True)
class Access:
    """An endpoint that speaks `/chat/completions`, and the environment variable with its key (empty: it asks none)."""

    base_url: str
    model: str
    api_key_env: str
    requests_per_minute: float | None
    concurrency: int
    rate: Rate

    @property
    def url(self) -> str:
        return self.base_url.rstrip("/") + "/chat/completions"

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).netloc

    @property
    def is_near(self) -> bool:
        """Whether it is this machine: no proxy stands between."""
        return urlsplit(self.base_url).hostname in LOOPBACK

    def key(self) -> str:
        """The key, or an empty text. It is kept in no record, log or message."""
        return os.environ.get(self.api_key_env, "").strip() if self.api_key_env else ""

    def no_key(self) -> Message | None:
        """Why the endpoint cannot be asked with the key there is."""
        if not self.api_key_env:
            return None
        key = self.key()
        if not key:
            return say("its key is read from the environment variable {variable}, which is not set",
                       variable=self.api_key_env)
        if not key.isascii() or not key.isprintable() or " " in key:
            return say("what the environment variable {variable} holds is no key: it has signs that no key has",
                       variable=self.api_key_env)
        return None

    def settings(self) -> dict[str, Any]:
        """As a candidate and an artifact keep it: everything but the key."""
        own = {name: value for name, value in asdict(self).items() if name != "rate"}
        return own | asdict(self.rate)

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Self:
        """From kept settings; others among them are passed over."""
        rate = Rate(**{name: settings[name] for name in ("usd_input", "usd_cached", "usd_output", "source")})
        names = ("base_url", "model", "api_key_env", "requests_per_minute", "concurrency")
        return cls(**{name: settings[name] for name in names}, rate=rate)


def access_to(named: Alternative) -> Access | Message:
    """How an [[alternative]] of the project is asked, or why it cannot be."""
    fault = _wrong_address(named)
    rate = rate_of(named)
    if fault or rate is None:
        return fault or say(
            "{name} has no price: set usd_per_1m_input_tokens and usd_per_1m_output_tokens of its [[alternative]]",
            name=named.model,
        )
    access = Access(named.base_url, named.model, named.api_key_env, named.requests_per_minute, named.concurrency, rate)
    return access.no_key() or access


def _wrong_address(named: Alternative) -> Message | None:
    if named.provider != PROVIDER:
        return say("only endpoints of the kind {known} can be asked, not {provider}", known=PROVIDER,
                   provider=named.provider)
    try:
        parts = urlsplit(named.base_url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        sound = False
    if not sound:
        return say("base_url of {name} is no address that begins with https:// or http://", name=named.model)
    if parts.username or parts.password or parts.query or parts.fragment:
        return say("base_url of {name} holds more than an address: a key belongs into the variable that api_key_env "
                   "names", name=named.model)
    return None


def rate_of(named: Alternative) -> Rate | None:
    """The project's own quote, else the price table's; None when a part is not known or nothing is asked: never 0.

    Of a quote that is a range the upper end counts, so that the cap holds.
    """
    listed = hosted_named(named.model)
    quoted = [named.usd_per_1m_input_tokens, named.usd_per_1m_output_tokens]
    if listed is None and None in quoted:
        return None
    prices = [_most(quote) for quote in quoted]
    if listed:
        table = (listed.usd_per_1m_input, listed.usd_per_1m_output)
        prices = [own if own is not None else listed_price for own, listed_price in zip(prices, table, strict=True)]
    reading, writing = prices
    if not reading or writing is None:
        return None
    cached = listed.usd_per_1m_cached_input if listed and quoted[0] is None else None
    source = "breakeven.toml" if listed is None or None not in quoted else (
        f"{listed.provider}/{listed.item}: {listed.source} ({listed.date})")
    return Rate(reading / MILLION, (reading if cached is None else cached) / MILLION, writing / MILLION, source)


def _most(quote: Quantity | None) -> float | None:
    if quote is None:
        return None
    return quote.value if quote.high is None else quote.high
