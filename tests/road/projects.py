"""Small projects for tests of the whole road, made of rows with a pattern."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from breakeven.tasks import task_named
from breakeven.testing import toy_rows

REPOSITORY = Path(__file__).parents[2]


def make_project(
    folder: Path, task: str = "text-classification", rows: int = 240, target: str = "at_least = 0.7", more: str = ""
) -> Path:
    """A project of toy rows; the answer stands in the column `answer`. Returns its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    table, answers = toy_rows(task_named(task), rows, seed=3)
    names = [*table.column_names, "answer"]
    with (folder / "rows.csv").open("w", newline="", encoding="utf-8") as text:
        writer = csv.writer(text)
        writer.writerow(names)
        for row, answer in zip(table.to_pylist(), answers, strict=True):
            writer.writerow([*(cell or "" for cell in row.values()), answer])
    (folder / "breakeven.toml").write_text(
        f'[product]\nname = "toy"\ntask = "{task}"\n[data]\ntrain = "rows.csv"\nanswer = "answer"\n'
        f"[target]\n{target}\n[budget]\nusd = 1\nseconds = 90\n{more}",
        encoding="utf-8",
    )
    return folder


def command(*words: str | Path, cwd: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "breakeven", *map(str, words)],
        cwd=cwd or REPOSITORY,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=280,
    )


@contextmanager
def measured_by_server() -> Iterator[None]:
    """Runs inside measure their rungs in the server, as those of users do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("BREAKEVEN_MEASURE", raising=False)
        yield


def environment(**variables: str) -> dict[str, str]:
    paths = [str(REPOSITORY), variables.pop("PYTHONPATH", "")]
    return {**os.environ, "BREAKEVEN_LANGUAGE": "en", "PYTHONPATH": os.pathsep.join(filter(None, paths)), **variables}
