"""What is made of a trained small net: its head is calibrated, its forms are measured, the kept one is released."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from breakeven.models.model import Work
from breakeven.models.nn.gate import choose_form
from breakeven.models.nn.nets import TextNet
from breakeven.models.nn.small_net_answers import answers_of, save_answering
from breakeven.models.nn.small_net_forms import Maker
from breakeven.models.nn.small_net_job import Found, Search
from breakeven.models.nn.small_net_training import Rows, train_recipe
from breakeven.models.nn.tokenizing import MOST_LENGTH
from breakeven.models.stacking import cross_fitted, fit_stack
from breakeven.records.variant import Variant

RECOVERY_EPOCHS, RECOVERY_RATE = 2, 0.3
CUT_SECONDS = 15.0
"""A form with something cut out is begun only with so much time left."""
PARTS = 5
TRAIN_ROWS = 2_000
"""Rows that the score on training rows is taken on, at most."""


def release(
    search: Search, found: Sequence[Found], released: Found, place: Path
) -> tuple[np.ndarray, float, tuple[Variant, ...]]:
    """Write the artifact. `found` are the nets of the folds, `released` is the first of them or one of all rows.

    Forms are judged on the first fold, whose scored rows its net has not seen. Returns the predictions of the scored
    rows, the metric on rows of training, and all forms as they were measured.
    """
    work = search.work
    answers = _in_order(work, found)
    calibrate = _calibrator(search, answers)
    fit, score = work.folds[0]
    maker = _maker(search, found[0], calibrate, place, search.known(fit))
    texts = [search.texts[row] for row in score.tolist()]
    forms = maker.forms(lambda: work.seconds_left() > CUT_SECONDS)
    kept, variants = choose_form(forms, texts, work.target[score], work.metric, seconds=work.seconds_left() * 0.3)
    train_value = _train_value(search, kept.answer)
    predictions = answers_of(answers, True) if search.classes else search.scale.undo(answers)
    if released is found[0]:
        predictions = kept.answer(texts)[np.argsort(score)]
    else:
        (place / "released").mkdir()
        maker = _maker(search, released, calibrate, place / "released", search.known(np.arange(len(search.texts))))
        kept = maker.form(kept.name)
    maker.release(kept, work.artifact)
    save_answering(work.artifact, search.view, search.classes)
    return _cross_calibrated(search, predictions), train_value, variants


def _in_order(work: Work, found: Sequence[Found]) -> np.ndarray:
    """Answers of the nets (scored, width) in the order of `work.scored`."""
    answers = np.empty((len(work.scored), found[0].held.shape[1]), np.float32)
    for (_, score), each in zip(work.folds, found, strict=True):
        answers[np.searchsorted(work.scored, score)] = each.held
    return answers


def _calibrator(search: Search, answers: np.ndarray) -> Callable[[TextNet], None]:
    """What makes a head answer with probabilities that can be believed, or in the unit of the numbers."""
    if not search.classes:
        return search.scale.put_into
    stack = fit_stack([answers.astype(np.float64)], search.work.target[search.work.scored])

    @torch.no_grad()
    def calibrate(net: TextNet) -> None:
        factor = float(stack.factors[0])
        net.head.weight *= factor
        net.head.bias.mul_(factor).add_(torch.from_numpy(stack.bias).float())

    return calibrate


def _maker(search: Search, found: Found, calibrate: Callable[[TextNet], None], place: Path, fit: np.ndarray) -> Maker:
    rows = Rows(found.ids, search.target).take(fit)
    gentle = replace(found.recipe, epochs=RECOVERY_EPOCHS, learning_rate=found.recipe.learning_rate * RECOVERY_RATE)

    def recover(net: TextNet) -> None:
        train_recipe(gentle, net, rows, None, search.spent(CUT_SECONDS / 2))

    return Maker(
        found.net, found.tokenizer, MOST_LENGTH, rows.ids, search.classes, place, recover, calibrate
    )  # fmt: skip


def _train_value(search: Search, answer: Callable[[Sequence[str]], np.ndarray]) -> float:
    """The metric on rows that the net was fitted on."""
    fit = search.known(search.work.folds[0][0])
    some = fit[:: max(1, -(-len(fit) // TRAIN_ROWS))]
    answers = answer([search.texts[row] for row in some.tolist()])
    return search.work.metric.score(search.work.target[some], answers, None)


def _cross_calibrated(search: Search, predictions: np.ndarray) -> np.ndarray:
    """Predictions of the scored rows whose calibration was learned on other rows than their own."""
    if not search.classes:
        return predictions
    target = search.work.target[search.work.scored]
    parts = np.random.default_rng(search.work.seed).permutation(len(target)) % PARTS
    return cross_fitted([np.log(np.maximum(predictions, 1e-12))], target, parts)
