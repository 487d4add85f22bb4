"""What newcomers bring: every bad input ends with exit code 2 and three lines, and never a traceback."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.road.projects import command, make_project

Change = Callable[[Path], None]


def in_toml(old: str, new: str) -> Change:
    def change(project: Path) -> None:
        file = project / "breakeven.toml"
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return change


def more_toml(text: str) -> Change:
    return lambda project: (project / "breakeven.toml").open("a", encoding="utf-8").write(text) and None  # type: ignore[return-value]


def rows(edit: Callable[[list[str]], list[str]]) -> Change:
    """Change the lines of the data file; the first is the header `message,answer`."""

    def change(project: Path) -> None:
        file = project / "rows.csv"
        lines = file.read_text(encoding="utf-8").splitlines()
        file.write_text("\n".join(edit(lines)) + "\n", encoding="utf-8")

    return change


def raw(content: bytes) -> Change:
    return lambda project: (project / "rows.csv").write_bytes(content) and None  # type: ignore[return-value]


def label_only_in_test(project: Path) -> None:
    (project / "test.csv").write_text("message,answer\nhello there,legal\nparcel late today,delivery\n")
    in_toml('train = "rows.csv"', 'train = "rows.csv"\ntest = "test.csv"')(project)


def columns_differ_in_test(project: Path) -> None:
    (project / "test.csv").write_text("mesage,answer\nparcel late today,delivery\n")
    in_toml('train = "rows.csv"', 'train = "rows.csv"\ntest = "test.csv"')(project)


def unreadable(project: Path) -> None:
    (project / "rows.csv").unlink()
    (project / "rows.csv").mkdir()


def last_cell(value: str) -> Callable[[str], str]:
    return lambda line: line.rpartition(",")[0] + "," + value


BAD: dict[str, tuple[str, Change]] = {
    "answer column misnamed": ("text", in_toml('answer = "answer"', 'answer = "anwser"')),
    "input column misnamed": ("text", in_toml('answer = "answer"', 'answer = "answer"\ninput = "mesage"')),
    "drop column misnamed": ("text", in_toml('answer = "answer"', 'answer = "answer"\ndrop = ["nope"]')),
    "column missing in the test file": ("text", columns_differ_in_test),
    "ragged CSV": ("text", rows(lambda lines: [*lines[:50], "a,b,c,d", *lines[50:]])),
    "quote never closed": ("text", rows(lambda lines: [*lines, '"open, and more'])),
    "one class only": ("text", rows(lambda lines: [lines[0], *map(last_cell("billing"), lines[1:])])),
    "all-empty input column": ("text", rows(lambda lines: [lines[0], *(re.sub(".*,", ",", x) for x in lines[1:])])),
    "all-empty answer": ("text", rows(lambda lines: [lines[0], *map(last_cell(""), lines[1:])])),
    "a class with one row": ("text", rows(lambda lines: [*lines, "who are your lawyers,legal"])),
    "label only in the test file": ("text", label_only_in_test),
    "NaN target": ("regression", rows(lambda lines: [lines[0], last_cell("nan")(lines[1]), *lines[2:]])),
    "infinite target": ("regression", rows(lambda lines: [lines[0], last_cell("inf")(lines[1]), *lines[2:]])),
    "target that is no number": ("regression", rows(lambda lines: [*lines[:-1], last_cell("cheap")(lines[-1])])),
    "constant number": ("regression", rows(lambda lines: [lines[0], *map(last_cell("3"), lines[1:])])),
    "huge cell": ("text", rows(lambda lines: [*lines, "x" * 17_000_000 + ",billing"])),
    "binary file": ("text", raw(random.Random(0).randbytes(5000))),
    "empty file": ("text", raw(b"")),
    "header only": ("text", raw(b"message,answer\n")),
    "two rows": ("text", rows(lambda lines: lines[:3])),
    "column named twice": ("text", rows(lambda lines: ["answer,answer", *lines[1:]])),
    "missing file": ("text", in_toml("rows.csv", "nowhere.csv")),
    "a folder as file": ("text", unreadable),
    "unknown kind of file": ("text", in_toml("rows.csv", "breakeven.toml")),
    "unknown key": ("text", more_toml("[bugdet]\nusd = 3\n")),
    "unknown task": ("text", in_toml("text-classification", "text-clasification")),
    "unknown metric": ("text", in_toml("at_least = 0.7", 'metric = "acuracy"\nat_least = 0.7')),
    "bound of the wrong kind": ("text", in_toml("at_least = 0.7", "at_most = 0.7")),
    "negative money": ("text", in_toml("usd = 1", "usd = -1")),
    "range upside down": ("text", more_toml('[demand]\ngrowth_per_month = "15%..5%"\n')),
    "not a number": ("text", more_toml('[demand]\nrequests_per_month = "many"\n')),
    "broken TOML": ("text", more_toml("[demand\n")),
    "unknown machine": ("text", more_toml('[compute]\nserve_on = "abacus-9000"\n')),
    "split without its column": ("text", in_toml('answer = "answer"', 'answer = "answer"\nsplit = "time"')),
    "unknown family": ("text", more_toml('[models]\nonly = ["transformr"]\n')),
}
TASKS = {"text": "text-classification", "regression": "regression"}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_input_is_told_in_three_lines(tmp_path: Path, case: str) -> None:
    kind, change = BAD[case]
    target = "at_most = 0.5" if kind == "regression" else "at_least = 0.7"
    project = make_project(tmp_path / "p", task=TASKS[kind], target=target)
    change(project)
    done = command("run", project)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    lines = done.stderr.strip().splitlines()
    starts = [line.strip().split(" ")[0].rstrip(":") for line in lines]
    place = starts.index("error")
    assert starts[place + 1] == "at", done.stderr
    assert starts[place + 2] == "hint", done.stderr
    assert not list(project.glob(".breakeven/jobs/*")), "nothing was trained"


def test_no_project(tmp_path: Path) -> None:
    done = command("run", tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 3
    assert "breakeven init" in done.stderr


def test_predict_without_a_release(tmp_path: Path) -> None:
    done = command("predict", "x.csv", "--project", make_project(tmp_path / "p"), "--out", tmp_path / "o.csv")
    assert done.returncode == 2
    assert "breakeven run" in done.stderr


def test_predict_says_which_column_is_missing_and_writes_nothing(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p", more='[models]\nonly = ["baseline"]\n')
    assert command("run", project).returncode in (0, 3)
    (tmp_path / "new.csv").write_text("mesage\nhello\n")
    done = command("predict", tmp_path / "new.csv", "--project", project, "--out", tmp_path / "o.csv")
    assert done.returncode == 2
    assert "did you mean" in done.stderr
    assert not (tmp_path / "o.csv").exists()
    done = command("predict", project / "rows.csv", "--project", project, "--out", tmp_path / "o.doc")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.system(f"mount -t tmpfs -o size=300k tmpfs {disk} 2>/dev/null"):
        pytest.skip("this machine does not let us mount a small disk")
    try:
        project = make_project(disk / "p", rows=1200)
        done = command("run", project)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "the disk is full" in done.stderr
        assert "Traceback" not in done.stderr
    finally:
        os.system(f"umount -l {disk}")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    (project / ".breakeven").write_text("a file in the way")
    done = command("run", project)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "cannot be written" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 3


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a closed disk needs root")
def test_a_disk_that_is_read_only(tmp_path: Path) -> None:
    project = make_project(tmp_path / "p")
    if os.system(f"mount --bind {project} {project} && mount -o remount,ro,bind {project} 2>/dev/null"):
        pytest.skip("this machine does not let us close a disk")
    try:
        done = command("run", project)
        assert done.returncode == 2, done.stdout + done.stderr
        assert "cannot be written" in done.stderr
        assert len(done.stderr.strip().splitlines()) == 3
    finally:
        os.system(f"umount -l {project}")
