"""A release that answers in this process: verified, loaded, warm, with its reader and its measured pace."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breakeven.core.errors import ModelError
from breakeven.core.words import say
from breakeven.inputs.values import Value, Values
from breakeven.models import MODELS
from breakeven.models.artifact import ARTIFACT, load_artifact, read_artifact
from breakeven.models.model import Billed, Predictor, values_predictor
from breakeven.models.writing import TokenWriter
from breakeven.outputs import OUTPUTS
from breakeven.records.artifact import Artifact
from breakeven.records.dataset import Column
from breakeven.serving.arrow import ArrowReader
from breakeven.serving.batching import Answers, Rows
from breakeven.serving.limits import Limits
from breakeven.serving.reading import RequestReader
from breakeven.serving.text_release import Writing, child_answers, child_writing, load_writing, whole_answers
from breakeven.serving.vllm import is_child
from breakeven.stages.golden import ANSWERS, QUESTIONS, same_answer
from breakeven.stages.releases import verified
from breakeven.store import Store

CAPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Batch sizes that are tried when a release is loaded."""
WORTH_IT = 1.05
"""A larger batch is taken when its rate is so many times the best smaller one's: waiting longer must pay."""
CHILD_SHARE = 0.75
"""Of golden answers that another program must give again: on another processor two tokens that are about as probable
may change places, and all behind them with it."""
LONGEST_BATCH_SECONDS = 0.2
"""Larger batches of a slow model are not tried: the first of their rows would wait too long, and so would the start."""
SECONDS_A_SIZE, CALLS_A_SIZE = 0.03, 8
"""A size is tried until one is reached: a cheap model is ready at once, and a large one is asked a few times."""


@dataclass(frozen=True)
class Served:
    """What answers: `answer` takes rows and gives one answer a row; `cap` is the best batch size measured here.

    `number` is that of the release, 0 for an artifact that is none yet.
    """

    number: int
    artifact: Artifact
    reader: RequestReader
    bulk: ArrowReader
    answer: Callable[[Rows], Answers]
    cap: int
    seconds_a_row: float
    writing: Writing | None = None
    """How it writes, where its answers are texts."""


def load_release(store: Store, number: int, limits: Limits, engine: str = "here") -> Served:
    """Verify a release, load it, ask it its golden rows and measure its batch size. `engine` writes texts (vllm.py).

    Raises UsageError, ModelError: nothing that fails here may answer anybody.
    """
    verified(store, number)
    folder = store.release_folder(number)
    if is_child(engine) and (found := _by_child(folder, number, limits, engine)):
        return found
    artifact, predictor = load_artifact(folder / ARTIFACT)
    _can_be_served(artifact, predictor, folder)
    values = values_of(_golden_rows(folder), artifact)
    served = _served(artifact, predictor, folder, values, limits, number)
    _check(folder, values.table(), served.answer)
    _check(folder, values, served.answer)
    return served


def served_artifact(folder: Path, rows: Sequence[Mapping[str, str | None]], limits: Limits) -> Served:
    """An artifact that is no release yet, as it would be served; its pace is measured on `rows`. Raises ModelError."""
    artifact, predictor = load_artifact(folder)
    _can_be_served(artifact, predictor, folder)
    return _served(artifact, predictor, folder, values_of(rows, artifact), limits, 0)


def values_of(rows: Sequence[Mapping[str, str | None]], artifact: Artifact) -> Values:
    """Rows of text cells as a program would send them: numbers as numbers."""
    columns = artifact.columns
    return Values(columns, [tuple(_as_sent(row.get(column.name), column) for column in columns) for row in rows])


def _as_sent(cell: str | None, column: Column) -> Value:
    if cell is None or column.kind != "number":
        return cell
    try:
        return float(cell)
    except ValueError:
        return cell


def _served(artifact: Artifact, predictor: Predictor, folder: Path, rows: Values, limits: Limits,
            number: int) -> Served:  # fmt: skip
    if isinstance(predictor, TokenWriter):
        return _served_writer(artifact, predictor, limits, number)
    answer = _answerer(artifact, predictor)
    cap, seconds = _best_cap(rows, answer, limits.items)
    reader, bulk = RequestReader(artifact, limits), ArrowReader(artifact.columns, limits)
    return Served(number, artifact, reader, bulk, answer, cap, seconds)


def _by_child(folder: Path, number: int, limits: Limits, engine: str) -> Served | None:
    """A release that another program writes for; None where it has no files for one."""
    artifact = read_artifact(folder / ARTIFACT)
    model = MODELS.get(artifact.family.partition("/")[0])
    files = model.checkpoint(folder / ARTIFACT)
    if files is None:
        return None
    writing = child_writing(artifact, model.prompts(folder / ARTIFACT), files, engine, limits)
    served = _written(artifact, writing, child_answers(writing), limits, number)
    _check(folder, values_of(_golden_rows(folder), artifact), served.answer, CHILD_SHARE)
    return served


def _written(artifact: Artifact, writing: Writing, answer: Callable[[Rows], Answers], limits: Limits,
             number: int) -> Served:  # fmt: skip
    asking = artifact.model_copy(update={"columns": writing.columns})
    reader = RequestReader(asking, limits.model_copy(update={"items": limits.texts_a_request}))
    bulk = ArrowReader(writing.columns, limits)
    return Served(number, artifact, reader, bulk, answer, 1, writing.seconds_a_row, writing)


def _served_writer(artifact: Artifact, predictor: TokenWriter, limits: Limits, number: int) -> Served:
    writing = load_writing(artifact, predictor, limits)
    return _written(artifact, writing, whole_answers(artifact, predictor), limits, number)


def _golden_rows(folder: Path) -> list[dict[str, str | None]]:
    """Raises ModelError where a release has none."""
    if not (folder / QUESTIONS).exists():
        raise ModelError(
            say("the release has no golden rows: it was made by an older version"), str(folder),
            say('make it again with "breakeven run", or promote another one'),
        )
    return [json.loads(line) for line in (folder / QUESTIONS).read_text(encoding="utf-8").splitlines()]


def _can_be_served(artifact: Artifact, predictor: Predictor, folder: Path) -> None:
    if isinstance(predictor, Billed):
        raise ModelError(
            say("a release of {family} is not served over HTTP yet", family=artifact.family), str(folder),
            say('answer files with "breakeven predict", or ask its provider directly'),
        )


def _answerer(artifact: Artifact, predictor: Predictor) -> Callable[[Rows], Answers]:
    output, by_values = OUTPUTS.get(artifact.output), values_predictor(predictor)

    def answer(rows: Rows) -> Answers:
        predictions = by_values(rows) if isinstance(rows, Values) else predictor.predict(rows)
        return output.answers(predictions, artifact.labels)

    return answer


def _check(folder: Path, rows: Rows, answer: Callable[[Rows], Answers], share: float = 1.0) -> None:
    """Raises ModelError when a golden answer, of more than 1 - share of them, is not given again, here and now."""
    lines = (folder / ANSWERS).read_text(encoding="utf-8").splitlines()
    others = 0
    for number, (line, given) in enumerate(zip(lines, answer(rows), strict=True), 1):
        then = json.loads(line)
        now = flat(given)
        others += not same_answer({name: then[name] for name in now}, now)
        if others > (1 - share) * len(lines):
            raise ModelError(
                say("the release does not give its golden answers again"),
                say("{file}, row {row}", file=str(folder / ANSWERS), row=number),
                say("it was made with other libraries, or a file is damaged: make it anew with \"breakeven run\""),
            )


def flat(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as the columns of a file: its scores under `score_<label>`."""
    scores = {f"score_{label}": value for label, value in answer.get("scores", {}).items()}
    return {name: value for name, value in answer.items() if name != "scores"} | scores


def _best_cap(rows: Values, answer: Callable[[Rows], Answers], most: int) -> tuple[int, float]:
    """The batch size with the best rate, and the seconds a row takes in it."""
    best, pace = 1, _pace(_repeated(rows, 1), answer)
    for cap in CAPS[1:]:
        if cap > most or cap * pace > LONGEST_BATCH_SECONDS:
            break
        seconds = _pace(_repeated(rows, cap), answer)
        if pace > seconds * WORTH_IT:
            best, pace = cap, seconds
        elif seconds > pace * WORTH_IT:
            break
    return best, pace


def _pace(rows: Values, answer: Callable[[Rows], Answers]) -> float:
    """Seconds a row, the best of several calls; the first one warms what is made on first use."""
    answer(rows)
    best, until, calls = float("inf"), time.perf_counter() + SECONDS_A_SIZE, 0
    while calls == 0 or (calls < CALLS_A_SIZE and time.perf_counter() < until):
        begun = time.perf_counter()
        answer(rows)
        best, calls = min(best, time.perf_counter() - begun), calls + 1
    return best / rows.num_rows


def _repeated(rows: Values, wanted: int) -> Values:
    return Values(rows.columns, [rows.rows[place % rows.num_rows] for place in range(wanted)])
