"""Teaching a small net: who teaches, what is said of which rows, and how much of the truth is mixed in."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from breakeven.core.words import say
from breakeven.models.artifact import load_artifact
from breakeven.models.model import Declined, Member, Predictor, Trained, Work
from breakeven.models.nn.pairs import are_pairs
from breakeven.models.nn.small_net_job import Search
from breakeven.models.nn.small_net_search import train_nets
from breakeven.models.nn.token_vectors import TokenVectors, token_vectors
from breakeven.models.weights import find_weights

KINDS = ("bag", "cnn")
"""Nets that answer about as quickly as a linear model."""
LEAST_MS = 0.5
"""A teacher that answers in less needs no pupil."""
TRUTH = 0.3
"""The share of the true answers in what is taught; the rest is the teacher's word (Hinton et al. 2015)."""
TIMED = 20
MOST_SHARE = 0.3
"""Of the time, at most, for asking the teacher; rows that it had no time for are taught by their true answers."""
ASKED_AT_ONCE = 64


def train_distilled(work: Work) -> Trained:
    """Ask the best member about all rows, teach a net with that. Raises Declined when the best one is quick."""
    teacher = best_member(work)
    _, predictor = load_artifact(teacher.artifact)
    ms = milliseconds(predictor, work.rows)
    if ms < LEAST_MS:
        raise Declined(
            say("the best model, {name}, answers in {ms} itself: it needs no pupil", name=teacher.name, ms=ms)
        )
    search = Search.of(work)
    search.start = starting_vectors(work)
    until = time.monotonic() + MOST_SHARE * work.seconds_left()
    said = said_of_rows(work, teacher, predictor, until)
    search.lesson = mixed(search, said)
    if work.unlabelled is not None:
        more = ask(predictor, work.unlabelled, until)
        known = np.isfinite(more).all(axis=1)
        search.more = [text for text, there in zip(search.more, known.tolist(), strict=True) if there]
        search.more_lesson = _as_lesson(search, more[known])
    trained = train_nets(search, KINDS)
    asked = int(np.isfinite(said).all(axis=1).sum()) + len(search.more_lesson if search.more_lesson is not None else ())
    return replace(trained, settings={**trained.settings, "teacher": teacher.name, "asked": asked})


def starting_vectors(work: Work) -> TokenVectors | None:
    """The token vectors of the encoder that the candidate names; a pair needs a tokenizer that parts its texts."""
    name = work.candidate.setting("encoder")
    weights = find_weights(str(name), Path(str(work.candidate.setting("folder")))) if name else None
    if weights is None:
        return None
    try:
        found = token_vectors(weights)
    except Declined:  # of no use here; the rungs that need it say so
        return None
    return found if found.between is not None or not are_pairs(work.dataset.inputs) else None


def best_member(work: Work) -> Member:
    """The member with the least mean loss on the scored rows. Raises Declined when there is none."""
    truth = work.target[work.scored]
    known = truth >= 0 if work.dataset.labels else np.isfinite(truth)
    if not work.members:
        raise Declined(say("there is no trained model that could teach"))
    return min(work.members, key=lambda m: float(work.output.loss(truth[known], m.predictions[known]).mean()))


def milliseconds(predictor: Predictor, rows: pa.Table) -> float:
    """The median time of a single answer."""
    taken = []
    for place in range(min(TIMED, rows.num_rows)):
        begun = time.perf_counter()
        predictor.predict(rows.slice(place, 1))
        taken.append(time.perf_counter() - begun)
    return float(np.median(taken[1:] or taken)) * 1e3


def said_of_rows(work: Work, teacher: Member, predictor: Predictor, until: float) -> np.ndarray:
    """What the teacher says (n, width), NaN where there was no time to ask.

    Of the scored rows its out-of-sample predictions are known; with one fold these are not fitted, but only held
    against. The others it has seen in training, so that of them it is surer than it should be.
    """
    said = np.full((work.rows.num_rows, teacher.predictions.shape[1]), np.nan)
    said[work.scored] = teacher.predictions
    others = np.setdiff1d(np.arange(work.rows.num_rows), work.scored)
    said[others] = ask(predictor, work.rows.take(others), until)
    return said


def ask(predictor: Predictor, rows: pa.Table, until: float) -> np.ndarray:
    """The teacher's answers (n, width), a batch at a time; NaN from when the time was over."""
    first = predictor.predict(rows.slice(0, 1))
    said = np.full((rows.num_rows, first.shape[1]), np.nan)
    for begun in range(0, rows.num_rows, ASKED_AT_ONCE):
        if time.monotonic() > until:
            break
        said[begun : begun + ASKED_AT_ONCE] = predictor.predict(rows.slice(begun, ASKED_AT_ONCE))
    return said


def mixed(search: Search, said: np.ndarray) -> np.ndarray:
    """What each row teaches: the truth and the teacher's word, or the truth alone where there is none."""
    lesson = _as_lesson(search, said)
    if search.classes:
        truth = np.eye(said.shape[1], dtype=np.float32)[np.maximum(search.target, 0)]
    else:
        truth = search.target
    return np.where(np.isnan(lesson), truth, TRUTH * truth + (1 - TRUTH) * lesson).astype(np.float32)


def _as_lesson(search: Search, said: np.ndarray) -> np.ndarray:
    return said.astype(np.float32) if search.classes else search.scale.apply(said[:, 0])
