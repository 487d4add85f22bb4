"""Look at the data before any money is spent: read, split, check, and keep the rows as the models will read them.

Rows without an answer, and rows without any cell, are left out. The files go through memory a batch at a time;
what is held whole is a few numbers a row.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from breakeven.checks import CHECKS
from breakeven.checks.check import Seen
from breakeven.checks.hashing import row_keys
from breakeven.core.errors import DataError
from breakeven.core.words import Message, say
from breakeven.inputs import INPUTS
from breakeven.inputs.columns import read_column
from breakeven.inputs.parts import UNLABELLED
from breakeven.inputs.reader import ROW
from breakeven.inputs.split import Split, split_rows
from breakeven.inputs.spool import chosen, file_digest, spool, write_rows
from breakeven.outputs import OUTPUTS
from breakeven.records.audit import Audit, Finding
from breakeven.records.dataset import Column, Dataset, Part
from breakeven.records.project import Project
from breakeven.records.record import MessageRecord, digest_of
from breakeven.records.task import Task
from breakeven.stages.named import Named, named_columns
from breakeven.store import Store, code_version, new_folder, storing
from breakeven.tasks import task_named

PARTS: tuple[Part, ...] = ("train", "validation", "test")
FILES = (*PARTS, "unlabelled")
LEVELS = ("blocking", "warning", "note")
SAMPLE = 50_000
"""Rows from which the kinds of the columns are read."""
MOST_MOVED = 0.2
"""Equal rows are kept in one part unless that would change a part's size by more than this."""


def audit(project: Project, project_folder: Path, store: Store) -> Audit:
    """All findings on the project's data, and the dataset unless one of them blocks.

    Raises ProjectError for columns that are not there, DataError for files that cannot be read or split. What was
    found is kept under a digest of the files, the settings and our code, and found again by the same.
    """
    paths = _paths(project, project_folder)
    task = task_named(project.product.task)
    digest = _digest(project, task, paths)
    found = store.cached("audit", digest, Audit, lambda: _look(project, task, paths, digest, store))
    if found.dataset is not None and not store.data_folder(digest).is_dir():
        _look(project, task, paths, digest, store)
    return found


def _paths(project: Project, folder: Path) -> dict[str, Path]:
    """The files that are given. Raises DataError when one is not there."""
    named = {part: getattr(project.data, part) for part in FILES}
    paths = {part: folder / name for part, name in named.items() if name is not None}
    for part, path in paths.items():
        if not path.exists():
            raise DataError(
                say("the file {file} does not exist", file=named[part]),
                f"data.{part}",
                say("paths are relative to the project file: {folder}", folder=folder),
            )
    return paths


def _digest(project: Project, task: Task, paths: Mapping[str, Path]) -> str:
    contents = []
    for part, path in paths.items():
        try:
            contents += [part, path.name, file_digest(path)]
        except OSError as fault:
            raise DataError(
                say("the file cannot be read: {fault}", fault=fault.strerror), str(path), say("check its rights")
            ) from None
    metric = project.target.metric or task.metric
    return digest_of(*contents, project.data.model_dump_json(), task.model_dump_json(), metric, code_version())


def _look(project: Project, task: Task, paths: Mapping[str, Path], digest: str, store: Store) -> Audit:
    """Read, split, keep and check. Where something blocks, the rows are not kept."""
    started = time.monotonic()
    with _reading(store) as reading, new_folder(store.data_folder(digest)) as folder:
        with storing(folder):
            reads_answer = OUTPUTS.get(task.output).reads_answer
            raw = {part: spool(paths[part], reading, reads_answer) for part in PARTS if part in paths}
            names = {part: table.column_names for part, table in raw.items()}
            named = named_columns(project.data, names, reads_answer)
            rows = Rows.of(project, raw, named)
            split = rows.split(task)
            parts = {part: rows.keep(part, folder / f"{part}.arrow") for part in PARTS}
            unlabelled = _keep_unlabelled(project, paths, named, reading, folder / UNLABELLED, reads_answer)
        dataset = _dataset(project, task, named, parts, split, digest).model_copy(update={"unlabelled": unlabelled})
        findings = _findings(project, task, rows, parts, dataset)
    blocked = any(finding.level == "blocking" for finding in findings)
    if blocked:
        shutil.rmtree(store.data_folder(digest), ignore_errors=True)
    return Audit(
        findings=findings,
        dataset=None if blocked else dataset,
        split=tuple(MessageRecord.of(_with_sizes(why, dataset)) for why in split.why),
        seconds=time.monotonic() - started,
    )


def _keep_unlabelled(
    project: Project, paths: Mapping[str, Path], named: Named, reading: Path, target: Path, plain: bool
) -> int:
    """Keep the input columns of the rows without answers; how many there are. Raises DataError for a lacking column."""
    if "unlabelled" not in paths:
        return 0
    raw = spool(paths["unlabelled"], reading, plain)
    for name in named.inputs:
        if name not in raw.column_names:
            raise DataError(
                say("there is no column {column} in {file}", column=name, file=str(project.data.unlabelled)),
                "data.unlabelled",
                say("its columns are: {names}", names=[name for name in raw.column_names if name != ROW]),
            )
    schema = pa.schema([*((name, pa.large_string()) for name in named.inputs), (ROW, pa.int64())])
    return write_rows(target, schema, chosen(raw, np.ones(raw.num_rows, bool), list(named.inputs))).num_rows


def _with_sizes(why: Message, dataset: Dataset) -> Message:
    """The sentence, with the sizes of the parts as they are now that equal rows stand together."""
    sizes = {str(part): rows for part, rows in dataset.rows.items() if part in why.values}
    return say(why.template, **(dict(why.values) | sizes))


@contextmanager
def _reading(store: Store) -> Iterator[Path]:
    """A folder for the rows as they were read; one that a killed run left behind is removed."""
    with storing(store.folder):
        store.folder.mkdir(parents=True, exist_ok=True)
        for left in store.folder.glob(".reading.*"):
            shutil.rmtree(left, ignore_errors=True)
        folder = tempfile.mkdtemp(prefix=".reading.", dir=store.folder)
    try:
        yield Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass
class Rows:
    """The rows of the given files, and into which part each goes.

    `place` holds for each file one number a row: an index into PARTS, or -1 for a row that is left out.
    """

    project: Project
    raw: dict[Part, pa.Table]
    named: Named
    place: dict[Part, np.ndarray]
    left_out: dict[str, dict[str, np.ndarray]]
    """Row numbers by reason (`empty_rows`, `unanswered`) and file."""

    @classmethod
    def of(cls, project: Project, raw: dict[Part, pa.Table], named: Named) -> Rows:
        place: dict[Part, np.ndarray] = {}
        left_out: dict[str, dict[str, np.ndarray]] = {"empty_rows": {}, "unanswered": {}}
        for part, table in raw.items():
            numbers = table[ROW].to_numpy()
            filled = np.zeros(len(numbers), bool)
            for name in table.column_names:
                if name != ROW:
                    filled |= table[name].is_valid().to_numpy()
            answered = table[named.answer].is_valid().to_numpy()
            file = getattr(project.data, part)
            left_out["empty_rows"][file] = numbers[~filled]
            left_out["unanswered"][file] = numbers[filled & ~answered]
            place[part] = np.where(filled & answered, PARTS.index(part), -1)
        return cls(project, raw, named, place, left_out)

    def split(self, task: Task) -> Split:
        """Place the training file's rows where no file was given for a part; the columns that tell how are read."""
        asked = [name for name in (self.named.answer, self.named.group, self.named.time) if name]
        taken = {part: self._columns(part, asked).filter(pa.array(self.place[part] >= 0)) for part in self.raw}
        if not taken["train"].num_rows:
            empty = {part: taken.get(part, taken["train"]) for part in PARTS}
            return Split(empty, "given", 1, ())
        fold = not OUTPUTS.get(task.output).reads_answer
        split = split_rows(taken, self.project.data, task.split, fold)
        place = self.place["train"]
        lookup = np.full(int(self.raw["train"][ROW][-1].as_py()) + 1, -1)
        for part in PARTS:
            if part not in self.raw or part == "train":
                lookup[split.parts[part][ROW].to_numpy()] = PARTS.index(part)
        self.place["train"] = np.where(place >= 0, lookup[self.raw["train"][ROW].to_numpy()], -1)
        if split.way in ("stratified", "random"):
            self._keep_equal_rows_together()
        return split

    def _columns(self, part: Part, names: list[str]) -> pa.Table:
        """Some columns and the row number; those that a file lacks are empty."""
        table = self.raw[part]
        empty = pa.nulls(table.num_rows, pa.large_string())
        return pa.table({name: table[name] if name in table.column_names else empty for name in [*names, ROW]})

    def _keep_equal_rows_together(self) -> None:
        """Rows with equal inputs go where the first of them went, so that no part is asked what another has told."""
        place = self.place["train"]
        taken = place >= 0
        keys = row_keys(self.raw["train"], self.named.inputs)[taken]
        _, first, groups = np.unique(keys, return_index=True, return_inverse=True)
        moved = place[taken][first][groups]
        before, after = (np.bincount(where, minlength=len(PARTS)) for where in (place[taken], moved))
        if (np.abs(after - before) <= MOST_MOVED * before).all():
            place[taken] = moved

    def keep(self, part: Part, path: Path) -> pa.Table:
        """Write the rows of a part, in the order of their file."""
        source = part if part in self.raw else "train"
        schema = pa.schema([*((name, pa.large_string()) for name in self.named.kept), (ROW, pa.int64())])
        mask = self.place[source] == PARTS.index(part)
        return write_rows(path, schema, chosen(self.raw[source], mask, self.named.kept))


def _dataset(
    project: Project, task: Task, named: Named, parts: dict[Part, pa.Table], split: Split, digest: str
) -> Dataset:
    """What the rows are."""
    fitted = [parts["train"], parts["validation"]] if split.folds > 1 else [parts["train"]]
    answers = pc.unique(pa.concat_tables(fitted)[named.answer])
    return Dataset(
        digest=digest,
        folder=f"data/{digest}",
        task=task.name,
        columns=_columns(project, task, named, parts["train"]),
        answer=named.answer,
        labels=OUTPUTS.get(task.output).labels(answers.to_pylist()),
        rows={part: table.num_rows for part, table in parts.items()},
        folds=split.folds,
        split=split.way,
        seed=project.data.seed,
        bytes=sum(_text_bytes(table) for table in parts.values()),
        chinese=_chinese(parts["train"], named.inputs),
    )


def _columns(project: Project, task: Task, named: Named, train: pa.Table) -> tuple[Column, ...]:
    """The inputs as their task reads them, then the other columns."""
    sample = train
    if train.num_rows > SAMPLE:
        rows = np.random.default_rng(project.data.seed).choice(train.num_rows, SAMPLE, replace=False)
        sample = train.take(pa.array(np.sort(rows)))
    inputs = INPUTS.get(task.input).columns(sample, named.inputs)
    roles: dict[str | None, str] = {named.answer: "answer", **dict.fromkeys(named.slices, "slice")}
    roles |= {named.time: "time", named.group: "group"}
    others = [name for name in named.kept if name not in named.inputs]
    return (*inputs, *(_column(sample, name, roles[name]) for name in others))


def _column(sample: pa.Table, name: str, role: str) -> Column:
    """A column that no model reads; its levels are not kept, there may be as many as rows."""
    return read_column(name, sample[name]).model_copy(update={"role": role, "levels": ()})


def _chinese(rows: pa.Table, inputs: tuple[str, ...]) -> float:
    """The share of Chinese characters among the letters of the first thousand rows."""
    text = "".join(cell for name in inputs for cell in rows.slice(0, 1000)[name].to_pylist() if cell)
    letters = sum(character.isalpha() for character in text)
    return sum("\u4e00" <= character <= "\u9fff" for character in text) / letters if letters else 0.0


def _text_bytes(table: pa.Table) -> int:
    sizes = (pc.sum(pc.binary_length(table[name])).as_py() for name in table.column_names if name != ROW)
    return sum(size or 0 for size in sizes)


def _findings(
    project: Project, task: Task, rows: Rows, parts: dict[Part, pa.Table], dataset: Dataset
) -> tuple[Finding, ...]:
    """What all checks say, the worst first."""
    data = project.data
    seen = Seen(
        project=project,
        task=task,
        parts=parts,
        files={part: getattr(data, part) or data.train for part in PARTS},
        columns=dataset.columns,
        labels=dataset.labels,
        folder=dataset.folder,
        seed=data.seed,
        extras=dict(rows.left_out),
    )
    found = [finding for check in CHECKS.all() for finding in check.look(seen)]
    return tuple(sorted(found, key=lambda finding: LEVELS.index(finding.level)))
