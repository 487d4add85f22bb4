"""The rate of a released net without any server: in_process.py GRAPH TOKENS SECONDS prints rows a second by batch size.

The graph is run by onnxruntime on one thread, tokens given: what a server of this net can reach on this core at most.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

SIZES = (1, 2, 4, 8, 16, 32)


def main(graph: str, tokens: str, seconds: str) -> None:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    rows = np.array(json.loads(Path(tokens).read_text()), np.int64)
    print(json.dumps({str(size): rate(session, rows, size, float(seconds)) for size in SIZES}))


def rate(session: onnxruntime.InferenceSession, rows: np.ndarray, size: int, seconds: float) -> float:
    """Rows a second in batches of this size; the first one is not counted."""
    batches = [rows[begun : begun + size] for begun in range(0, len(rows) - size + 1, size)]
    feeds = [{"input_ids": batch, "attention_mask": np.ones_like(batch)} for batch in batches]
    session.run(None, feeds[0])
    done, begun = 0, time.perf_counter()
    while (took := time.perf_counter() - begun) < seconds:
        session.run(None, feeds[done % len(feeds)])
        done += 1
    return done * size / took


if __name__ == "__main__":
    main(*sys.argv[1:])
