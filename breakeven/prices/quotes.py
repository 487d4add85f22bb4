"""The user's quotes as offers: what sellers told him, from the project file or from a CSV file with the same columns.

A month has 730 hours. Prices in another currency are turned into dollars at the rate of [money], else at that of the
tables; the source says so. A quote without a price on demand stands for the machine under its own terms.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from breakeven.core.errors import DataError, UsageError
from breakeven.core.words import say
from breakeven.prices.chip_names import chip_name
from breakeven.prices.layers import Layers
from breakeven.prices.rates import rate_of
from breakeven.prices.tables import GIB, shipped_offer
from breakeven.records.machine import HostedModel, Machine, Offer
from breakeven.records.quotes import Money, Quote

HOURS_PER_MONTH = 730.0
FIELDS = {"1m input tokens": "usd_per_1m_input", "1m output tokens": "usd_per_1m_output",
          "1m cached tokens": "usd_per_1m_cached_input", "1m batch input tokens": "usd_per_1m_batch_input",
          "1m batch output tokens": "usd_per_1m_batch_output"}  # fmt: skip


def quoted(quotes: Iterable[Quote], money: Money) -> Layers:
    """The quotes as prices. Raises UsageError for an unknown currency, or a model without its two main prices."""
    machines: dict[tuple[str, ...], list[Quote]] = {}
    models: dict[tuple[str, ...], list[Quote]] = {}
    for quote in quotes:
        if quote.model:
            models.setdefault((quote.model, quote.source), []).append(quote)
        else:
            machines.setdefault((quote.machine, quote.gpu, quote.source), []).append(quote)
    return Layers(
        tuple(_offer(rows, money) for rows in machines.values()),
        tuple(_hosted(rows, money) for rows in models.values()),
    )


def _offer(rows: list[Quote], money: Money) -> Offer:
    """The quotes of one machine, on demand, spot and reserved, as one offer."""
    first = rows[0]
    machine = _machine(first)
    usd = {row.terms: _usd_per_hour(row, machine, money) for row in rows}
    reserved = next((row for row in rows if row.terms == "reserved"), None)
    provider, _, item = machine.name.partition("/")
    return Offer(
        provider=provider, item=item, machine=machine,
        usd_per_hour=usd.get("on demand", next(iter(usd.values()))),
        spot_usd_per_hour=usd.get("spot"),
        reserved_usd_per_hour=usd.get("reserved"), reserved_months=reserved.months if reserved else None,
        origin="quote", source=_source(first, money), date=first.date,
    )  # fmt: skip


def _machine(quote: Quote) -> Machine:
    """What was quoted: a machine of the tables with its cores and memory, or one's own."""
    known = shipped_offer(quote.machine)
    own = known.machine if known else Machine(name=_name(quote), cores=0, memory_bytes=0)
    gpu = chip_name(quote.gpu) if quote.gpu else own.gpu
    return own.model_copy(update={
        "gpu": gpu,
        "gpus": quote.gpus if quote.gpus is not None else own.gpus or (1 if gpu else 0),
        "cores": quote.cores or own.cores,
        "memory_bytes": int(quote.memory_gb * GIB) if quote.memory_gb else own.memory_bytes,
    })  # fmt: skip


def _name(quote: Quote) -> str:
    name = quote.machine or chip_name(quote.gpu)
    return name if "/" in name else f"{quote.source.replace('/', ' ')}/{name}"


def _usd_per_hour(quote: Quote, machine: Machine, money: Money) -> float:
    """What the whole machine costs an hour. Raises UsageError if the price is of a GPU and there is none."""
    usd = quote.price / rate_of(quote.currency, money).per_usd
    if quote.per == "month":
        return usd / HOURS_PER_MONTH
    if quote.per == "hour":
        return usd
    if not machine.gpus:
        raise UsageError(
            say("the quote for {machine} is a price of a GPU, and the machine has none", machine=machine.name),
            "quote", say("name its gpu and gpus, or give the price of the whole machine: usd/hour"),
        )  # fmt: skip
    return usd * machine.gpus


def _hosted(rows: list[Quote], money: Money) -> HostedModel:
    first = rows[0]
    usd: dict[str, Any] = {FIELDS[row.per]: row.price / rate_of(row.currency, money).per_usd for row in rows}
    missing = [unit for unit in list(FIELDS)[:2] if FIELDS[unit] not in usd]
    if missing:
        raise UsageError(
            say("the quote for {model} has no price for {unit}", model=first.model, unit=missing[0]),
            "quote", say("give one row for the input tokens and one for the output tokens"),
        )  # fmt: skip
    named: dict[str, Any] = {"provider": first.source, "item": first.model, "date": first.date}
    return HostedModel(origin="quote", source=_source(first, money), **named, **usd)


def _source(quote: Quote, money: Money) -> str:
    """Who said it, and at which rate it was turned into dollars."""
    if quote.currency == "USD":
        return quote.source
    rate = rate_of(quote.currency, money)
    return f"{quote.source}; {quote.currency} at {rate.per_usd:g} for a dollar, {rate.source} {rate.date}".strip()


def read_quotes(file: Path) -> tuple[Quote, ...]:
    """The quotes of a CSV file, whose columns are the keys of [[quote]]. Raises DataError with the first fault."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise DataError(say("the quotes cannot be read: {fault}", fault=str(fault)), str(file),
                        say("give a CSV file in UTF-8")) from None  # fmt: skip
    return tuple(_quote(row, file, line) for line, row in enumerate(rows, 2))


def _quote(row: dict[str | None, str | None], file: Path, line: int) -> Quote:
    try:
        return Quote.model_validate({key: cell.strip() for key, cell in row.items() if key and cell and cell.strip()})
    except ValidationError as fault:
        error = fault.errors(include_url=False)[0]
        key = ".".join(str(part) for part in error["loc"]) or "quote"
        raise DataError(
            say("{key} is wrong: {fault}", key=key, fault=error["msg"].removeprefix("Value error, ")),
            f"{file}:{line}", say("columns: {names}", names=tuple(Quote.model_fields)),
        ) from None  # fmt: skip
