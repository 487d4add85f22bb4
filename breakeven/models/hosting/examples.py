"""Examples for few-shot requests: of the training rows, those nearest to the row that is asked about.

Nearness is the cosine of the input's own vectors (n-grams for texts). They are made of the rows as they are; what is
kept to be shown is masked.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from breakeven.models.hosting.prompts import EXAMPLE_CHARACTERS, Shown, cut
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from breakeven.models.model import Work

MOST_ROWS = 5_000
"""Rows to choose from; of more, a random part."""
BATCH = 500
FILE, MATRIX = "examples.json", "examples.safetensors"


@dataclass(frozen=True)
class Examples:
    """Training rows to choose from: as they are shown, and their vectors (m, d) of length 1."""

    shown: tuple[Shown, ...]
    view: Any
    matrix: Any

    @classmethod
    def of(cls, work: Work, places: np.ndarray, texts: list[str], answers: list[str]) -> Self:
        """From the rows at `places`; `texts` (masked) and `answers` are those of all rows."""
        import numpy as np

        if len(places) > MOST_ROWS:
            places = np.sort(np.random.default_rng(work.seed).choice(places, MOST_ROWS, replace=False))
        view = work.input.view("vectors", work.dataset.inputs)
        matrix = _of_length_one(view.fit(work.rows.take(places), work.target[places]))
        shown = tuple(Shown(cut(texts[place], EXAMPLE_CHARACTERS), answers[place]) for place in places)
        return cls(shown, view, matrix)

    def near(self, rows: pa.Table, count: int) -> list[list[Shown]]:
        """For each row its nearest examples, the nearest last: what was read last weighs most."""
        found = []
        for start in range(0, rows.num_rows, BATCH):
            vectors = _of_length_one(self.view.transform(rows.slice(start, BATCH)))
            for likeness in (vectors @ self.matrix.T).toarray():
                order = likeness.argsort(kind="stable")[::-1][:count]
                found.append([self.shown[place] for place in order[::-1] if self.shown[place].text.strip()])
        return found

    def save(self, folder: Path) -> None:
        import numpy as np
        from safetensors.numpy import save

        self.view.save(folder)
        kept = {"texts": [each.text for each in self.shown], "answers": [each.answer for each in self.shown]}
        write_bytes(folder / FILE, json.dumps(kept, ensure_ascii=False).encode())
        parts = {name: getattr(self.matrix, name) for name in ("data", "indices", "indptr")}
        write_bytes(folder / MATRIX, save(parts | {"shape": np.array(self.matrix.shape)}))

    @classmethod
    def load(cls, folder: Path, view: Any) -> Self:
        """From a folder, with the kind of view that was saved there."""
        from safetensors.numpy import load
        from scipy import sparse

        kept = json.loads((folder / FILE).read_bytes())
        shown = tuple(Shown(text, answer) for text, answer in zip(kept["texts"], kept["answers"], strict=True))
        fitted = view.load(folder)
        parts = load((folder / MATRIX).read_bytes())
        matrix = sparse.csr_matrix((parts["data"], parts["indices"], parts["indptr"]), shape=tuple(parts["shape"]))
        return cls(shown, fitted, matrix)


def _of_length_one(matrix: Any) -> Any:
    """Rows scaled to length 1; empty ones stay empty."""
    import numpy as np
    from scipy import sparse

    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1))).ravel()
    scaled = sparse.diags(1.0 / np.maximum(lengths, 1e-12)) @ matrix
    return scaled.tocsr().astype(np.float32)
