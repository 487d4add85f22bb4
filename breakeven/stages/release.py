"""The release: the chosen artifact, copied into a numbered folder with the digests of its files and its test score."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from breakeven.core.errors import UsageError
from breakeven.core.words import say
from breakeven.models.artifact import ARTIFACT, read_artifact
from breakeven.records.card import ModelCard
from breakeven.records.evaluation import Evaluation
from breakeven.records.release import FileDigest, Release
from breakeven.records.run import Rung
from breakeven.stages.card_text import Speak, card_text
from breakeven.stages.golden import write_golden
from breakeven.stages.releases import RECORD, make_current
from breakeven.stages.trust import SIGNATURE, is_trusted, sign_release, signing_key
from breakeven.store import Store, new_folder, write_bytes

if TYPE_CHECKING:
    import pyarrow as pa


CARD, PAGE = "card.json", "MODEL_CARD.md"


@dataclass(frozen=True)
class Origin:
    """Where a release comes from; fields as in records/release.py. `rows` are those that golden rows are taken from;
    `speak` puts the card into the language of the run."""

    run: str
    dataset: str
    project: str
    rows: pa.Table | None = None
    card: ModelCard | None = None
    speak: Speak = str


def release(store: Store, rung: Rung, test: Evaluation, opened: int, origin: Origin, answers: bool = True) -> Release:
    """A new release of a rung's artifact, made current where it `answers`. An artifact is released once.

    Raises ModelError.
    """
    source = store.folder / rung.folder / ARTIFACT
    files, artifact = file_digests(source), read_artifact(source)
    for earlier in store.releases():
        if earlier.files == files and earlier.test == test:
            sign_and_answer(store, earlier.number, answers)
            return earlier
    number = 1 + max((kept.number for kept in store.releases()), default=0)
    place, before = store.release_folder(number), store.current_release()
    with new_folder(place) as temporary:
        shutil.copytree(source, temporary / ARTIFACT)
        golden = write_golden(temporary, temporary / ARTIFACT, origin.rows) if origin.rows else 0
        created = datetime.now(UTC).isoformat(timespec="seconds")
        _write_card(temporary, origin, number, created)
        made = Release(
            number=number,
            candidate=rung.name,
            run=origin.run,
            path=str(place.relative_to(store.folder.parent)),
            files=files,
            test=test,
            test_opened=opened,
            created=created,
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
    sign_and_answer(store, number, answers)
    return made


def _write_card(folder: Path, origin: Origin, number: int, created: str) -> None:
    """The model card, as messages for any language and as a page in that of the run."""
    if origin.card is not None:
        (folder / CARD).write_text(origin.card.model_dump_json(indent=1), encoding="utf-8")
        (folder / PAGE).write_text(card_text(origin.card, number, created, origin.speak), encoding="utf-8")


def read_card(store: Store, number: int) -> ModelCard:
    """The model card of a release. Raises UsageError for one that was made without."""
    path = store.release_folder(number) / CARD
    card = store.read(ModelCard, path)
    if card is None:
        raise UsageError(
            say("release {number} has no model card: it was made by an older version", number=number), str(path),
            say('make it again with "breakeven run"'),
        )
    return card


def sign_and_answer(store: Store, number: int, answers: bool = True) -> None:
    """Sign a release where the project has a key for it, and let it answer unless it needs another's signature."""
    folder = store.release_folder(number)
    key = signing_key(store)
    if key and not (folder / SIGNATURE).exists():
        sign_release(store, number, key)
    if answers and is_trusted(store, number):
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
