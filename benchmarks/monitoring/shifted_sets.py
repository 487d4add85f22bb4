"""Real data sets with a shift that is natural to each: what a model learns from, and what it meets afterwards."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from breakeven.inputs.reader import read_table

ROOT = Path(__file__).resolve().parents[2]
MOST_BEFORE, MOST_MET = 6_000, 3_000
"""Rows that are learned from and tested on, and rows that are met: enough for the question, in minutes."""
Split = Callable[[pa.Table], tuple[pa.Table, pa.Table]]


def data_folder() -> Path:
    """Where the sets lie: BREAKEVEN_DATA, or `shared/data` beside the repository."""
    return Path(os.environ.get("BREAKEVEN_DATA") or ROOT.parent / "shared" / "data").resolve()


@dataclass(frozen=True)
class Shifted:
    """`split` parts all rows into those of before (learned from and tested on) and those of afterwards."""

    name: str
    folder: str
    answer: str
    inputs: tuple[str, ...]
    what: str
    split: Split
    held_out: bool
    """False: the method was made with a look at it; True: it was only scored."""

    @property
    def task(self) -> str:
        return "text-classification" if self.inputs == ("text",) else "tabular-classification"

    def rows(self) -> tuple[pa.Table, pa.Table]:
        """The rows of before and of afterwards, in an order drawn by a seed."""
        parts = [data_folder() / self.folder / f"{part}.csv.gz" for part in ("train", "dev", "test")]
        every = pa.concat_tables([read_table(part) for part in parts if part.exists()])
        every = every.take(np.random.default_rng(5).permutation(every.num_rows))
        before, after = self.split(every)
        columns = [*self.inputs, self.answer]
        return before.select(columns).slice(0, MOST_BEFORE), after.select(columns).slice(0, MOST_MET)


def cells(rows: pa.Table, column: str) -> np.ndarray:
    return np.array([cell or "" for cell in rows.column(column).to_pylist()], object)


def parted(rows: pa.Table, met: np.ndarray) -> tuple[pa.Table, pa.Table]:
    return rows.filter(pa.array(~met)), rows.filter(pa.array(met))


def by_length(quantile: float, longer: bool = True) -> Split:
    """Learned from texts up to a length, met with longer ones; or the other way about."""
    def split(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        lengths = np.array([len(text) for text in cells(rows, "text")])
        long = lengths > np.quantile(lengths, quantile)
        return parted(rows, long if longer else ~long)
    return split


def by_value(column: str, values: set[str]) -> Split:
    """Met with the rows that have certain values in a column."""
    return lambda rows: parted(rows, np.isin(cells(rows, column).astype(str), sorted(values)))


def by_number(column: str, above: float) -> Split:
    return lambda rows: parted(rows, np.array([float(cell) for cell in cells(rows, column)]) > above)


def by_half_of(column: str, answer: str) -> Split:
    """Of each class half of its kinds are learned from, and the other kinds are met (Santurkar et al. 2021)."""
    def split(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        pairs = sorted(set(zip(cells(rows, answer), cells(rows, column), strict=True)))
        new = {kind for label in {one for one, _ in pairs} for kind in [k for one, k in pairs if one == label][1::2]}
        return parted(rows, np.isin(cells(rows, column).astype(str), sorted(new)))
    return split


def with_typos(share: float) -> Split:
    """A third of the rows is met with that share of its characters swapped with the next one or lost."""
    def split(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        chance = np.random.default_rng(7)
        met, before = rows.slice(0, rows.num_rows // 3), rows.slice(rows.num_rows // 3)
        texts = pa.array([_mistyped(text, share, chance) for text in cells(met, "text")], met.column("text").type)
        return before, met.set_column(met.column_names.index("text"), "text", texts)
    return split


def _mistyped(text: str, share: float, chance: np.random.Generator) -> str:
    signs = list(text)
    for place in np.flatnonzero(chance.random(len(signs)) < share):
        if chance.random() < 0.5 and place + 1 < len(signs):
            signs[place], signs[place + 1] = signs[place + 1], signs[place]
        else:
            signs[place] = ""
    return "".join(signs) or text


def by_mix(answer: str, most: dict[str, float]) -> Split:
    """A third of the rows is met, of each class a share of its own."""
    def split(rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        met, before = rows.slice(0, rows.num_rows // 3), rows.slice(rows.num_rows // 3)
        shares = np.array([most.get(label, 0.15) for label in cells(met, answer)])
        return before, met.filter(pa.array(np.random.default_rng(3).random(len(shares)) < shares))
    return split


TEXT = ("text",)
ADULT = ("age", "workclass", "education", "marital_status", "occupation", "relationship", "capital_gain",
         "capital_loss", "hours_per_week")
SETS = (
    Shifted("trec6 new kinds", "trec6", "label", TEXT, "other kinds of questions of each class",
            by_half_of("fine_label", "label"), False),
    Shifted("waimai typos", "waimai10k", "label", TEXT, "10 % of the characters mistyped", with_typos(0.1), False),
    Shifted("adult younger", "adult", "income", ADULT, "people above 45", by_number("age", 45), False),
    Shifted("phrasebank disputed", "financial_phrasebank", "label", TEXT, "sentences that readers disputed",
            by_value("agreement", {"50Agree", "66Agree"}), True),
    Shifted("waimai shorter", "waimai10k", "label", TEXT, "the shorter half of the reviews",
            by_length(0.5, longer=False), True),
    Shifted("thucnews mix", "thucnews10", "label", TEXT, "another mix of the topics",
            by_mix("label", {"finance": 1.0, "stocks": 1.0, "society": 1.0}), True),
    Shifted("banking77 typos", "banking77", "label", TEXT, "5 % of the characters mistyped", with_typos(0.05), True),
    Shifted("adult other employers", "adult", "income", ADULT, "the state and the self-employed, learned from private",
            by_value("workclass", {"State-gov", "Local-gov", "Federal-gov", "Self-emp-inc", "Self-emp-not-inc"}), True),
    Shifted("trec6 longer", "trec6", "label", TEXT, "the longest 30 % of the questions", by_length(0.7), True),
)  # fmt: skip
