"""LightGBM's text of trees as an ONNX file: convert.py TREES OUT

onnxmltools declares the output `label` as one number however many rows come, and onnxruntime then writes a warning for
every batch; the declared shape is repaired.
"""

from __future__ import annotations

import sys

import lightgbm
import onnx
import onnxmltools
from onnxmltools.convert.common.data_types import FloatTensorType

trees, out = sys.argv[1:]
booster = lightgbm.Booster(model_file=trees)
kinds = [("input", FloatTensorType([None, booster.num_feature()]))]
graph = onnxmltools.convert_lightgbm(booster, initial_types=kinds, zipmap=False)
for output in graph.graph.output:
    first = output.type.tensor_type.shape.dim[0]
    first.Clear()
    first.dim_param = "rows"
onnx.checker.check_model(graph)
onnx.save(graph, out)
