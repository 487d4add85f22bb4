"""Weights that are not on this machine, fetched from the model hub because the project names them."""

from __future__ import annotations

from pathlib import Path

from breakeven.core.words import say
from breakeven.models.model import Declined
from breakeven.models.weights import Weights, find_weights

PATTERNS = ["*.safetensors", "*.json", "*.txt", "*.model", "1_Pooling/*"]
"""Tensors, settings and tokenizers: nothing that runs."""


def weights_named(name: str, project_folder: Path) -> Weights:
    """The weights of a folder or hub name; fetched when they are not here. Raises Declined where that fails."""
    found = find_weights(name, project_folder)
    if found:
        return found
    from huggingface_hub import snapshot_download

    try:
        return Weights(name, Path(snapshot_download(name, allow_patterns=PATTERNS)))
    except Exception as fault:  # the library raises its own, requests' and the system's errors
        raise Declined(
            say("{name} cannot be fetched from the model hub ({fault}); fetch it elsewhere and name its folder",
                name=name, fault=f"{type(fault).__name__}: {fault}".splitlines()[0][:120])
        ) from None  # fmt: skip
