"""The run folder: whole records or none, one run at a time, clear errors for a full or closed disk."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from breakeven.core.errors import StorageError, UsageError
from breakeven.records.task import Task
from breakeven.store import Store, code_version, new_folder, storing, write_bytes

TASK = Task(name="t", input="text", output="label", metric="accuracy")


def test_a_record_is_read_back_and_made_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    made: list[int] = []

    def make() -> Task:
        made.append(1)
        return TASK

    assert store.cached("task", "d", Task, make) == TASK
    assert store.cached("task", "d", Task, make) == TASK
    assert len(made) == 1


def test_a_damaged_record_is_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    path = store.folder / "records" / "task" / "d.json"
    write_bytes(path, b'{"name": "t"')
    assert store.read(Task, path) is None
    assert store.cached("task", "d", Task, lambda: TASK) == TASK
    assert store.read(Task, path) == TASK


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_bytes(path, b"old")
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "folder") as folder:
        (folder / "x").write_text("half")
        _ = 1 / 0
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


WRITER = """
import sys
from pathlib import Path
from breakeven.store import write_bytes
n = 0
while True:
    n += 1
    write_bytes(Path(sys.argv[1]), (str(n % 10) * 200_000).encode())
"""


def test_killed_in_the_middle_a_file_is_old_or_new_never_half(tmp_path: Path, repository: Path) -> None:
    path = tmp_path / "a.txt"
    for turn in range(8):
        child = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=repository)
        until = time.monotonic() + 20
        while not path.exists() and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(0.03 * (turn + 1))
        child.send_signal(signal.SIGKILL)
        child.wait()
        content = path.read_text()
        assert len(content) == 200_000
        assert len(set(content)) == 1


@pytest.mark.parametrize(("number", "what"), [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "cannot be written")])
def test_the_systems_words_become_an_error_of_three_lines(tmp_path: Path, number: int, what: str) -> None:
    with pytest.raises(StorageError, match=what) as caught, storing(tmp_path):
        raise OSError(number, os.strerror(number))
    assert caught.value.exit_code == 2
    assert all(str(line) for line in caught.value.lines())


def test_two_runs_do_not_share_a_folder(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.locked(), pytest.raises(UsageError, match="another run"), Store(tmp_path).locked():
        pass
    with Store(tmp_path).locked():
        pass


def test_no_run_and_no_release_yet(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert store.runs() == ()
    assert store.current_release() is None
    with pytest.raises(UsageError, match="no run yet"):
        store.run()


def test_the_code_version_is_the_same_twice() -> None:
    assert code_version() == code_version()
    assert len(code_version()) == 16
