"""What is made of a tuned net: calibrated, exported, its forms measured, the kept one released."""

from __future__ import annotations

import copy
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch

from breakeven.models.model import Trained, Work
from breakeven.models.nn.export import export_net, quantize
from breakeven.models.nn.gate import Form, choose_form, form_or_fault
from breakeven.models.nn.session import GRAPH, OnnxNet, save_settings
from breakeven.models.nn.tuned_answers import answers_of, save_answering
from breakeven.models.nn.tuned_net import TunedNet, run_net, save_net
from breakeven.models.nn.tuning import Fitted, Method, Tuning
from breakeven.models.stacking import cross_fitted, fit_stack
from breakeven.records.variant import Variant

PARTS = 5
SHRINK_SECONDS = 10.0
"""With less time left no smaller form is tried."""
MOST_GRAPH_BYTES = 1_800_000_000
"""A graph is one protobuf message, and those end at 2 GB."""
SAME = 2e-3
"""How much the graph's margins may differ from torch's, as a share of their spread."""


def train_tuned(work: Work, method: Method) -> Trained:
    """Train on the folds, write the artifact. Raises Declined where weights, memory or time do not suffice."""
    tuning = Tuning.of(work, method)
    first = tuning.train(*work.folds[0])
    mean, scores = Mean(first.net), [first.scores]
    for fit, score in work.folds[1:]:
        other = tuning.train(fit, score)
        mean.add(other.net)
        scores.append(other.scores)
    with tempfile.TemporaryDirectory(dir=work.artifact.parent) as place:
        predictions, variants = _release(tuning, _in_order(work, scores), first.net, mean.net(), Path(place))
    tuning.forget()
    train_value = work.metric.score(work.target[first.fitted], answers_of(first.fitted_scores, tuning.classes), None)
    return Trained(predictions, train_value, _settings(tuning, first), tuning.cut_short, variants,
                   curves=tuple(tuning.curves))  # fmt: skip


class Mean:
    """The mean of the weights of nets that began as the same one and saw different parts of the rows.

    Such nets lie in one basin of the loss; their mean is as good as the best of them or better (Wortsman et al. 2022).
    So nothing has to be trained again on all rows, and serving pays for one net.
    """

    def __init__(self, net: TunedNet) -> None:
        self.first, self.count = net, 1
        self.total = {name: each.double() for name, each in net.state_dict().items() if each.is_floating_point()}

    def add(self, net: TunedNet) -> None:
        self.count += 1
        for name, each in net.state_dict().items():
            if name in self.total:
                self.total[name] += each

    def net(self) -> TunedNet:
        """The first net itself where there is no other."""
        if self.count == 1:
            return self.first
        made = copy.deepcopy(self.first)
        values = {name: each / self.count for name, each in self.total.items()}
        made.load_state_dict(values, strict=False)
        return made


def _settings(tuning: Tuning, first: Fitted) -> dict[str, str | int | float | bool | None]:
    return {
        "model": tuning.weights.name,
        "steps": first.trace.step,
        "loss": first.trace.loss,
        "tokens": tuning.most,
        "precision": tuning.device.suited(first.net).precision,
        "estimated_seconds": round(tuning.estimated_seconds, 1),
        "trained_seconds": round(tuning.trained_seconds, 1),
        "estimated_peak_bytes": tuning.base_bytes + max(room.bytes for room in tuning.rooms),
        **first.kept,
    }


def _in_order(work: Work, parts: Sequence[np.ndarray]) -> np.ndarray:
    """What the nets of the folds say of the scored rows (scored, width), in the order of `work.scored`."""
    scores = np.empty((len(work.scored), parts[0].shape[1]))
    for (_, score), part in zip(work.folds, parts, strict=True):
        scores[np.searchsorted(work.scored, score)] = part
    return scores


def _release(
    tuning: Tuning, scores: np.ndarray, first: TunedNet, released: TunedNet, place: Path
) -> tuple[np.ndarray, tuple[Variant, ...]]:
    """Write the artifact; forms are judged by the first fold's net on rows that it has not seen.

    Returns the predictions of the scored rows and all forms as they were measured.
    """
    work, single = tuning.work, released is first
    calibrate(tuning, scores, [first] if single else [first, released])
    texts = [tuning.texts[row] for row in work.folds[0][1].tolist()]
    forms = _forms(tuning, first, place / "first", texts, work.seconds_left() >= SHRINK_SECONDS)
    kept, variants = forms[0], tuple[Variant, ...]()
    if len(forms) > 1:
        seconds = 0.4 * work.seconds_left()
        kept, variants = choose_form(forms, texts, work.target[work.folds[0][1]], work.metric, seconds=seconds)
    if single and kept is not forms[0]:
        margins = np.log(np.maximum(kept.answer(texts), 1e-12)) if tuning.classes else kept.answer(texts)
        scores = margins[np.argsort(work.folds[0][1])]
    if not single:
        made = _forms(tuning, released, place / "released", texts, kept.name == "int8")
        kept = made[0] if made[-1].fault else made[-1]
    shutil.copytree(kept.path, work.artifact, dirs_exist_ok=True)
    save_answering(work.artifact, tuning.view, tuning.classes)
    return _cross_calibrated(tuning, scores), variants


@torch.no_grad()
def calibrate(tuning: Tuning, scores: np.ndarray, nets: Sequence[TunedNet]) -> None:
    """Let the heads give probabilities that can be believed, as the scored rows tell."""
    if not tuning.classes:
        return
    stack = fit_stack([scores], tuning.work.target[tuning.work.scored])
    for net in nets:
        net.head.weight.mul_(float(stack.factors[0]))
        net.head.bias.mul_(float(stack.factors[0])).add_(torch.from_numpy(stack.bias))


def _cross_calibrated(tuning: Tuning, scores: np.ndarray) -> np.ndarray:
    """Predictions of the scored rows, each calibrated on other rows than itself."""
    if not tuning.classes:
        return scores
    target = tuning.work.target[tuning.work.scored]
    parts = np.random.default_rng(tuning.work.seed).permutation(len(target)) % PARTS
    return cross_fitted([scores], target, parts)


def _forms(tuning: Tuning, net: TunedNet, place: Path, texts: Sequence[str], smaller: bool) -> list[Form]:
    """The plain form, and if asked for one in eight bits; what no graph can be made of stays with torch."""
    place.mkdir()
    size = sum(each.numel() * 4 for each in net.parameters())
    if size < MOST_GRAPH_BYTES:
        plain = form_or_fault("plain", place / "plain", lambda folder: _plain(tuning, net, folder, texts[:8]))
        if not plain.fault:
            if not smaller:
                return [plain]
            return [plain, form_or_fault("int8", place / "int8", lambda folder: _int8(tuning, plain.path, folder))]
    return [_torch_form(tuning, net, place / "torch")]


def _folder(tuning: Tuning, folder: Path, alone: bool) -> None:
    folder.mkdir()
    save_settings(folder, tuning.tokenizer.to_str(), tuning.most, alone)


def _plain(tuning: Tuning, net: TunedNet, folder: Path, texts: Sequence[str]) -> Callable[[Sequence[str]], np.ndarray]:
    """Raises ValueError when the graph does not answer as the net does."""
    _folder(tuning, folder, alone=False)
    export_net(net, folder / GRAPH)
    graph = OnnxNet.load(folder)
    if texts:
        ids = [np.asarray(each.ids, np.int64) for each in tuning.tokenizer.encode_batch_fast(list(texts))]
        expected = run_net(net, ids, tuning.exact, rows=len(ids))
        off = np.abs(graph.run(texts) - expected).max() / (expected.std() + 1e-6)
        if not off < SAME:
            raise ValueError(f"the graph's answers differ from the net's by {off:.2g} of their spread")
    return lambda texts: answers_of(graph.run(texts), tuning.classes)


def _int8(tuning: Tuning, plain: Path, folder: Path) -> Callable[[Sequence[str]], np.ndarray]:
    _folder(tuning, folder, alone=True)
    quantize(plain / GRAPH, folder / GRAPH)
    graph = OnnxNet.load(folder)
    return lambda texts: answers_of(graph.run(texts), tuning.classes)


def _torch_form(tuning: Tuning, net: TunedNet, folder: Path) -> Form:
    _folder(tuning, folder, alone=True)
    save_net(net, folder)

    def answer(texts: Sequence[str]) -> np.ndarray:
        ids = [np.asarray(each.ids, np.int64) for each in tuning.tokenizer.encode_batch_fast(list(texts))]
        return answers_of(run_net(net, ids, tuning.exact, rows=1), tuning.classes)

    return Form("torch", folder, answer)
