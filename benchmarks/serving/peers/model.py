"""The model of every peer: one ONNX file on one thread, answered with the label and all scores."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime


class Model:
    """Reads the folder that BENCHMARK_MODEL names."""

    def __init__(self) -> None:
        folder = Path(os.environ["BENCHMARK_MODEL"])
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self.session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self.labels: list[str] = json.loads((folder / "labels.json").read_text())

    def scores(self, rows: Any) -> tuple[np.ndarray, np.ndarray]:
        """Class numbers (n,) and scores (n, classes) of rows (n, 30)."""
        numbers, scores = self.session.run(None, {"input": np.asarray(rows, np.float32)})
        return numbers, scores

    def answers(self, rows: Any) -> list[dict[str, Any]]:
        numbers, scores = self.scores(rows)
        return [{"label": self.labels[number], "scores": dict(zip(self.labels, row, strict=True))}
                for number, row in zip(numbers.tolist(), scores.tolist(), strict=True)]  # fmt: skip
