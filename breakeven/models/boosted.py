"""Boosted trees (LightGBM): many small trees, each correcting those before it; the strongest rung for most tables.

Tuned by a portfolio: a short list of recipes (`boosted_recipes.py`), each cross-validated with early stopping, mixed
by greedy selection. Settings, figures and what was tried without gain: docs/models/boosted.md.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from breakeven.core.errors import ModelError
from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.models.model import Model, Trained, Work
from breakeven.records.artifact import Artifact
from breakeven.records.candidate import Candidate, Refusal
from breakeven.records.dataset import Dataset
from breakeven.records.means import Means
from breakeven.records.record import MessageRecord
from breakeven.records.task import Task

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.inputs.values import Values
    from breakeven.models.boosted_library import TreeFile
    from breakeven.models.boosted_recipes import Recipe

SECONDS_A_CELL = 6e-5
"""About what training takes for a cell of the table and a tree a round."""


class Boosted(Model):
    """Gradient boosted trees on the `frame` view."""

    name: ClassVar[str] = "boosted"

    def describe(self) -> Message:
        return say("boosted trees: many small decision trees, each correcting those before it")

    def propose(self, dataset: Dataset, task: Task, means: Means) -> tuple[Candidate, ...] | Refusal:
        if "frame" not in INPUTS.get(task.input).views() or all(c.kind == "text" for c in dataset.inputs):
            why = say("trees cut columns of numbers and categories, and there is only text; linear reads that better")
            return Refusal(family=self.name, why=MessageRecord.of(why))
        rows = dataset.rows["train"] + dataset.rows["validation"]
        trees_a_round = len(dataset.labels) if len(dataset.labels) > 2 else 1
        seconds = 4.0 + SECONDS_A_CELL * rows * len(dataset.inputs) * trees_a_round
        return (Candidate(name=self.name, family=self.tag, cost_rank=2, seconds_hint=min(1800.0, seconds)),)

    def train(self, work: Work) -> Trained:
        from breakeven.models.boosted_training import Training

        return Training(work).run()

    def load(self, folder: Path, artifact: Artifact) -> Trees:
        return Trees.load(folder, artifact)


@dataclass(frozen=True)
class Part:
    """The trees of one recipe: what they see, and how much they count."""

    recipe: Recipe
    weight: float
    trees: TreeFile


@dataclass(frozen=True)
class Trees:
    """Answers by the weighted average of its parts; their trees are text files of LightGBM, read by LightGBM."""

    view: Any
    width: int
    categorical: tuple[int, ...]
    numeric: tuple[int, ...]
    parts: tuple[Part, ...]

    @classmethod
    def load(cls, folder: Path, artifact: Artifact) -> Trees:
        """Read the folder. Raises ModelError when it is damaged."""
        try:
            content = json.loads((folder / "boosted.json").read_bytes())
            view = INPUTS.get(artifact.input).views()["frame"].load(folder)
            parts = tuple(_load_part(folder, part) for part in content["parts"])
        except (OSError, ValueError, KeyError) as fault:
            raise ModelError(
                say("the boosted trees cannot be read: {fault}", fault=str(fault)), str(folder), say("train again")
            ) from None
        return cls(view, content["width"], tuple(content["categorical"]), tuple(content["numeric"]), parts)

    def predict(self, rows: pa.Table) -> np.ndarray:
        """Probabilities (n, classes), or numbers (n, 1)."""
        return self._answers(self.view.transform(rows))

    def predict_values(self, values: Values) -> np.ndarray:
        return self._answers(self.view.transform_values(values))

    def _answers(self, frame: np.ndarray) -> np.ndarray:
        import numpy as np

        total = np.zeros((len(frame), self.width))
        if not len(frame):
            return total
        for part in self.parts:
            features = part.recipe.features(frame, self.categorical, self.numeric)
            total += part.weight * part.trees.answers(features, self.width)
        return total


def _load_part(folder: Path, content: dict[str, Any]) -> Part:
    from breakeven.models.boosted_library import TreeFile
    from breakeven.models.boosted_recipes import Recipe

    trees = (folder / content["trees"]).read_bytes()
    if hashlib.sha256(trees).hexdigest() != content["sha256"]:  # LightGBM ends the process at a damaged text
        raise ValueError(f"{content['trees']} is not what was saved")
    recipe = Recipe("", content["codes"], {}, content["crosses"])
    return Part(recipe, content["weight"], TreeFile(trees))


MODEL = Boosted()
