"""A hosted model as a predictor: what it needs lies in the artifact, all but the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.inputs import INPUTS
from breakeven.inputs.masking import VERSION
from breakeven.models.hosting.access import Access
from breakeven.models.hosting.answers import Reading, read_labels, read_numbers
from breakeven.models.hosting.asking import ask_all
from breakeven.models.hosting.calibration import Calibration
from breakeven.models.hosting.dialect import Dialect
from breakeven.models.hosting.endpoint import Endpoint, Messages
from breakeven.models.hosting.examples import Examples
from breakeven.models.hosting.prompts import masked, request, row_texts
from breakeven.models.hosting.replies import Reply
from breakeven.models.wallet import Wallet
from breakeven.records.artifact import Artifact
from breakeven.records.dataset import Column
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

FILE = "hosted.json"


@dataclass
class HostedPredictor:
    """Asks an endpoint about rows. `prior` are the shares of the training classes (k,), or the mean alone (1,)."""

    access: Access
    input: str
    columns: tuple[Column, ...]
    labels: tuple[str, ...]
    told: str
    count: int
    prior: np.ndarray
    tokens: int
    examples: Examples | None = None
    calibration: Calibration = field(default_factory=Calibration)
    dialect: dict[str, Any] = field(default_factory=dict)
    usd_per_request: float | None = None
    remote: bool = True
    wallet: Wallet = field(default_factory=Wallet)
    cache: Path | None = None
    until: float = inf

    @property
    def usd_source(self) -> str:
        return self.access.rate.source

    def spend(self, wallet: Wallet, cache: Path | None) -> None:
        self.wallet, self.cache = wallet, cache
        self.__dict__.pop("endpoint", None)

    @cached_property
    def endpoint(self) -> Endpoint:
        """The way to the model, opened when it is first needed. Raises ModelError without a key."""
        dialect = Dialect(self.tokens, bool(self.labels))
        dialect.learn(self.dialect)
        return Endpoint(self.access, dialect, self.wallet, self.cache, self.until)

    def predict(self, rows: pa.Table) -> np.ndarray:
        """Probabilities (n, k), or numbers (n, 1). Raises LimitReached, ModelError."""
        raw = self.read(self.ask(self.requests(rows)[0])).raw
        return self.calibration.apply(raw, self.prior) if self.labels else raw

    def requests(self, rows: pa.Table) -> tuple[list[Messages | None], int]:
        """What is asked about each row, and how many pieces of personal data were masked in the rows."""
        texts, personal = masked(row_texts(INPUTS.get(self.input), self.columns, rows))
        near = self.examples.near(rows, self.count) if self.examples else [[] for _ in texts]
        return [request(self.told, shown, text) for shown, text in zip(near, texts, strict=True)], personal

    def ask(
        self, asked: list[Messages | None], tell: Callable[[float], None] = lambda share: None
    ) -> list[Reply | None]:
        return ask_all(self.endpoint, asked, tell) if any(asked) else [None] * len(asked)

    def read(self, replies: list[Reply | None]) -> Reading:
        if self.labels:
            return read_labels(replies, self.labels, self.prior)
        return read_numbers(replies, float(self.prior[0]))

    # --- the artifact

    def save(self, folder: Path) -> None:
        """Prompt, examples, address, prices and calibration; no key."""
        content = {
            "access": self.access.settings(), "told": self.told, "count": self.count, "prior": self.prior.tolist(),
            "tokens": self.tokens, "dialect": self.dialect, "masking": VERSION, "labels": self.labels,
            "calibration": vars(self.calibration), "usd_per_request": self.usd_per_request,
            "examples": self.examples is not None,
        }  # fmt: skip
        write_bytes(folder / FILE, json.dumps(content, ensure_ascii=False, indent=1).encode())
        if self.examples:
            self.examples.save(folder)

    @classmethod
    def load(cls, folder: Path, artifact: Artifact) -> Self:
        """Read the folder. Raises ModelError when it is damaged, or the key is not there."""
        import numpy as np

        try:
            kept = json.loads((folder / FILE).read_bytes())
            view = INPUTS.get(artifact.input).views()["vectors"] if kept["examples"] else None
            found = cls(
                Access.of(kept["access"]), artifact.input, artifact.columns, tuple(kept["labels"]), kept["told"],
                kept["count"], np.array(kept["prior"]), kept["tokens"], Examples.load(folder, view) if view else None,
                Calibration(**kept["calibration"]), kept["dialect"], kept["usd_per_request"],
            )  # fmt: skip
        except (OSError, ValueError, KeyError, TypeError) as fault:
            raise ModelError(
                say("the hosted model's settings cannot be read: {fault}", fault=str(fault)), str(folder),
                say("train again"),
            ) from None
        assert found.endpoint  # a key that is missing is told now, not at the first answer
        return found
