"""The data sets of the benchmark: which columns ask and answer, and what is measured. No rows are kept here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).resolve().parents[2]


def data_folder() -> Path:
    """Where the sets lie: BREAKEVEN_DATA, or `shared/data` beside the repository."""
    return Path(os.environ.get("BREAKEVEN_DATA") or ROOT.parent / "shared" / "data").resolve()


@dataclass(frozen=True)
class DataSet:
    """One set: `train.csv.gz`, `test.csv.gz` and for some `dev.csv.gz` in a folder of its name."""

    name: str
    kind: Literal["text", "table"]
    answer: str
    input: str | None = None
    """The only column that may be read; None: all but the answer and `drop`."""
    drop: tuple[str, ...] = ()
    positive: str = ""
    """Tables: the class whose score the ROC AUC looks at."""

    @property
    def metric(self) -> str:
        return "accuracy" if self.kind == "text" else "roc_auc"

    @property
    def task(self) -> str:
        return "text-classification" if self.kind == "text" else "tabular-classification"

    def file(self, part: str) -> Path | None:
        """The file of `train`, `dev` or `test`; None where the set has no such part."""
        path = data_folder() / self.name / f"{part}.csv.gz"
        return path if path.exists() else None

    def known_rows(self) -> list[Path]:
        """The files that every tool may learn from: train, and dev where there is one."""
        return [file for file in (self.file("train"), self.file("dev")) if file]


SETS = (
    DataSet("adult", "table", "income", positive=">50K"),
    DataSet("german_credit", "table", "credit_risk", positive="bad"),
    DataSet(
        "ai4i2020", "table", "Machine failure", positive="1",
        drop=("UID", "Product ID", "TWF", "HDF", "PWF", "OSF", "RNF"),
    ),
    DataSet("thucnews10", "text", "label", "text"),
    DataSet("banking77", "text", "label", "text"),
    DataSet("waimai10k", "text", "label", "text"),
    DataSet("trec6", "text", "label", "text"),
    DataSet("agnews_small", "text", "label", "text"),
    DataSet("financial_phrasebank", "text", "label", "text"),
)
