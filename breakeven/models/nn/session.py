"""A net as it is released: an ONNX graph and a tokenizer, answered by onnxruntime without torch."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.models.model import answer_threads
from breakeven.models.nn.padding import padded_arrays
from breakeven.store import write_bytes

GRAPH, TOKENIZER, SETTINGS = "net.onnx", "tokenizer.json", "net.json"
BATCH_TOKENS = 1024
"""Tokens of a batch, padding counted: on one thread larger ones fall out of the processor's cache."""


@dataclass
class OnnxNet:
    """Texts in, the graph's first output (n, d) out. The folder holds `net.onnx`, `tokenizer.json` and `net.json`.

    The graph takes `input_ids` and `attention_mask`, both int64 (n, tokens).
    """

    session: onnxruntime.InferenceSession
    tokenizer: Tokenizer
    alone: bool
    """Each text is a batch of its own: dynamic eight-bit scales are those of a batch, and an answer must not
    depend on its neighbours."""

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Self:
        """With so many threads, by default those of `answer_threads`.

        Raises ModelError when the folder holds no net that can be run.
        """
        try:
            settings: dict[str, Any] = json.loads((folder / SETTINGS).read_bytes())
            tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
            session = open_session(folder / GRAPH, threads or answer_threads())
        except Exception as fault:  # the libraries raise plain Exception for a damaged file
            raise ModelError(
                say("the net cannot be read: {fault}", fault=str(fault)[:200]), str(folder), say("train again")
            ) from None
        tokenizer.no_padding()
        tokenizer.enable_truncation(settings["most_tokens"])
        return cls(session, tokenizer, settings["alone"])

    @property
    def width(self) -> int:
        return int(self.session.get_outputs()[0].shape[-1])

    def run(self, texts: Sequence[str]) -> np.ndarray:
        """Answers (n, d) float32, in the order of the texts; equal lengths are answered together."""
        answers = np.empty((len(texts), self.width), np.float32)
        tokens = [encoding.ids for encoding in self.tokenizer.encode_batch_fast(list(texts))]
        for batch in batches_by_length([len(ids) for ids in tokens], 1 if self.alone else BATCH_TOKENS):
            ids, mask = padded_arrays([tokens[place] for place in batch])
            answers[batch] = self.session.run(None, {"input_ids": ids, "attention_mask": mask})[0]
        return answers


def open_session(graph: Path, threads: int) -> onnxruntime.InferenceSession:
    """The graph, run on the processor with so many threads."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])


def save_settings(folder: Path, tokenizer: str, most_tokens: int, alone: bool = False) -> None:
    """Write what stands beside the graph: the tokenizer (JSON text), the most tokens of a text, how it is batched."""
    write_bytes(folder / TOKENIZER, tokenizer.encode())
    write_bytes(folder / SETTINGS, json.dumps({"most_tokens": most_tokens, "alone": alone}).encode())


def batches_by_length(lengths: Sequence[int], most: int = BATCH_TOKENS) -> Iterator[np.ndarray]:
    """Row numbers in batches of about equal length, each of at most `most` tokens with its padding, or one row."""
    order = np.argsort(lengths, kind="stable")
    begun = 0
    while begun < len(order):
        ended = begun + 1
        while ended < len(order) and lengths[order[ended]] * (ended + 1 - begun) <= most:
            ended += 1
        yield order[begun:ended]
        begun = ended
