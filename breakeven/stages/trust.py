"""Which keys a project trusts, and whether a release was signed by one of them.

`[release] trusted_keys` of the project file names them; the variable BREAKEVEN_TRUSTED_KEYS (separated by commas) goes
before it. Without either, signatures are made and told of but not asked for. The signature lies over the very bytes of
`release.json`, whose manifest holds the digest of every other file.
"""

from __future__ import annotations

import base64
import os
import tomllib
from pathlib import Path

from pydantic import ValidationError

from breakeven.core.errors import ModelError, ProjectError
from breakeven.core.words import Message, say
from breakeven.records.trust import ReleaseTrust, Signature, Signer
from breakeven.stages.signing import PublicKey, is_signed_by, read_private_key, read_public_key, sign
from breakeven.store import Store, write_bytes

SIGNATURE = "signature.json"
TRUSTED, SIGN_WITH = "BREAKEVEN_TRUSTED_KEYS", "BREAKEVEN_SIGNING_KEY"


def release_trust(store: Store) -> ReleaseTrust:
    """`[release]` of the project, with what the environment says instead. Raises ProjectError."""
    kept = _of_project(store.file)
    trusted = tuple(part.strip() for part in os.environ.get(TRUSTED, "").split(",") if part.strip())
    return ReleaseTrust(
        sign_with=os.environ.get(SIGN_WITH) or kept.sign_with, trusted_keys=trusted or kept.trusted_keys
    )


def _of_project(file: Path) -> ReleaseTrust:
    """The one table; the whole project would take a server too long to read."""
    try:
        return ReleaseTrust.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")).get("release", {}))
    except FileNotFoundError:
        return ReleaseTrust()  # a release answers without its project file
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, ValidationError):
        raise ProjectError(
            say("the project file cannot be read, so nobody knows which keys it trusts"), str(file),
            say('see what is wrong with "breakeven check"'),
        ) from None


def trusted_keys(store: Store) -> tuple[PublicKey, ...]:
    """The public keys one of which must have signed what answers; none: signatures are not asked for.

    Raises ProjectError, UsageError for a key that cannot be read.
    """
    return tuple(read_public_key(written, store.file.parent) for written in release_trust(store).trusted_keys)


def signing_key(store: Store, asked: Path | None = None) -> Path | None:
    """The file of the private key to sign with: the one asked for, else that of the environment or the project."""
    named = release_trust(store).sign_with
    return asked or (store.file.parent / named if named else None)


def check_signing(store: Store) -> None:
    """Look at all keys before the work begins that will need them. Raises UsageError, ProjectError."""
    trusted_keys(store)
    if path := signing_key(store):
        read_private_key(path)


def sign_release(store: Store, number: int, path: Path) -> Signature:
    """Sign a release's record with a private key and keep the signature beside it. Raises UsageError, StorageError."""
    folder = store.release_folder(number)
    made = sign((folder / "release.json").read_bytes(), read_private_key(path))
    write_bytes(folder / SIGNATURE, made.model_dump_json(indent=1).encode())
    return made


def is_trusted(store: Store, number: int) -> bool:
    """Whether a release may answer as far as its signature goes. Raises ModelError for one that does not fit."""
    folder = store.release_folder(number)
    return not trusted_keys(store) or bool(signer(store, folder, (folder / "release.json").read_bytes()).name)


def check_trusted(store: Store, folder: Path, content: bytes) -> None:
    """Raises ModelError when keys are trusted and none of them signed `content`, the bytes of the record."""
    if not trusted_keys(store):
        return
    found = signer(store, folder, content)
    if not found.key:
        raise _untrusted(folder, say("it is not signed"))
    if not found.name:
        raise _untrusted(folder, say("it was signed with the key {key}, which is not trusted", key=found.key))


def signer(store: Store, folder: Path, content: bytes) -> Signer:
    """Who signed a release's record, by the key that the signature names. Raises ModelError when it does not fit."""
    signature = _signature(folder)
    if signature is None:
        return Signer()
    key = PublicKey("", _key_bytes(signature))
    if not is_signed_by(content, signature, key):
        raise _untrusted(folder, say("its signature is not one of this record"))
    names = {trusted.content: trusted.name for trusted in trusted_keys(store)}
    return Signer(name=names.get(key.content, ""), key=key.fingerprint)


def _signature(folder: Path) -> Signature | None:
    """The signature of a release, if there is one. Raises ModelError when it cannot be read."""
    try:
        return Signature.model_validate_json((folder / SIGNATURE).read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError):
        raise _untrusted(folder, say("its signature cannot be read")) from None


def _key_bytes(signature: Signature) -> bytes:
    try:
        return base64.b64decode(signature.public_key, validate=True)
    except ValueError:
        return b""  # no key has no bytes: nothing is signed by it


def _untrusted(folder: Path, fault: Message) -> ModelError:
    return ModelError(
        say("the release cannot be trusted: {fault}", fault=fault), str(folder / SIGNATURE),
        say('sign it with "breakeven releases sign NUMBER", or promote another one'),
    )
