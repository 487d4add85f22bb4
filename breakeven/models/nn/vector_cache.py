"""Vectors of texts, kept by the content of the text: what an encoder has read once is not read again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from safetensors.numpy import load, save

from breakeven.records.record import digest_of
from breakeven.store import write_bytes

KEY_BYTES = 16
AT_ONCE = 512
"""Texts whose vectors are asked for and kept together; an interrupted run has lost no more."""


class VectorCache:
    """A folder of files with keys (n, 16) uint8 and vectors (n, d) float32. One folder an encoder and form."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.places: dict[bytes, np.ndarray] = {}
        for file in sorted(folder.glob("*.safetensors")):
            self._take(load(file.read_bytes()))

    def _take(self, kept: dict[str, np.ndarray]) -> None:
        self.places.update(zip((key.tobytes() for key in kept["keys"]), kept["vectors"], strict=True))

    def vectors(
        self,
        texts: Sequence[str],
        encode: Callable[[Sequence[str]], np.ndarray],
        progress: Callable[[float], None] = lambda share: None,
    ) -> np.ndarray:
        """Vectors (n, d) in the order of the texts; `encode` is asked for those that are not kept.

        `progress` is told the share that is done after each batch; it may raise to stop.
        """
        keys = [_key(text) for text in texts]
        wanted = {key: text for key, text in zip(keys, texts, strict=True) if key not in self.places}
        missing = sorted(wanted.items(), key=lambda pair: len(pair[1]))
        for begun in range(0, len(missing), AT_ONCE):
            self._add(missing[begun : begun + AT_ONCE], encode)
            progress(min(1.0, (begun + AT_ONCE) / len(missing)))
        return np.stack([self.places[key] for key in keys])

    def missing(self, texts: Sequence[str]) -> list[str]:
        """The texts whose vectors are not kept, each once."""
        return list({key: text for text in texts if (key := _key(text)) not in self.places}.values())

    def _add(self, pairs: Sequence[tuple[bytes, str]], encode: Callable[[Sequence[str]], np.ndarray]) -> None:
        vectors = encode([text for _, text in pairs])
        keys = np.frombuffer(b"".join(key for key, _ in pairs), np.uint8).reshape(-1, KEY_BYTES)
        self._take({"keys": keys, "vectors": vectors})
        self.folder.mkdir(parents=True, exist_ok=True)
        name = digest_of(keys.tobytes())
        write_bytes(self.folder / f"{name}.safetensors", save({"keys": np.ascontiguousarray(keys), "vectors": vectors}))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()
