"""Trainings out of a table: one spec a row. Columns with outcomes (hours, days, MFU …) are never looked at."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from breakeven.core.errors import DataError, UsageError
from breakeven.core.words import say
from breakeven.estimate.chips import chip_named
from breakeven.estimate.layout import Asked
from breakeven.estimate.parameters import count
from breakeven.estimate.published import published_shape
from breakeven.estimate.shape import Shape
from breakeven.estimate.training_spec import TODAY, TrainingSpec, vision_words

SAME_MODEL = 0.1
Row = Mapping[str, str]


def rows_of(path: Path) -> Iterator[Row]:
    """The rows of a CSV file, as text; a byte-order mark and Windows line ends are no matter. Raises DataError."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(say("{file} cannot be read as a UTF-8 text", file=path.name), str(path),
                        say("give a CSV file with the columns id, kind, params_total, tokens, hw …")) from error
    for row in csv.DictReader(io.StringIO(text)):
        yield {(name or "").strip(): (value or "").strip() for name, value in row.items() if isinstance(value, str)}


def spec_of_row(row: Row) -> TrainingSpec:
    """The training that a row describes. Raises UsageError where chip or size are missing."""
    if not row.get("hw"):
        raise UsageError(say("no device is told"), "hw", say("name a chip of the table, such as A100-80GB or H100"))
    family = family_of(row.get("kind", ""))
    name = row.get("model", "")
    patch, image = vision_words(name) if family == "vision" else (None, None)
    return TrainingSpec(
        chip=chip_named(row["hw"]), name=name, family=family,
        shape=shape_named(name, number(row, "params_total")),
        kind="bench" if row.get("kind", "").endswith("bench") else "run",
        params=number(row, "params_total"), active=number(row, "params_active"),
        layers=whole(row, "n_layers"), width=whole(row, "d_model"),
        heads=whole(row, "n_heads"), kv_heads=whole(row, "n_kv_heads"),
        causal=not row.get("kind", "").startswith("bert"),
        tokens=number(row, "tokens"), samples=number(row, "samples"), sequence=number(row, "seq_len"),
        patch=patch, image=image, chips=whole(row, "hw_count"), precision=row.get("precision", "") or "bf16",
        year=number(row, "year") or TODAY, asked=asked_of(row),
    )  # fmt: skip


def shape_named(name: str, params: float | None) -> Shape | None:
    """The published shape of that name, if its parameters are those of the row, within a tenth, where they are told."""
    shape = published_shape(name) if name else None
    if shape is None or shape.kind == "vision":
        return None
    near = params is None or abs(count(shape).total / params - 1.0) < SAME_MODEL
    return shape if near else None


def family_of(kind: str) -> str:
    """What is trained, by the kind of a row."""
    return "vision" if kind.startswith("vision") else "diffusion" if kind.startswith("diffusion") else "language"


def asked_of(row: Row) -> Asked:
    """What a row tells of the layout."""
    zero, shard = zero_named(row.get("zero", ""))
    return Asked(
        tp=whole(row, "tp"), pp=whole(row, "pp"), dp=whole(row, "dp"), cp=whole(row, "cp"), ep=whole(row, "ep"),
        chunks=whole(row, "vpp"), zero=zero, shard=shard, recompute=recompute_named(row.get("act_ckpt", "")),
        micro_batch=number(row, "micro_batch"), batch=number(row, "global_batch_seqs"),
    )  # fmt: skip


def number(row: Row, column: str) -> float | None:
    """A positive number of a cell; None where it is empty, not a number, or not positive."""
    try:
        value = float(row.get(column, "").replace(",", "").replace("_", ""))
    except ValueError:
        return None
    return value if 0 < value < float("inf") else None


def whole(row: Row, column: str) -> int | None:
    """A whole number of at least 1."""
    value = number(row, column)
    return round(value) if value and value >= 1 else None


def zero_named(text: str) -> tuple[int | None, int | None]:
    """The stage of ZeRO and the size of its group: `FSDP-full` is 3, `FSDP-grad_op` 2, `1(sub-group 8)` is 1 over 8."""
    if "fsdp" in text.lower():
        return (2 if "grad" in text.lower() else 3), None
    found = re.match(r"\D{0,5}([0-3])\D*(\d+)?", text)
    return (int(found[1]), int(found[2]) if found[2] else None) if found else (None, None)


def recompute_named(text: str) -> str | None:
    """How much of the forward pass is computed again."""
    word = text.strip().lower()
    return next((name for name in ("full", "selective", "none") if word.startswith(name)), None)
