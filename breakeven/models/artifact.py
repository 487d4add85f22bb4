"""Artifacts as they are used: loaded, asked about rows, their predictions kept. No family is named here."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import DataError, ModelError
from breakeven.core.words import say
from breakeven.models import MODELS
from breakeven.models.model import Predictor, Writer
from breakeven.outputs.output import Output
from breakeven.records.artifact import Artifact
from breakeven.store import write_bytes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

ARTIFACT = "artifact"
PREDICTIONS = "predictions.safetensors"


def load_artifact(folder: Path) -> tuple[Artifact, Predictor]:
    """The artifact of a folder and what answers with it.

    Raises ModelError when the folder holds none, or one of a later version than this code reads.
    """
    artifact = read_artifact(folder)
    name, _, version = artifact.family.partition("/")
    model = MODELS.get(name)
    if int(version) > model.version:
        raise ModelError(
            say("the artifact is {family}, this version reads up to {known}", family=artifact.family, known=model.tag),
            str(folder),
            say("install a newer breakeven"),
        )
    return artifact, model.load(folder, artifact)


def read_artifact(folder: Path) -> Artifact:
    """What the artifact of a folder takes and gives. Raises ModelError when there is none."""
    try:
        return Artifact.model_validate_json((folder / "artifact.json").read_bytes())
    except (OSError, ValueError):
        raise ModelError(
            say("there is no artifact, or it is damaged"), str(folder), say('make it again with "breakeven run"')
        ) from None


def save_predictions(path: Path, predictions: np.ndarray) -> None:
    """Keep predictions (n, width) as float64."""
    import numpy as np
    from safetensors.numpy import save

    write_bytes(path, save({"predictions": np.ascontiguousarray(predictions, np.float64)}))


def load_predictions(path: Path) -> np.ndarray:
    """Predictions (n, width) as they were saved."""
    from safetensors.numpy import load

    return load(path.read_bytes())["predictions"]


def answer_rows(rows: pa.Table, artifact: Artifact, predictor: Predictor, output: Output, where: str) -> pa.Table:
    """The rows as they came, with the answer's columns behind them; what a `Writer` writes is the column `written`.

    A column of the file that has the name of an answer's column is kept as NAME_in_file. Raises DataError when
    an input column is missing; an answer that models read may be, where other columns ask for one.
    """
    names = [column.name for column in artifact.columns]
    if artifact.answer in names[1:] and artifact.answer not in rows.column_names:
        rows = rows.append_column(artifact.answer, _empty(rows.num_rows))
    _check_columns(names, rows.column_names, where)
    asked = rows.select(names)
    answers = output.decode(predictor.predict(asked), artifact.labels)
    if isinstance(predictor, Writer):
        answers = answers.append_column("written", [predictor.write(asked)])
    kept = [name for name in rows.column_names if not name.startswith("_")]
    taken = set(answers.column_names)
    result = rows.select(kept).rename_columns([f"{name}_in_file" if name in taken else name for name in kept])
    for name in answers.column_names:
        result = result.append_column(name, answers.column(name))
    return result


def _empty(rows: int) -> pa.Array:
    import pyarrow as pa

    return pa.nulls(rows, pa.large_string())


def _check_columns(wanted: list[str], found: list[str], where: str) -> None:
    for name in wanted:
        if name not in found:
            close = difflib.get_close_matches(name, found, 1, 0.5)
            raise DataError(
                say("the column {name} is missing", name=name),
                where,
                say("did you mean {word}?", word=close[0]) if close else say("the file has: {names}", names=found),
            )
