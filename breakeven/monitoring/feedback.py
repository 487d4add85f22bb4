"""Logged truth as rows to learn from: joined with their inputs, cleaned, cut by time, added to the training rows.

The test rows stay as they are, and no row that equals one of them is taken, masked or not. The newest rows are held
back for the gate (stages/admission.py); all of them came after the present release was made, so that neither the old
model nor the new one has seen them. What the log no longer keeps is not known here.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.inputs.masking import TAGS, mask
from breakeven.inputs.parts import read_part
from breakeven.inputs.reader import ROW
from breakeven.inputs.spool import write_rows
from breakeven.outputs.number import read_number
from breakeven.records.dataset import Dataset
from breakeven.records.gate import Taken
from breakeven.records.record import digest_of
from breakeven.records.release import Release
from breakeven.serving.traffic_place import traffic_of
from breakeven.store import Store, new_folder

RECENT_SHARE = 0.3
FEWEST_RECENT, FEWEST_ADDED = 30, 30
Inputs = Mapping[str, str | None]


@dataclass(frozen=True)
class Told:
    """An answer whose truth came back: when it was given, what was asked, what was right."""

    at: datetime
    inputs: Inputs
    truth: str


@dataclass(frozen=True)
class Learned:
    """The rows to train on, and the folder whose `test` part are the recent rows."""

    dataset: Dataset
    recent: Path
    taken: Taken


def told_rows(store: Store) -> tuple[list[Told], int]:
    """Answers with a truth, the oldest first, and how many of them came without inputs. The newest word counts."""
    traffic = traffic_of(store)
    lines = (line for table in traffic.scan("feedback", columns=["at", "id", "truth"])
             for line in table.filter(pc.is_valid(table.column("truth"))).to_pylist())  # fmt: skip
    truths = {line["id"]: line["truth"] for line in sorted(lines, key=lambda line: line["at"])}
    wanted, found, lost = pa.array(list(truths), pa.string()), [], 0
    for table in traffic.scan("answers", columns=["at", "id", "inputs"]):
        for line in table.filter(pc.is_in(table.column("id"), wanted)).to_pylist():
            if line["inputs"] is None:
                lost += 1
            else:
                found.append(Told(line["at"], json.loads(line["inputs"]), truths[line["id"]]))
    return sorted(found, key=lambda told: told.at), lost


def learn_from_feedback(store: Store, base: Dataset, release: Release) -> Learned:
    """The dataset `base` with the logged rows, kept in the store under a digest of both.

    Raises UsageError when there are too few of them.
    """
    told, lost = told_rows(store)
    names = [column.name for column in base.inputs]
    folder = store.folder / base.folder
    tested = set(_keys(read_part(folder, "test").select(names).to_pylist()))
    trained = set(_keys(read_part(folder, "train", "validation").select(names).to_pylist()))
    newest = {_key(one.inputs, names): one for one in told}
    usable = {key: one for key, one in newest.items() if _is_usable(one, base)}
    fresh = {key: one for key, one in usable.items() if key not in tested and key not in trained}
    added, recent = _cut(sorted(fresh.values(), key=lambda one: one.at), release)
    taken = Taken(
        told=len(newest), added=len(added), recent=len(recent), masked=sum(map(_is_masked, (*added, *recent))),
        without_inputs=lost, test_rows=len(usable.keys() & tested), known=len(usable.keys() & trained - tested),
        unusable=len(newest) - len(usable),
    )  # fmt: skip
    _check(store, taken)
    return _kept(store, base, added, recent, taken)


def _keys(rows: Iterable[Inputs]) -> Iterable[str]:
    return (_key(row, list(row)) for row in rows)


def _key(row: Inputs, names: list[str]) -> str:
    """Equal for rows that are equal once personal data is masked, as it is in the log."""
    cells = [row.get(name) for name in names]
    return json.dumps([None if cell is None else mask(cell) for cell in cells], ensure_ascii=False)


def _is_usable(told: Told, base: Dataset) -> bool:
    """Whether the row has the columns of the data, and a truth that its answers can be."""
    there = all(column.name in told.inputs for column in base.inputs)
    right = told.truth in base.labels if base.labels else read_number(told.truth) is not None
    return there and bool(right)


def _is_masked(told: Told) -> bool:
    return any(tag in cell for cell in told.inputs.values() if cell for tag in TAGS.values())


def _cut(told: list[Told], release: Release) -> tuple[list[Told], list[Told]]:
    """The older ones, and the newest that are held back: at most all that came after the release was made."""
    made = datetime.fromisoformat(release.created)
    unseen = sum(one.at.replace(tzinfo=UTC) > made for one in told)
    held = min(unseen, max(FEWEST_RECENT, round(RECENT_SHARE * len(told))))
    return told[: len(told) - held], told[len(told) - held :]


def _check(store: Store, taken: Taken) -> None:
    if taken.added >= FEWEST_ADDED and taken.recent >= FEWEST_RECENT:
        return
    hint = say("send truths to /v1/feedback, or label rows: \"breakeven labels next\"")
    if taken.without_inputs > taken.told:
        hint = say("inputs are kept by \"breakeven serve --log-inputs 1\" only")
    raise UsageError(
        say("too few logged rows have a truth: {count} to learn from, {recent_count} recent ones; {fewest_count} of "
            "each are needed", count=taken.added, recent_count=taken.recent, fewest_count=FEWEST_ADDED),
        traffic_of(store).place, hint,
    )  # fmt: skip


def _kept(store: Store, base: Dataset, added: list[Told], recent: list[Told], taken: Taken) -> Learned:
    """Write both datasets unless they are there."""
    lines = [json.dumps([dict(one.inputs), one.truth], ensure_ascii=False, sort_keys=True) for one in (*added, *recent)]
    digest = digest_of("feedback", base.digest, str(len(added)), *lines)
    place, held = store.data_folder(digest), store.data_folder(f"{digest}-recent")
    source = store.folder / base.folder
    train = read_part(source, "train")
    if not place.is_dir() or not held.is_dir():
        with new_folder(held) as temporary:
            _write(temporary / "test.arrow", train.schema, _rows(train, base, recent))
        with new_folder(place) as temporary:
            for file in source.glob("*.arrow"):
                if file.name != "train.arrow":
                    shutil.copy2(file, temporary / file.name)
            _write(temporary / "train.arrow", train.schema, train, _rows(train, base, added))
    dataset = base.model_copy(update={
        "digest": digest, "folder": f"data/{digest}", "rows": {**base.rows, "train": base.rows["train"] + len(added)},
        "test_of": base.test_of or base.digest,
    })  # fmt: skip
    return Learned(dataset, held, taken)


def _rows(train: pa.Table, base: Dataset, told: list[Told]) -> pa.Table:
    """Logged rows with the columns of the training rows; what the log does not know is empty."""
    first = (pc.max(train.column(ROW)).as_py() or 0) + 1
    lines = [{**one.inputs, base.answer: one.truth, ROW: first + place} for place, one in enumerate(told)]
    return pa.Table.from_pylist([{name: line.get(name) for name in train.column_names} for line in lines], train.schema)


def _write(path: Path, schema: pa.Schema, *tables: pa.Table) -> None:
    write_rows(path, schema, iter(tables))
