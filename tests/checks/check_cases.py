"""Rows for the checks: clean ones, in which nothing is to be found, and a way to look at any."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from breakeven.checks import CHECKS
from breakeven.checks.check import Seen
from breakeven.inputs.columns import read_columns
from breakeven.records.audit import Finding
from breakeven.records.dataset import Column, Part
from breakeven.records.project import Data, Product, Project, Target
from breakeven.tasks import task_named

Cells = dict[str, list[Any]]
WORDS = (
    "account", "refund", "parcel", "invoice", "courier", "password", "screen", "battery", "charge", "monthly", "cancel",
    "return", "address", "payment", "window", "garden", "river", "travel", "ticket", "hotel", "morning", "engine",
    "bottle", "kitchen", "doctor", "market", "winter", "camera", "yellow", "silver",
)
SIGNS = "账单退款快递密码屏幕电池充值取消地址支付窗花河旅行票店晨引擎瓶厨医场冬相机黄银山水木火土金日月星云风雨"


def table(cells: Cells) -> pa.Table:
    """Cells as the reader gives them: text, None for empty, numbered from 1."""
    rows = max((len(column) for column in cells.values()), default=0)
    columns = {
        name: pa.array([None if cell is None else str(cell) for cell in column], pa.large_string())
        for name, column in cells.items()
    }
    return pa.table({**columns, "_row": pa.array(range(1, rows + 1), pa.int64())})


def seen(
    train: Cells,
    test: Cells | None = None,
    validation: Cells | None = None,
    task: str = "text-classification",
    answer: str = "label",
    inputs: tuple[str, ...] | None = None,
    metric: str | None = None,
    own_split: bool = False,
) -> Seen:
    """What a check sees of these rows; a part that is not given has none. `own_split`: all come from one file."""
    given: dict[Part, Cells] = {"train": train, "validation": validation or {name: [] for name in train},
                                "test": test or {name: [] for name in train}}
    parts = {part: table(cells) for part, cells in given.items()}
    names = inputs or tuple(name for name in train if name != answer)
    kind = task_named(task)
    columns = (
        tuple(Column(name=name, kind="text") for name in names)
        if kind.input == "text"
        else read_columns(parts["train"], names)
    )
    known = {str(value) for value in train[answer] if value is not None}
    files = {part: "all.csv" if own_split else f"{part}.csv" for part in given}
    data = Data(
        train=files["train"],
        validation=None if own_split else files["validation"],
        test=None if own_split else files["test"],
        input=inputs,
        answer=answer,
    )
    return Seen(
        project=Project(product=Product(name="x", task=task), data=data, target=Target(metric=metric)),
        task=kind,
        parts=parts,
        files=files,
        columns=columns,
        labels=() if kind.output == "number" else tuple(sorted(known)),
    )


def look(check: str, what: Seen) -> list[Finding]:
    return list(CHECKS.get(check).look(what))


def levels(found: list[Finding]) -> list[str]:
    return [finding.level for finding in found]


def sentences(rows: int, seed: int = 0, words: int = 12) -> list[str]:
    """Different English sentences of random words."""
    random = np.random.default_rng(seed)
    return [" ".join(random.choice(WORDS, words)) for _ in range(rows)]


def headlines(rows: int, seed: int = 0, signs: int = 20) -> list[str]:
    """Different Chinese lines of random signs."""
    random = np.random.default_rng(seed)
    return ["".join(random.choice(list(SIGNS), signs)) for _ in range(rows)]


def texts(rows: int, seed: int = 0) -> Cells:
    """Clean texts of three classes."""
    random = np.random.default_rng(seed + 1000)
    labels = random.choice(["billing", "delivery", "other"], rows).tolist()
    return {"text": sentences(rows, seed), "label": labels}


def loans(rows: int, seed: int = 0) -> Cells:
    """A clean table: an answer that depends on two columns, with noise."""
    random = np.random.default_rng(seed)
    income = random.normal(50, 15, rows).round(2)
    age = random.integers(18, 80, rows)
    risk = income / 15 - age / 30 + random.normal(0, 1, rows)
    return {
        "income": income.tolist(),
        "age": age.tolist(),
        "home": random.choice(["rent", "own", "other"], rows).tolist(),
        "label": np.where(risk > np.median(risk), "good", "bad").tolist(),
    }
