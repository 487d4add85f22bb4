"""A release of breakeven for each shifted set, and its answers to the rows before and after the shift; kept on disk."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq
from shifted_sets import Shifted

import breakeven

FAMILY = ("linear",)


def answered(one: Shifted, scratch: Path) -> tuple[pa.Table, pa.Table]:
    """Answers with `answer`, `confidence` and `right`, to the test rows of the release and to those met afterwards."""
    folder = scratch / one.name.replace(" ", "-")
    files = folder / "tested.parquet", folder / "met.parquet"
    if not all(file.exists() for file in files):
        _make(one, folder)
    tested, met = (pq.read_table(file) for file in files)
    return tested, met


def _make(one: Shifted, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    before, after = one.rows()
    cut = int(0.8 * before.num_rows)
    parts = {"train": before.slice(0, cut), "test": before.slice(cut), "met": after}
    for name, rows in parts.items():
        pa.csv.write_csv(rows, folder / f"{name}.csv")
    (folder / "breakeven.toml").write_text(
        f'[product]\nname = "shifted"\ntask = "{one.task}"\n[data]\ntrain = "train.csv"\ntest = "test.csv"\n'
        f'answer = "{one.answer}"\n[target]\nmetric = "accuracy"\nat_least = 0.5\n[budget]\nseconds = 90\n')
    breakeven.run(folder, only=FAMILY)
    for name, kept in (("test", "tested"), ("met", "met")):
        out = folder / f"{name}-answers.parquet"
        breakeven.predict(folder, folder / f"{name}.csv", out)
        given = pq.read_table(out)
        right = pc.equal(given.column("label"), parts[name].column(one.answer).cast(given.column("label").type))
        found = pa.table({"answer": given.column("label"), "confidence": given.column("confidence"), "right": right})
        pq.write_table(found, folder / f"{kept}.parquet")
