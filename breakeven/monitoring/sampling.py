"""A bounded, even sample of rows that come in stretches."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Sample:
    """At most `most` rows of all that were added, each with the same chance, by a seed.

    Every row draws a number and those with the smallest stay (bottom-k sampling, Cohen and Kaplan 2007), so that the
    memory is that of `most` rows however many come.
    """

    def __init__(self, schema: pa.Schema, most: int, seed: int = 0) -> None:
        self.most = most
        self.seen = 0
        self._chance = np.random.default_rng(seed)
        self._rows = schema.empty_table()
        self._drawn = np.zeros(0)

    def add(self, rows: pa.Table) -> None:
        """Draw for each row; only those that may stay are taken up."""
        drawn = self._chance.random(rows.num_rows)
        self.seen += rows.num_rows
        bar = self._drawn.max() if len(self._drawn) == self.most else 1.0
        kept = drawn < bar
        if not kept.any():
            return
        self._rows = pa.concat_tables([self._rows, rows.filter(pa.array(kept))])
        self._drawn = np.concatenate([self._drawn, drawn[kept]])
        if len(self._drawn) > self.most:
            stay = np.sort(np.argpartition(self._drawn, self.most)[: self.most])
            self._rows, self._drawn = self._rows.take(pa.array(stay)).combine_chunks(), self._drawn[stay]

    def rows(self) -> pa.Table:
        """The sample, in the order in which the rows came."""
        return self._rows


class UserDays:
    """Who came on which day, and what they did: one row a user and day, of at most `most` users.

    Users are kept as digests, which are even random numbers: when there are too many, those whose digest is below a
    bar stay, with all of their rows (adaptive sampling, Flajolet 1990). `scale` says how many users one stands for.
    """

    SUMS = ("answers", "clicks", "conversions", "likes", "dislikes", "truths", "right")

    def __init__(self, most: int = 200_000) -> None:
        self.most = most
        self.scale = 1
        self._parts: list[pa.Table] = []

    def add(self, rows: pa.Table) -> None:
        """`rows` have user and day (date32), and each of SUMS as int64; those without a user are left out."""
        rows = self._below_the_bar(rows.filter(pc.is_valid(rows.column("user"))))
        if rows.num_rows:
            self._parts.append(_summed(rows))
        if sum(part.num_rows for part in self._parts) > 4 * self.most:
            self._shrink()

    def table(self) -> pa.Table | None:
        """One row a user and day with the sums; None where no user was named."""
        if not self._parts:
            return None
        self._shrink()
        return self._parts[0]

    def _shrink(self) -> None:
        self._parts = [_summed(pa.concat_tables(self._parts))]
        while pc.count_distinct(self._parts[0].column("user")).as_py() > self.most:
            self.scale *= 2
            self._parts = [self._below_the_bar(self._parts[0])]

    def _below_the_bar(self, rows: pa.Table) -> pa.Table:
        if self.scale == 1:
            return rows
        bar = f"{(1 << 64) // self.scale:016x}"
        return rows.filter(pc.less(rows.column("user"), bar))


def _summed(rows: pa.Table) -> pa.Table:
    found = rows.group_by(["user", "day"]).aggregate([(name, "sum") for name in UserDays.SUMS])
    return found.rename_columns({f"{name}_sum": name for name in UserDays.SUMS})
