"""Folders as bytes: how the files of a job come to another machine and back."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path

NOT_SENT = {"job.json", "progress.json", ".progress.json", "lock", "log.txt", "result.json"}
"""What belongs to one try of a job on one machine, and is not what the next try goes on from."""


def pack(folder: Path, files: Iterable[Path]) -> bytes:
    """Files of a folder, whichever are still there, under their names in it."""
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for file in files:
            try:
                tar.add(file, str(file.relative_to(folder)), recursive=False)
            except FileNotFoundError:
                continue  # the worker replaced it in this moment; it is in the next parcel
    return held.getvalue()


def unpack(parcel: bytes, folder: Path) -> None:
    """Write the files of a parcel into a folder; no name leads out of it."""
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(fileobj=io.BytesIO(parcel), mode="r") as tar:
        tar.extractall(folder, filter="data")


def all_files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []


def kept_files(folder: Path) -> list[Path]:
    """What a worker leaves in its job's folder to go on from: checkpoints, and what it has paid."""
    return [path for path in all_files(folder) if _is_kept(path.relative_to(folder))]


def _is_kept(name: Path) -> bool:
    return str(name) not in NOT_SENT and name.parts[0] != "artifact" and not name.parts[-1].startswith(".")


def signature(files: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Changes when one of the files does."""
    found = []
    for file in files:
        try:
            told = file.stat()
        except FileNotFoundError:
            continue
        found.append((str(file), told.st_size, told.st_mtime_ns))
    return tuple(found)
