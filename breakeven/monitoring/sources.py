"""Streams that can be watched: standard input and a growing file. An item is a line: JSON, or a plain text."""

from __future__ import annotations

import json
import os
import select
import sys
import time
import zlib
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, BinaryIO

from breakeven.core.errors import UsageError
from breakeven.core.words import say

Item = dict[str, Any] | str | None
"""An object of columns, a text, or None for what is neither."""
Position = dict[str, Any]
PIECE = 1 << 16
LONGEST = 10_000_000
"""Bytes of a line; a longer one is skipped as unreadable."""
HEAD = 256
"""Bytes by which a file is known again."""


class Source(ABC):
    """A stream. `position` is what must be kept to go on after the items that were given."""

    name: str

    @abstractmethod
    def open(self, position: Position | None) -> None:
        """Begin, or go on at a position. Raises UsageError."""

    @abstractmethod
    def read(self, most: int, seconds: float) -> list[Item] | None:
        """The next items, at most so many; [] when none came within the seconds, None at the end of the stream."""

    @abstractmethod
    def position(self) -> Position:
        """Where it stands, after the items that were given."""

    def kept(self) -> None:
        """What was given so far is counted and kept for good."""
        return None

    def close(self) -> None:
        return None


def item_of(line: bytes) -> Item:
    """A line as an item: a JSON object or text, else the plain text itself."""
    text = line.decode("utf-8", "replace").strip()
    if not text.startswith(("{", '"')):
        return text or None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None if text.startswith("{") else text
    return found if isinstance(found, dict | str) else None


class Lines:
    """Bytes cut into lines; what is begun waits for its end."""

    def __init__(self) -> None:
        self.begun = b""

    def add(self, piece: bytes) -> list[bytes]:
        *whole, self.begun = (self.begun + piece).split(b"\n")
        return whole

    def rest(self) -> list[bytes]:
        """The last line, where the stream ends without a line end."""
        last, self.begun = self.begun, b""
        return [last] if last else []


class StandardInput(Source):
    """Read to its end; it cannot be read again, so only what was counted is kept."""

    name = "-"

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._lines = Lines()
        self._waiting: list[bytes] = []
        self._ended = False

    def open(self, position: Position | None) -> None:
        return None

    def read(self, most: int, seconds: float) -> list[Item] | None:
        if not self._waiting and not self._ended and select.select([self._descriptor], [], [], seconds)[0]:
            piece = os.read(self._descriptor, PIECE)
            self._ended = not piece
            self._waiting = self._lines.add(piece) if piece else self._lines.rest()
        if self._ended and not self._waiting:
            return None
        given, self._waiting = self._waiting[:most], self._waiting[most:]
        return [item_of(line) for line in given if line.strip()]

    def position(self) -> Position:
        return {}


class GrowingFile(Source):
    """A file that others write to, from its beginning. One that was renamed is read to its end before the new one of
    the same name is begun; one that was emptied is read from its beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = str(path.resolve())
        self._file: BinaryIO | None = None
        self._offset = 0

    def open(self, position: Position | None) -> None:
        if position is None:
            if not self.path.is_file():
                raise UsageError(say("there is no such file"), str(self.path),
                                 say('name a file, "-" for standard input, or redis://…'))
            self._begin(self.path)
            return
        place = next((path for path in [self.path, *self._siblings()] if _is_same(path, position)), self.path)
        if place.is_file():
            self._begin(place, position["offset"] if _is_same(place, position) else 0)

    def _siblings(self) -> list[Path]:
        """Where a rotated file may be."""
        return sorted(path for path in self.path.parent.glob(f"{self.path.name}*") if path != self.path)

    def _begin(self, path: Path, offset: int = 0) -> None:
        self.close()
        self._file, self._offset = path.open("rb"), offset

    def read(self, most: int, seconds: float) -> list[Item] | None:
        lines = self._more(most)
        if not lines and self._is_over():
            lines = self._more(most, whole=False)
            self._begin(self.path)
        elif not lines:
            time.sleep(seconds)
        return [item_of(line) for line in lines if line.strip()]

    def _more(self, most: int, whole: bool = True) -> list[bytes]:
        """Whole lines from the offset on; without `whole` what is left counts as one too."""
        if self._file is None:
            return []
        self._file.seek(self._offset)
        lines: list[bytes] = []
        while len(lines) < most:
            line = self._file.readline(LONGEST)
            if not line or (whole and not line.endswith(b"\n") and len(line) < LONGEST):
                break
            lines.append(line)
            self._offset += len(line)
        return lines

    def _is_over(self) -> bool:
        """Whether it goes on elsewhere: in a new file of the name that is written to, or in the same one, emptied."""
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return False
        if self._file is None:
            return True
        ours = os.fstat(self._file.fileno())
        if (now.st_dev, now.st_ino) != (ours.st_dev, ours.st_ino):
            return now.st_size > 0
        return ours.st_size < self._offset

    def position(self) -> Position:
        if self._file is None:
            return {}
        ours, length = os.fstat(self._file.fileno()), min(self._offset, HEAD)
        return {"inode": ours.st_ino, "offset": self._offset, "head": length, "sum": _sum(self._file, length)}

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None


def _sum(file: BinaryIO, length: int) -> int:
    return zlib.crc32(os.pread(file.fileno(), length, 0))


def _is_same(path: Path, position: Position) -> bool:
    """Whether a file is the one of a position, by its number and its first bytes: a number may be given again."""
    if not position or not path.is_file():
        return False
    with path.open("rb") as file:
        found = os.fstat(file.fileno())
        return (found.st_ino == position["inode"] and found.st_size >= position["offset"]
                and _sum(file, position["head"]) == position["sum"])  # fmt: skip
