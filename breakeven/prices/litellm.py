"""Prices of hosted models from a local copy of LiteLLM's `model_prices_and_context_window.json`.

Each entry is a model: `litellm_provider`, `mode`, and prices for one token, `input_cost_per_token`, `output_…`,
`cache_read_input_token_cost`, `input_cost_per_token_batches`, `output_cost_per_token_batches`. Models that are not
asked with text and answer in text are left out, and so are steps of the price for very long inputs.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from breakeven.core.errors import DataError
from breakeven.core.words import N_, say
from breakeven.prices.imported import HOSTED, TWICE, PriceList, date_of, price, written

MODES = ("chat", "completion", "responses")
LEAST, MOST = 1e-4, 1000.0
"""USD for a million tokens: the dearest model of 2026 asks 600."""
NOT_TEXT = N_("not a model that answers in text")
BROKEN = N_("not an entry of a model")
FURTHER = {
    "usd_per_1m_cached_input": "cache_read_input_token_cost",
    "usd_per_1m_batch_input": "input_cost_per_token_batches",
    "usd_per_1m_batch_output": "output_cost_per_token_batches",
}


def read_litellm(file: Path, dated: str = "") -> PriceList:
    """The models of the list that have a price of input and output. Raises DataError for a file that is no list."""
    entries = _entries(file)
    dated = dated or date_of(file)
    found = PriceList(HOSTED)
    seen: set[tuple[str, str]] = set()
    for name, entry in entries.items():
        row, why = _row(name, entry)
        if row and (row["provider"], row["item"]) in seen:
            row, why = None, TWICE
        if row is None:
            found.left_out[why] += 1
            continue
        seen.add((row["provider"], row["item"]))
        found.rows.append(row | {"source": f"LiteLLM price list, {file.name}", "date": dated})
    return found


def _entries(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as fault:
        raise DataError(say("the list cannot be read: {fault}", fault=str(fault)), str(file),
                        say("give LiteLLM's model_prices_and_context_window.json"),
                        ) from None  # fmt: skip
    if not isinstance(read, dict):
        raise DataError(say("this is no price list of LiteLLM"), str(file),
                        say("give LiteLLM's model_prices_and_context_window.json"))  # fmt: skip
    return read


def _row(name: str, entry: Any) -> tuple[dict[str, str] | None, str]:
    """The columns of a model that have numbers, or why it has none."""
    if not isinstance(entry, dict) or name == "sample_spec" or not isinstance(entry.get("litellm_provider"), str):
        return None, BROKEN
    if entry.get("mode") not in MODES:
        return None, NOT_TEXT
    provider = entry["litellm_provider"]
    own = "" if "/" in name else "yes"
    row = {"provider": provider, "item": name.removeprefix(f"{provider}/"), "own_name": own}
    for column, key in (("usd_per_1m_input", "input_cost_per_token"), ("usd_per_1m_output", "output_cost_per_token")):
        usd, why = _per_1m(entry.get(key))
        if usd is None:
            return None, why
        row[column] = written(usd)
    for column, key in FURTHER.items():
        usd, _ = _per_1m(entry.get(key))
        row[column] = written(usd) if usd else ""
    return row, ""


def _per_1m(cell: object) -> tuple[float | None, str]:
    usd, why = price(cell, LEAST / 1e6, MOST / 1e6)
    return (usd * 1e6 if usd else None), why
