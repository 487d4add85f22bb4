"""Shifts that are planted in real rows, and how many rows it takes until monitor tells of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from quality import _artifact
from shifted_sets import ADULT, SETS, cells, data_folder

from breakeven.inputs.reader import read_table
from breakeven.monitoring.drift import Answers
from breakeven.monitoring.health import Reference, compare
from breakeven.records.dataset import Column
from breakeven.records.health import Shift

KNOWN = 3_000
SIZES = (100, 200, 300, 500, 750, 1_000, 1_500, 2_000, 3_000, 5_000)
SHARES = (1.0, 0.3, 0.1)
GRADUAL_ROWS, GRADUAL_STEP, GRADUAL_DAYS = 1_000, 0.02, 30
NUMBERS = ("age", "capital_gain", "capital_loss", "hours_per_week")
Cell = str | None
Row = dict[str, Cell]
Change = Callable[[Row, np.random.Generator], Row]


@dataclass(frozen=True)
class Scene:
    """Rows before, fresh rows of the same source, and their answers."""

    columns: tuple[Column, ...]
    known: list[Row]
    fresh: list[Row]
    tested: Answers
    given: Answers

    def shifts(self, rows: list[Row], places: np.ndarray) -> tuple[Shift, ...]:
        """What is told of some rows; `places` are those of their answers."""
        before = pa.Table.from_pylist(self.known)
        confidence = None if self.given.confidence is None else self.given.confidence[places]
        now = Answers([self.given.answers[place] for place in places], confidence)
        return compare(self.columns, Reference(before, self.tested, np.ones(1, bool)), now,
                       {column.name: [row[column.name] for row in rows] for column in self.columns})  # fmt: skip


# --- what is planted


def _cell(column: str, change: Callable[[str], Cell]) -> Change:
    return lambda row, chance: row | {column: None if row[column] is None else change(str(row[column]))}


def _times(factor: float) -> Callable[[str], str]:
    return lambda cell: f"{float(cell) * factor:g}"


def _from(column: str, others: np.ndarray) -> Change:
    return lambda row, chance: row | {column: str(chance.choice(others))}


def kinds(german: np.ndarray, sports: np.ndarray) -> dict[str, tuple[str, Change]]:
    """Name of the shift: the scene it is planted in, and what is done to a row."""
    return {
        "a unit (hours as minutes, ×60)": ("adult", _cell("hours_per_week", _times(60))),
        "a unit (age ×1,000)": ("adult", _cell("age", _times(1000))),
        "numbers rise (age +12 years)": ("adult", _cell("age", lambda cell: f"{float(cell) + 12:g}")),
        "cells go missing": ("adult", _cell("occupation", lambda cell: None)),
        "a new category": ("adult", _cell("workclass", lambda cell: "Platform-work")),
        "numbers out of range": ("adult", _cell("hours_per_week", lambda cell: "-1")),
        "texts are cut to 40 characters": ("agnews", _cell("text", lambda cell: cell[:40])),
        "texts become HTML": ("agnews", _cell("text", lambda cell: f"<p><b>{cell}</b><br/></p>")),
        "another language": ("agnews", _from("text", german)),
        "a topic never seen": ("agnews", _from("text", sports)),
    }


# --- scenes


def table_scene() -> Scene:
    rows = read_table(data_folder() / "adult" / "train.csv.gz").select([*ADULT])
    return _scene(rows, [Column(name=name, kind="number" if name in NUMBERS else "category") for name in ADULT])


def text_scene() -> tuple[Scene, np.ndarray]:
    """News without sports, and the news of sports."""
    rows = read_table(data_folder() / "agnews_small" / "train.csv.gz")
    sport = cells(rows, "label") == "Sports"
    text = rows.select(["text"])
    return _scene(text.filter(pa.array(~sport)), [Column(name="text", kind="text")]), cells(rows, "text")[sport]


def _scene(rows: pa.Table, columns: list[Column]) -> Scene:
    rows = rows.take(np.random.default_rng(1).permutation(rows.num_rows)[: KNOWN + 6_000])
    every: list[Row] = rows.to_pylist()
    nothing = Answers(["0"] * 200, None)  # answers of nobody: only inputs are looked at
    return Scene(tuple(columns), every[:KNOWN], every[KNOWN:], nothing, Answers(["0"] * len(every), None))


# --- delays


def delay(scene: Scene, change: Change, share: float, seed: int) -> int | None:
    """The fewest rows of SIZES at which there is an alarm; None when there is none at the most."""
    chance = np.random.default_rng(seed)
    places = chance.integers(0, len(scene.fresh), SIZES[-1])
    hit = chance.random(SIZES[-1]) < share
    rows = [change(scene.fresh[place], chance) if one else scene.fresh[place]
            for place, one in zip(places, hit, strict=True)]  # fmt: skip
    low, high = -1, len(SIZES) - 1
    if not _alarm(scene, rows, places, SIZES[high]):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if _alarm(scene, rows, places, SIZES[middle]) else (middle, high)
    return SIZES[high]


def _alarm(scene: Scene, rows: list[Row], places: np.ndarray, size: int) -> bool:
    return any(shift.alarm for shift in scene.shifts(rows[:size], places[:size]))


def gradual(scene: Scene, change: Change, seed: int) -> int | None:
    """Of a shift that takes two more percent of the rows every day, the day on which it is found; one look a day at the
    rows of that day."""
    chance = np.random.default_rng(seed)
    for day in range(1, GRADUAL_DAYS + 1):
        places = chance.integers(0, len(scene.fresh), GRADUAL_ROWS)
        rows = [change(scene.fresh[place], chance) if chance.random() < GRADUAL_STEP * day else scene.fresh[place]
                for place in places]  # fmt: skip
        if _alarm(scene, rows, places, GRADUAL_ROWS):
            return day
    return None


def measure(scratch: Path) -> list[dict[str, Any]]:
    text, sports = text_scene()
    scenes = {"adult": table_scene(), "agnews": text}
    german = cells(read_table(data_folder() / "multi30k_en_de" / "dev.csv.gz"), "de")
    found = [
        {"part": "planted", "what": what, "set": name, **{f"at {share:.0%}": delay(scenes[name], change, share, seed=2)
                                                          for share in SHARES},
         "gradual_days": gradual(scenes[name], change, seed=3)}
        for what, (name, change) in kinds(german, sports).items()
    ]  # fmt: skip
    return [*found, classes(scratch)]


def classes(scratch: Path) -> dict[str, Any]:
    """Another mix of the classes, seen by the answers of a real release alone: no inputs are kept."""
    from answered import answered

    one = next(one for one in SETS if one.name == "waimai typos")
    tested, _ = answered(one, scratch)
    artifact = _artifact(scratch / one.name.replace(" ", "-"))
    answers = np.array(tested.column("answer").to_pylist(), object)
    confidence = tested.column("confidence").to_numpy()
    rare = answers == artifact.labels[0]
    half = np.arange(len(answers)) % 2 == 0
    scene = Scene((), [], [], Answers(answers[half].tolist(), confidence[half]), Answers(answers.tolist(), confidence))
    record: dict[str, Any] = {"part": "planted", "what": "another mix of the classes", "set": "waimai10k"}
    chance = np.random.default_rng(4)
    for share in SHARES:
        taken = np.where(chance.random(SIZES[-1]) < share, chance.choice(np.flatnonzero(rare & ~half), SIZES[-1]),
                         chance.choice(np.flatnonzero(~half), SIZES[-1]))  # fmt: skip
        record[f"at {share:.0%}"] = next((size for size in SIZES if _answers_alarm(scene, taken[:size])), None)
    record["gradual_days"] = None
    return record


def _answers_alarm(scene: Scene, places: np.ndarray) -> bool:
    from breakeven.monitoring.drift import answer_shifts, shifts_of

    assert scene.given.confidence is not None
    now = Answers([scene.given.answers[place] for place in places], scene.given.confidence[places])
    return any(shift.alarm for shift in shifts_of(answer_shifts(scene.tested, now)))
