"""The release: the chosen artifact, copied into a numbered folder with the digests of its files and its test score."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

from breakeven.models.artifact import ARTIFACT
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import Release
from breakeven.records.run import Rung
from breakeven.store import Store, new_folder, write_bytes


def release(store: Store, rung: Rung, test: Evaluation, opened: int, run: str) -> Release:
    """A new release of a rung's artifact, made current. An artifact is released once."""
    source = store.folder / rung.folder / ARTIFACT
    files = file_digests(source)
    for earlier in store.releases():
        if earlier.files == files and earlier.test == test:
            _make_current(store, earlier.number)
            return earlier
    number = 1 + max((kept.number for kept in store.releases()), default=0)
    place = store.release_folder(number)
    made = Release(
        number=number,
        candidate=rung.name,
        run=run,
        path=str(place.relative_to(store.folder.parent)),
        files=files,
        test=test,
        test_opened=opened,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    with new_folder(place) as temporary:
        shutil.copytree(source, temporary / ARTIFACT)
        (temporary / "release.json").write_text(made.model_dump_json(indent=1), encoding="utf-8")
    _make_current(store, number)
    return made


def _make_current(store: Store, number: int) -> None:
    write_bytes(store.folder / "releases" / "current", f"{number}\n".encode())


def file_digests(folder: Path) -> tuple[tuple[str, str], ...]:
    """(path below the folder, SHA-256) of every file, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()) for path in paths)


def count_opening(store: Store, dataset: str, job: str) -> int:
    """How many different candidates have been scored on the test rows of a dataset, this one counted."""
    path = store.folder / "opened.json"
    opened: dict[str, list[str]] = json.loads(path.read_bytes()) if path.exists() else {}
    jobs = opened.setdefault(dataset, [])
    if job not in jobs:
        jobs.append(job)
        write_bytes(path, json.dumps(opened, indent=1).encode())
    return len(jobs)
