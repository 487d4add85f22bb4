"""What a watch keeps: its state in one file, the written file that is cut back to it, and the lock of one that runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.records.record import Record
from breakeven.store import Store, storing


class Kept(Record):
    """The state of a watch."""

    release: int
    items: int = 0
    skipped: int = 0
    window_items: int = 0
    position: dict[str, Any]
    out: str = ""
    out_bytes: int = 0
    series: tuple[dict[str, Any], ...]


def opened(out: Path | None, stream: str, kept: Kept | None) -> int:
    """The length of the written file, cut back to what was kept of it; any other file is only added to.

    Raises UsageError where it cannot be written, or is the stream itself.
    """
    if out is None:
        return 0
    if not out.parent.is_dir() or out.is_dir() or str(out.resolve()) == stream:
        raise UsageError(say("this file cannot be written"), f"--out {out}",
                         say("name a file in a folder that is there"))
    with storing(out), out.open("ab") as file:
        if kept is not None and kept.out == str(out.resolve()) and file.tell() > kept.out_bytes:
            file.truncate(kept.out_bytes)
    return out.stat().st_size


def state_file(store: Store, name: str) -> Path:
    return store.folder / "watch" / f"{name}.json"


def kept_state(store: Store, name: str) -> Kept | None:
    file = state_file(store, name)
    if not file.exists():
        return None
    found = store.read(Kept, file)
    if found is None:
        raise UsageError(say("the state of the watch cannot be read"), str(file), say("begin anew with --fresh"))
    return found


@contextmanager
def alone(store: Store, name: str) -> Iterator[None]:
    """Raises UsageError where the same watch runs already."""
    from filelock import FileLock, Timeout

    file = store.folder / "watch" / f"{name}.lock"
    with storing(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise UsageError(say("the same watch runs already"), str(file),
                             say("end it, or watch something else")) from None
    try:
        yield
    finally:
        lock.release()
