"""The label queue: the most useful logged rows out as a file, and back in as feedback."""

from __future__ import annotations

import difflib
import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.core.errors import DataError, UsageError
from breakeven.core.words import say
from breakeven.inputs.reader import ROW, read_table
from breakeven.inputs.writer import open_writer
from breakeven.monitoring.picking import pick, random_count
from breakeven.outputs.number import read_number
from breakeven.records.labels import Queue, Wanted
from breakeven.serving.traffic_place import traffic_of
from breakeven.serving.traffic_store import Batch, TrafficStore
from breakeven.stages.releases import named
from breakeven.store import Store, new_file

RANDOM_SHARE = 0.5
ID, TRUTH = "id", "truth"
NEEDED = ["id", "inputs", "answer", "confidence"]
AT_ONCE = 5_000


def labels_next(store: Store, wanted: int, random_share: float = RANDOM_SHARE, seed: int = 0) -> Queue:
    """The rows of the log to label next; never one that is labelled, and no input twice.

    Raises UsageError where the log keeps no inputs, or all are labelled.
    """
    traffic = traffic_of(store)
    rows = _waiting(traffic)
    if not rows:
        raise UsageError(
            say("there are no rows to label: the log keeps no inputs without a truth"), traffic.place,
            say("inputs are kept by \"breakeven serve --log-inputs 1\" only"),
        )
    inputs = [json.loads(row["inputs"]) for row in rows]
    sure = np.array([row["confidence"] or 0.0 for row in rows], float)
    kinds = [row["answer"] if row["confidence"] is not None else "" for row in rows]  # numbers are one kind
    places = pick(inputs, sure, kinds, wanted, random_share, seed)
    by_chance = len(places) - random_count(min(wanted, len(rows)), random_share)
    return Queue(
        rows=tuple(
            Wanted(id=rows[place]["id"], inputs=inputs[place], answer=rows[place]["answer"],
                   confidence=rows[place]["confidence"], why="unsure" if order < by_chance else "random")
            for order, place in enumerate(places.tolist())
        ),
        waiting=len(rows),
        labels=_labels(store),
    )  # fmt: skip


def _waiting(traffic: TrafficStore) -> list[dict[str, Any]]:
    """The newest answer to each input whose truth nobody has told, in the order of the log."""
    told = traffic.read("feedback", columns=["id", "truth"])
    known = told.filter(pc.is_valid(told.column("truth"))).column("id").combine_chunks()
    done: set[str] = set()
    found: dict[str, dict[str, Any]] = {}
    for table in traffic.scan("answers", columns=NEEDED):
        is_known = pc.is_in(table.column("id"), known)
        kept = pc.and_(pc.is_valid(table.column("inputs")), pc.is_valid(table.column("answer")))
        done.update(table.filter(pc.and_(kept, is_known)).column("inputs").to_pylist())
        found |= {row["inputs"]: row for row in table.filter(pc.and_(kept, pc.invert(is_known))).to_pylist()}
    return [row for text, row in found.items() if text not in done]


def write_queue(queue: Queue, file: Path) -> None:
    """The rows as a file: id, empty truth, inputs, answer, confidence, why. Raises DataError, StorageError."""
    columns = list(dict.fromkeys(name for row in queue.rows for name in row.inputs if name not in (ID, TRUTH)))
    table = pa.Table.from_pylist([
        {ID: row.id, TRUTH: None, **{name: row.inputs.get(name) for name in columns}, "answered": row.answer,
         "confidence": None if row.confidence is None else round(row.confidence, 4), "why": row.why}
        for row in queue.rows
    ])  # fmt: skip
    with new_file(file) as temporary, open_writer(temporary, file) as write:
        write(table)


def labels_add(store: Store, file: Path) -> int:
    """Take the truths of a file as feedback; rows without one are left. Returns how many were taken.

    Raises DataError, before anything is written, for a column that is missing, a label or an id that is not known.
    """
    table = read_table(file)
    for name in (ID, TRUTH):
        if name not in table.column_names:
            raise DataError(
                say("the column {name} is missing", name=name), str(file),
                say("it needs the columns id and truth, as \"breakeven labels next\" writes them"),
            )
    lines = [line for line in table.select([ID, TRUTH, ROW]).to_pylist() if (line[TRUTH] or "").strip()]
    lines = [{**line, TRUTH: line[TRUTH].strip(), ID: (line[ID] or "").strip()} for line in lines]
    _check_truths(lines, _labels(store), file)
    traffic = traffic_of(store)
    _check_ids(lines, traffic, file)
    writer, now = f"labels-{os.getpid()}-{time.time_ns()}", datetime.now(UTC)
    for first in range(0, len(lines), AT_ONCE):
        told = [{"at": now, "id": line[ID], "truth": line[TRUTH], "reward": None, "event": None}
                for line in lines[first : first + AT_ONCE]]  # fmt: skip
        traffic.write(Batch("feedback", writer, first, told))
    traffic.close()
    return len(lines)


def _labels(store: Store) -> tuple[str, ...]:
    """What the present release can answer."""
    number = store.current_release()
    if number is None:
        raise UsageError(say("there is no release yet"), str(store.folder), say('make one with "breakeven run"'))
    return named(store, number.number).labels


def _check_truths(lines: list[dict[str, Any]], labels: tuple[str, ...], file: Path) -> None:
    for line in lines:
        if line[TRUTH] in labels or (not labels and read_number(line[TRUTH]) is not None):
            continue
        close = difflib.get_close_matches(line[TRUTH], labels, 1, 0.5)
        raise DataError(
            say("there is no label {name}", name=line[TRUTH]),
            say("{file}, row {row}", file=str(file), row=line[ROW]),
            say("did you mean {word}?", word=close[0]) if close else say("known: {names}", names=labels)
            if labels else say("the truth of a number is a number"),
        )  # fmt: skip


def _check_ids(lines: list[dict[str, Any]], traffic: TrafficStore, file: Path) -> None:
    known = set(_ids(traffic, pa.array([line[ID] for line in lines], pa.string())))
    for line in lines:
        if line[ID] not in known:
            raise DataError(
                say("there is no answer {name} in the log", name=line[ID] or "?"),
                say("{file}, row {row}", file=str(file), row=line[ROW]),
                say("ids are those that \"breakeven labels next\" wrote; days older than the log keeps are gone"),
            )


def _ids(traffic: TrafficStore, wanted: pa.Array) -> Iterator[str]:
    for table in traffic.scan("answers", columns=["id"]):
        yield from table.filter(pc.is_in(table.column("id"), wanted)).column("id").to_pylist()
