"""Several boosters as one: their average, written in LightGBM's text form.

A booster is a sum of trees, so the average of k boosters is the sum of all their trees with every leaf divided by k.
One booster with all trees answers a single row several times sooner than k boosters asked one after another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

END = "end of trees\n"


def average_text(texts: Sequence[str]) -> str:
    """One model text whose raw score is the mean of those of `texts` (same features, objective and classes)."""
    trees = [tree for text in texts for tree in _trees(text)]
    numbered = [f"Tree={number}\n{_scaled(tree, 1 / len(texts))}" for number, tree in enumerate(trees)]
    sizes = " ".join(str(len(tree.encode())) for tree in numbered)
    head = re.sub(r"^tree_sizes=.*$", f"tree_sizes={sizes}", texts[0].partition("Tree=0\n")[0], flags=re.MULTILINE)
    return head + "".join(numbered) + END + "\npandas_categorical:null\n"


def _trees(text: str) -> list[str]:
    """What stands below each `Tree=number` line, with the blank lines after it."""
    return re.split(r"^Tree=\d+\n", text.partition(END)[0], flags=re.MULTILINE)[1:]


def _scaled(tree: str, factor: float) -> str:
    """The tree with every leaf multiplied; other lines stay."""

    def scale(line: re.Match[str]) -> str:
        return "leaf_value=" + " ".join(repr(float(value) * factor) for value in line[1].split())

    return re.sub(r"^leaf_value=(.*)$", scale, tree, flags=re.MULTILINE)
