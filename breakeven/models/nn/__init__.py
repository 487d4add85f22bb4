"""Neural networks: the only place that imports torch, transformers and onnxruntime."""

import os

# Before any of the libraries is loaded: no usage statistics, no progress bars in a worker's log, and one thread of
# tokenizing a process, because serving counts one process a core.
for _name, _value in (
    ("HF_HUB_DISABLE_TELEMETRY", "1"),
    ("HF_HUB_DISABLE_PROGRESS_BARS", "1"),
    ("TRANSFORMERS_VERBOSITY", "error"),
    ("TOKENIZERS_PARALLELISM", "false"),
):
    os.environ.setdefault(_name, _value)
