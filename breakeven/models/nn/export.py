"""From torch to ONNX, and from 32-bit weights to eight bits."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

OPSET = 18


def export_net(net: nn.Module, graph: Path) -> None:
    """Write a net whose `forward(input_ids, attention_mask)` gives (n, d) as an ONNX graph with free n and length."""
    example = torch.ones((2, 8), dtype=torch.int64)
    batch, length = torch.export.Dim("batch", min=1), torch.export.Dim("length", min=1)
    shape = {0: batch, 1: length}
    with _quiet(), torch.no_grad():
        program = torch.onnx.export(
            net.eval().cpu(),
            (example, example.clone()),
            dynamo=True,
            opset_version=OPSET,
            input_names=["input_ids", "attention_mask"],
            output_names=["answers"],
            dynamic_shapes=(shape, shape),
        )
        assert program is not None
        program.save(str(graph))


def quantize(graph: Path, target: Path) -> None:
    """Weights of matrix products and embeddings in eight bits; activations are scaled as they come (dynamic)."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(str(graph))
    del model.graph.value_info[:]  # shapes inferred for the 32-bit graph contradict the quantized one
    with _quiet():
        quantize_dynamic(model, str(target), weight_type=QuantType.QInt8, per_channel=True)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporters print their steps and warn of each other's; a failure is raised all the same."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
