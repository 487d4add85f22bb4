"""The release: the chosen artifact, copied into a numbered folder with the digests of its files and its test score."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.models.artifact import ARTIFACT, read_artifact
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import FileDigest, Release
from breakeven.records.run import Rung
from breakeven.stages.golden import write_golden
from breakeven.stages.releases import RECORD, make_current
from breakeven.stages.trust import SIGNATURE, sign_release, signer, signing_key, trusted_keys
from breakeven.store import Store, new_folder, write_bytes

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Origin:
    """Where a release comes from; fields as in records/release.py. `rows` are those that golden rows are taken from."""

    run: str
    dataset: str
    project: str
    rows: pa.Table | None = None


def release(store: Store, rung: Rung, test: Evaluation, opened: int, origin: Origin) -> Release:
    """A new release of a rung's artifact, made current. An artifact is released once. Raises ModelError."""
    source = store.folder / rung.folder / ARTIFACT
    files, artifact = file_digests(source), read_artifact(source)
    for earlier in store.releases():
        if earlier.files == files and earlier.test == test:
            sign_and_answer(store, earlier.number)
            return earlier
    number = 1 + max((kept.number for kept in store.releases()), default=0)
    place, before = store.release_folder(number), store.current_release()
    with new_folder(place) as temporary:
        shutil.copytree(source, temporary / ARTIFACT)
        golden = write_golden(temporary, temporary / ARTIFACT, origin.rows) if origin.rows else 0
        made = Release(
            number=number,
            candidate=rung.name,
            run=origin.run,
            path=str(place.relative_to(store.folder.parent)),
            files=files,
            test=test,
            test_opened=opened,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            manifest=manifest_of(temporary),
            golden=golden,
            dataset=origin.dataset,
            project=origin.project,
            parent=before.number if before else None,
            train_usd=rung.bill.usd if rung.bill else None,
            task=artifact.task,
            inputs=artifact.columns,
            output=artifact.output,
            answer=artifact.answer,
            labels=artifact.labels,
            bill=rung.bill,
            measurement=rung.measurement,
            cost=rung.cost,
        )
        (temporary / RECORD).write_text(made.model_dump_json(indent=1), encoding="utf-8")
    sign_and_answer(store, number)
    return made


def sign_and_answer(store: Store, number: int) -> None:
    """Sign a release where the project has a key for it, and let it answer unless it needs another's signature."""
    folder = store.release_folder(number)
    key = signing_key(store)
    if key and not (folder / SIGNATURE).exists():
        sign_release(store, number, key)
    if not trusted_keys(store) or signer(store, folder, (folder / RECORD).read_bytes()).name:
        make_current(store, number, "run")


def file_digests(folder: Path) -> tuple[tuple[str, str], ...]:
    """(path below the folder, SHA-256) of every file, by path."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return tuple((path.relative_to(folder).as_posix(), digest_of_file(path)) for path in paths)


def manifest_of(folder: Path) -> tuple[FileDigest, ...]:
    """Every file of a folder with its size and digest, by path."""
    return tuple(
        FileDigest(path=name, bytes=(folder / name).stat().st_size, sha256=sha256)
        for name, sha256 in file_digests(folder)
    )


def digest_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def count_opening(store: Store, dataset: str, job: str) -> int:
    """How many different candidates have been scored on the test rows of a dataset, this one counted."""
    path = store.folder / "opened.json"
    opened: dict[str, list[str]] = json.loads(path.read_bytes()) if path.exists() else {}
    jobs = opened.setdefault(dataset, [])
    if job not in jobs:
        jobs.append(job)
        write_bytes(path, json.dumps(opened, indent=1).encode())
    return len(jobs)
