"""The forms in which a trained small net may be released: what is cut from it, and how its numbers are kept."""

from __future__ import annotations

import copy
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from breakeven.models.nn.export import export_net, quantize
from breakeven.models.nn.gate import Answer, Form, form_or_fault
from breakeven.models.nn.nets import TextNet, Transformer
from breakeven.models.nn.padding import padded_arrays
from breakeven.models.nn.session import GRAPH, OnnxNet, open_session, save_settings
from breakeven.models.nn.shrinking import (
    keep_zeros,
    quantize_static,
    without_heads,
    without_layers,
    without_small_weights,
)
from breakeven.models.nn.small_net_answers import answers_of

PLAIN = "plain"
FORMS = {
    PLAIN: ("", ""),
    "int8": ("", "dynamic"),
    "int8-static": ("", "static"),
    "layers-half": ("layers", ""),
    "layers-half-int8": ("layers", "static"),
    "heads-half": ("heads", ""),
    "heads-half-int8": ("heads", "static"),
    "weights-half": ("weights", ""),
}
"""Of each form what is cut, and how eight bits are scaled."""
ALONE = ("int8",)
"""Forms whose answers depend on the rows answered together, so that they answer one at a time."""
CALIBRATED_ON, CALIBRATED_AT_ONCE = 256, 8


@dataclass
class Maker:
    """Makes forms of a net in `folder`, a graph each. `recover` trains a cut net a little, `calibrate`
    changes the head of what is released."""

    net: TextNet
    tokenizer: Tokenizer
    most_tokens: int
    examples: Sequence[np.ndarray]
    """Token numbers of training rows, for the scales of activations."""
    classes: bool
    folder: Path
    recover: Callable[[TextNet], None]
    calibrate: Callable[[TextNet], None]
    exported: dict[str, Path] = field(default_factory=dict)

    def forms(self, has_time: Callable[[], bool]) -> list[Form]:
        """All forms that suit the net: plain and eight bits always, cut ones while there is time."""
        names = [name for name in FORMS if self._suits(name)]
        return [self.form(name) for name in names if not FORMS[name][0] or has_time()]

    def _suits(self, name: str) -> bool:
        encoder, cut = self.net.encoder, FORMS[name][0]
        if cut in ("", "weights"):
            return True
        return isinstance(encoder, Transformer) and (cut == "heads" or len(encoder.layers) > 1)

    def form(self, name: str) -> Form:
        return form_or_fault(name, self.folder / f"{name}.onnx", lambda path: self._make(name, path))

    def _make(self, name: str, path: Path) -> Answer:
        cut, scaled = FORMS[name]
        graph = self._graph(cut)
        if scaled == "dynamic":
            quantize(graph, path)
        elif scaled == "static":
            quantize_static(graph, path, self._feeds())
        elif graph != path:
            shutil.copyfile(graph, path)
        net = OnnxNet(open_session(path, 1), _reading(self.tokenizer, self.most_tokens), name in ALONE)
        return lambda texts: answers_of(net.run(texts), self.classes)

    def _graph(self, cut: str) -> Path:
        """The 32-bit graph of the net with something cut from it, or of the whole net."""
        if cut not in self.exported:
            net = self._cut(cut) if cut else copy.deepcopy(self.net)
            self.calibrate(net)
            self.exported[cut] = self.folder / f"{cut or 'whole'}-32.onnx"
            export_net(net, self.exported[cut])
        return self.exported[cut]

    def _cut(self, cut: str) -> TextNet:
        if cut == "layers":
            smaller = without_layers(self.net, max(1, len(self.net.encoder.layers) // 2))  # type: ignore[arg-type]
        elif cut == "heads":
            smaller = without_heads(self.net, 0.5)
        else:
            smaller = without_small_weights(self.net, 0.5)
            keep_zeros(smaller)
        assert isinstance(smaller, TextNet)
        self.recover(smaller)
        return smaller

    def _feeds(self) -> Iterator[Mapping[str, np.ndarray]]:
        some = self.examples[:: max(1, len(self.examples) // CALIBRATED_ON)]
        for begun in range(0, len(some), CALIBRATED_AT_ONCE):
            ids, mask = padded_arrays([row.tolist() for row in some[begun : begun + CALIBRATED_AT_ONCE]])
            yield {"input_ids": ids, "attention_mask": mask}

    def release(self, form: Form, artifact: Path) -> None:
        """Put a form and its tokenizer where they are released from."""
        shutil.copyfile(form.path, artifact / GRAPH)
        save_settings(artifact, self.tokenizer.to_str(), self.most_tokens, form.name in ALONE)


def _reading(tokenizer: Tokenizer, most: int) -> Tokenizer:
    """The tokenizer as a released net uses it; the one that training uses stays as it is."""
    own = Tokenizer.from_str(tokenizer.to_str())
    own.no_padding()
    own.enable_truncation(most)
    return own
