"""The releases of a project: which one answers, promote, roll back, remove, and whether the files are those released.

`releases/current` names the one that answers; it is replaced in one step, so that a reader sees the old one or the
new. A server watches it. Every change is a line of `releases/audit.jsonl`, which is only ever added to.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from pydantic import ValidationError

from breakeven.core.errors import ModelError, UsageError
from breakeven.core.words import Message, say
from breakeven.models.artifact import ARTIFACT
from breakeven.records.release import FileDigest, Release
from breakeven.records.trust import Signer
from breakeven.stages.golden import check_golden
from breakeven.stages.history import audit, history
from breakeven.stages.trust import SIGNATURE, check_trusted, sign_release, signer, signing_key
from breakeven.store import Store, storing, write_bytes

__all__ = ["audit", "history", "make_current", "promote", "remove", "rollback", "verified"]
FORWARD = ("run", "promote")
RECORD = "release.json"
EXTERNAL_DATA = b"\n\x08location\x12"
"""How an ONNX tensor says that its numbers lie in another file: the key `location` of its external data."""


def current_number(store: Store) -> int | None:
    """The number in `releases/current`; None when there is none."""
    try:
        return int((store.folder / "releases" / "current").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


def make_current(store: Store, number: int, act: str) -> None:
    """Point at a release and write down who did it. Doing it twice changes nothing."""
    before = current_number(store)
    if before == number:
        return
    audit(store, act, number, before)
    write_bytes(store.folder / "releases" / "current", f"{number}\n".encode())


def promote(store: Store, number: int) -> Release:
    """Let a release answer, once its files are verified and its golden answers come again.

    Raises UsageError if there is none of that number, ModelError when it is damaged.
    """
    found = verified(store, number)
    if found.golden:
        folder = store.release_folder(number)
        check_golden(folder, folder / ARTIFACT)
    make_current(store, number, "promote")
    return found


def rollback(store: Store) -> Release:
    """Let the release answer that the present one has replaced. Raises UsageError when it replaced none.

    Done twice it goes back twice: it never returns to a release that was rolled back.
    """
    now = current_number(store)
    came = (line for line in reversed(history(store)) if line["release"] == now and line["act"] in FORWARD)
    before = next((line["before"] for line in came), None)
    if before is None:
        raise UsageError(
            say("there is no release to go back to"), str(store.folder / "releases"),
            say('see them all with "breakeven releases list"'),
        )
    found = verified(store, int(str(before)))
    make_current(store, found.number, "rollback")
    return found


def sign(store: Store, number: int, asked: Path | None = None) -> Signer:
    """Sign a release with a private key, by default that of the project; its files are looked at first.

    Raises UsageError when there is no key or no such release, ModelError when it is damaged, StorageError.
    """
    check_files(store, named(store, number))
    key = signing_key(store, asked)
    if key is None:
        raise UsageError(
            say("no key to sign with is named"), "release.sign_with",
            say("name it with --key, or in the project file: [release] sign_with = …"),
        )
    sign_release(store, number, key)
    audit(store, "sign", number, current_number(store))
    folder = store.release_folder(number)
    return signer(store, folder, (folder / RECORD).read_bytes())


def remove(store: Store, number: int) -> None:
    """Take a release away. Raises UsageError when it is the one that answers, or there is none of that number."""
    named(store, number)
    if number == current_number(store):
        raise UsageError(
            say("release {number} is the one that answers", number=number), str(store.release_folder(number)),
            say("promote another one first"),
        )
    audit(store, "remove", number, current_number(store))
    with storing(store.release_folder(number)):
        shutil.rmtree(store.release_folder(number))


def named(store: Store, number: int) -> Release:
    """The release of a number. Raises UsageError."""
    found = next((release for release in store.releases() if release.number == number), None)
    if found is None:
        known = tuple(release.number for release in store.releases())
        raise UsageError(
            say("there is no release {number}", number=number), str(store.folder / "releases"),
            say("there are: {names}", names=known) if known else say('make one with "breakeven run"'),
        )
    return found


# --- are the files those that were released? -------------------------------------------------------------------


def verified(store: Store, number: int) -> Release:
    """The release, when somebody trusted signed it where that is asked for, every file is as its manifest says,
    nothing is beside them and none is a link.

    Raises UsageError if there is none of that number, ModelError naming the first file that is not right.
    """
    found = signed_record(store, number)
    check_files(store, found)
    return found


def signed_record(store: Store, number: int) -> Release:
    """The record of a release, signed by a trusted key where the project names one. Raises UsageError, ModelError."""
    folder = store.release_folder(number)
    try:
        content = (folder / RECORD).read_bytes()
    except OSError:
        return named(store, number)  # which says that there is none
    check_trusted(store, folder, content)
    try:
        found = Release.model_validate_json(content)
    except ValidationError:
        raise _damaged(folder, RECORD, say("its record cannot be read")) from None
    if found.number != number:
        raise _damaged(folder, RECORD, say("it is the record of release {number}", number=found.number))
    return found


def check_files(store: Store, release: Release) -> None:
    """Raises ModelError naming the first file that is not as the release's manifest says."""
    folder = store.release_folder(release.number)
    if not release.manifest:
        raise _damaged(folder, RECORD, say("it has no manifest: it was made by an older version"))
    wanted = {entry.path: entry for entry in release.manifest}
    there = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not _is_plain_folder(path)}
    for name in sorted((there.keys() ^ wanted.keys()) - {RECORD, SIGNATURE}):
        raise _damaged(folder, name, _stray(name in wanted))
    for name, entry in wanted.items():
        _check_file(folder, there[name], entry)


def _stray(wanted: bool) -> Message:
    return say("the file is missing") if wanted else say("the file is not in the manifest")


def _is_plain_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _check_file(folder: Path, path: Path, entry: FileDigest) -> None:
    if path.is_symlink() or not path.is_file():
        raise _damaged(folder, entry.path, say("it is a link, or no file"))
    if path.stat().st_size != entry.bytes:
        raise _damaged(folder, entry.path, say("its size is not that of the manifest"))
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != entry.sha256:
        raise _damaged(folder, entry.path, say("its SHA-256 is not that of the manifest"))
    if path.suffix == ".onnx" and EXTERNAL_DATA in content:
        raise _damaged(folder, entry.path, say("an ONNX file that reads numbers from outside of itself"))


def _damaged(folder: Path, name: str, fault: Message) -> ModelError:
    return ModelError(
        say("the release cannot be trusted: {fault}", fault=fault), str(folder / name),
        say('make it again with "breakeven run", or promote another one'),
    )
