"""Training of the frozen encoder's head: vectors once, then a head on each fold, for every form of the encoder."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from breakeven.core.words import say
from breakeven.inputs.texts import Texts
from breakeven.models.model import Declined, Trained, Work
from breakeven.models.nn.encoder import FORMS, reading_digest, released_forms
from breakeven.models.nn.fetch import weights_named
from breakeven.models.nn.gate import Form, choose_form
from breakeven.models.nn.heads import Found, find_head, fit_head
from breakeven.models.nn.pairs import are_pairs, texts_of, vectors_of
from breakeven.models.nn.session import OnnxNet
from breakeven.models.nn.vector_cache import VectorCache
from breakeven.models.thinning import thinned
from breakeven.records.variant import Variant

PROBED = 48
"""Texts by which the time for all is foreseen."""
READING = 0.7
"""Of the time that is left, what reading the texts may take; the rest is for heads and saving."""


@dataclass(frozen=True)
class Tried:
    """A form of the encoder with the best head on it."""

    form: str
    folder: Path
    vectors: np.ndarray
    found: Found


def train_embed(work: Work) -> Trained:
    """Raises Declined where the weights cannot be read, or time is too short to read the texts once."""
    work, rows = thinned(work)
    weights = weights_named(str(work.candidate.setting("encoder")), Path(str(work.candidate.setting("folder"))))
    assert work.cache is not None
    forms = released_forms(weights, work.cache)
    view = Texts(work.dataset.inputs, pair=are_pairs(work.dataset.inputs))
    texts = view.transform(work.rows)
    readers = {form: Reader(form, folder, reading_digest(weights), work) for form, folder in forms.items()}
    tried = _try_forms(work, texts, list(readers.values()))
    kept, variants = _choose(work, tried, texts)
    shutil.copytree(kept.folder, work.artifact, dirs_exist_ok=True)
    fit_head(work, kept.vectors, rows, kept.found.strength).save(work.artifact)
    view.save(work.artifact)
    return Trained(
        kept.found.predictions,
        kept.found.train_value,
        {"encoder": weights.name, "form": kept.form, "strength": kept.found.strength},
        cut_short=len(tried) < len(forms),
        variants=variants,
    )


class Reader:
    """Reads texts with one form of an encoder; what was read before comes from the project's cache."""

    def __init__(self, form: str, folder: Path, digest: str, work: Work) -> None:
        assert work.cache is not None
        self.form, self.folder = form, folder
        self.net = OnnxNet.load(folder, work.threads)
        self.pair = are_pairs(work.dataset.inputs)
        self.cache = VectorCache(work.cache / "vectors" / f"{digest}-{form}")

    def seconds(self, texts: Sequence[Any]) -> float:
        """How long reading the texts, or pairs of texts, would take, foreseen by a few of them."""
        missing = self.cache.missing(texts_of(texts))
        probe = missing[:: max(1, len(missing) // PROBED)][:PROBED]
        if not probe:
            return 0.0
        begun = time.monotonic()
        self.net.run(probe)
        size = max(1, sum(map(len, probe)))
        return (time.monotonic() - begun) * sum(map(len, missing)) / size

    def read(self, texts: Sequence[Any], progress: Callable[[float], None]) -> np.ndarray:
        return vectors_of(texts, self.pair, lambda each: self.cache.vectors(each, self.net.run, progress))


def _try_forms(work: Work, texts: Sequence[Any], readers: Sequence[Reader]) -> list[Tried]:
    """The quicker form first; the other one as well where time suffices."""
    expected = {reader.form: reader.seconds(texts) for reader in readers}
    tried: list[Tried] = []
    for number, reader in enumerate(sorted(readers, key=lambda reader: expected[reader.form])):
        if expected[reader.form] > work.seconds_left() * READING:
            if tried:
                break
            raise Declined(say("reading the texts would take {seconds}, longer than the time that is left",
                               seconds=expected[reader.form]))  # fmt: skip
        vectors = reader.read(texts, _progress(work, number / len(readers), 1 / len(readers)))
        tried.append(Tried(reader.form, reader.folder, vectors, find_head(work, vectors)))
    return tried


def _progress(work: Work, begun: float, part: float) -> Callable[[float], None]:
    return lambda share: work.progress(begun + share * part, None)


def _choose(work: Work, tried: Sequence[Tried], texts: Sequence[Any]) -> tuple[Tried, tuple[Variant, ...]]:
    """The form to release: the plain one, or the smaller one where it is as good and pays."""
    by_form = {each.form: each for each in tried}
    if len(by_form) < len(FORMS):
        return tried[0], ()
    forms = [_measurable(work, by_form[form]) for form in FORMS]
    form, variants = choose_form(forms, [texts[place] for place in work.scored], work.target[work.scored], work.metric)
    return by_form[form.name], variants


def _measurable(work: Work, tried: Tried) -> Form:
    """A form as the gate takes it: timed with a head on one thread, judged by the answers out of sample."""
    net = OnnxNet.load(tried.folder)
    head = fit_head(work, tried.vectors, work.folds[0][0], tried.found.strength)
    pair = are_pairs(work.dataset.inputs)
    return Form(tried.form, tried.folder, lambda texts: head.answer(vectors_of(texts, pair, net.run)),
                known=tried.found.predictions)  # fmt: skip
