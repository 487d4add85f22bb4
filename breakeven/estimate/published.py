"""Shapes of published models by name: `data/shapes.csv`, each row with its source, its date and the published count.

Only the shape is looked up, never how long a training took or how fast a model ran.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from breakeven.estimate.shape import Mla, Shape
from breakeven.estimate.styles import STYLES

NUMBERS = ("layers", "width", "heads", "kv_heads", "head_width", "ffn_width", "vocabulary", "positions", "experts",
           "experts_active", "shared_experts", "expert_width", "dense_layers", "moe_every", "window",
           "windowed_layers", "decoder_layers", "patch_values")
LATENT = ("q_rank", "kv_rank", "rope_width", "nope_width", "v_width")
PADDING = {"meta", "instruct", "chat", "base", "hf", "it", "gptq", "awq", "gguf", "fp", "preview", "model", "size"}
"""Words of a name that say nothing of its shape."""


@dataclass(frozen=True)
class Published:
    """A shape and the count that was published of it, as its source writes it ("6.74B"). `note` names a doubt."""

    shape: Shape
    total: str
    active: str
    source: str
    date: str
    note: str


@cache
def published_shapes() -> tuple[Published, ...]:
    """All rows of the table."""
    return tuple(_published(row) for row in _rows())


def _rows() -> list[dict[str, str]]:
    text = files("breakeven.estimate").joinpath("data", "shapes.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


def _published(row: dict[str, str]) -> Published:
    given = {name: int(row[name]) for name in NUMBERS if row[name]}
    if row["kv_rank"]:
        given["mla"] = Mla(**{name: int(row[name]) for name in LATENT})  # type: ignore[assignment]
    if row["tied"]:
        given["tied"] = row["tied"] == "1"
    shape = Shape(name=row["name"], **{**STYLES[row["style"]], **given})
    return Published(shape, row["published"], row["published_active"], row["source"], row["date"], row["note"])


@cache
def _by_key() -> dict[str, Shape]:
    """Every spelling that means a shape."""
    known: dict[str, Shape] = {}
    for row, entry in zip(_rows(), published_shapes(), strict=True):
        for name in (row["name"], *filter(None, row["also"].split("|"))):
            known.setdefault(_key(name), entry.shape)
    return known


def _key(name: str) -> str:
    """Words and numbers of a name, without its maker and padding: `meta-llama/Llama-3.1-8B` is `llama 3.1 8b`."""
    text = re.sub(r"^[\w.-]+/(?=.*[a-z])|\(.*?\)", "", name.strip().lower())
    text = re.sub(r"\bv[01]\.\d+\b|\b\d+bit\b|\b\d{4}\b|-(q|w)\d\w*|-v\d[ep]\b", "", text)
    words = re.findall(r"[a-z]+|\d+(?:\.\d+)?(?:[bmtk](?![a-z]))?", text)
    return " ".join(word for word in words if word not in PADDING)


def published_shape(name: str) -> Shape | None:
    """The shape of a published model, however its name is spelled; None where the table has none of that name."""
    return _by_key().get(_key(name))
