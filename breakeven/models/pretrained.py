"""Which pretrained encoders a ladder may use: those the project names, else those of a short list that are here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.extras import lacking
from breakeven.models.weights import Weights, find_weights, is_hub_name
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.task import Task

CHINESE = 0.3
"""From this share of Chinese letters on, texts are read as Chinese."""


@dataclass(frozen=True)
class Suggestion:
    """An encoder worth trying first: small, open, widely used.

    Sizes: MiniLM measured; BGE as published (bge-model.com, read 2026-11-22); E5 computed from its published shape
    (250,037 tokens, 12 layers, 384 wide, 32 bits). Licences as the models' cards state them.
    """

    name: str
    licence: str
    bytes: int
    languages: tuple[str, ...]


SHORTLIST = (
    Suggestion("sentence-transformers/all-MiniLM-L6-v2", "Apache-2.0", 91_000_000, ("en",)),
    Suggestion("BAAI/bge-small-en-v1.5", "MIT", 133_000_000, ("en",)),
    Suggestion("BAAI/bge-small-zh-v1.5", "MIT", 96_000_000, ("zh",)),
    Suggestion("intfloat/multilingual-e5-small", "MIT", 471_000_000, ("en", "zh")),
)


@dataclass(frozen=True)
class Named:
    """An encoder to try; without weights it is fetched by the worker, because the project names it."""

    name: str
    weights: Weights | None

    @property
    def slug(self) -> str:
        """The last part of the name, as file and candidate names take it."""
        return re.sub(r"[^A-Za-z0-9.]+", "-", Path(self.name).name).strip("-.").lower()


def encoders_for(dataset: Dataset, task: Task, means: Means) -> tuple[Named, ...] | Message:
    """The encoders to try on a dataset, or why there is none. Asks neither the network nor torch."""
    if "texts" not in INPUTS.get(task.input).views():
        return say("it reads texts, and this input is none")
    missing = lacking("torch")
    if missing:
        return missing
    if means.encoders:
        return _named(means)
    here = [Named(each.name, find_weights(each.name, Path(means.folder))) for each in suggestions(dataset)]
    found = tuple(named for named in here if named.weights)
    return found or _none_here(dataset)


def suggestions(dataset: Dataset) -> tuple[Suggestion, ...]:
    """The short list for the language of a dataset's texts."""
    language = "zh" if dataset.chinese >= CHINESE else "en"
    return tuple(each for each in SHORTLIST if language in each.languages)


def _named(means: Means) -> tuple[Named, ...] | Message:
    found = tuple(Named(name, find_weights(name, Path(means.folder))) for name in means.encoders)
    for named in found:
        if named.weights is None and not is_hub_name(named.name):
            return say("there is no folder {name} with a config.json; models.encoders names it", name=named.name)
    return found


def _none_here(dataset: Dataset) -> Message:
    first = suggestions(dataset)[0]
    return say(
        "no pretrained encoder is on this machine. Name one to fetch or a folder, such as "
        '[models] encoders = ["{name}"] ({licence}, {bytes})',
        name=first.name, licence=first.licence, bytes=first.bytes,
    )  # fmt: skip
