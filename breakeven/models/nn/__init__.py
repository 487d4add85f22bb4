"""Neural networks: the only place that imports torch, transformers and onnxruntime."""
