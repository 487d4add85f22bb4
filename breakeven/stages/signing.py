"""Keys that sign releases: Ed25519, a private file that only its owner can read and a public one beside it.

Both are PEM files, as `openssl genpkey -algorithm ed25519` makes them, so that other tools can sign and check too.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from breakeven.core.errors import UsageError
from breakeven.core.words import Message, say
from breakeven.records.trust import Signature
from breakeven.store import storing

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PREFIX = "ed25519:"
PUBLIC = ".pub"


class PublicKey(NamedTuple):
    """A public key: what it is called and its 32 bytes."""

    name: str
    content: bytes

    @property
    def fingerprint(self) -> str:
        """Sixteen hex digits of its SHA-256."""
        return hashlib.sha256(self.content).hexdigest()[:16]


def make_key(path: Path) -> PublicKey:
    """Write a new private key to `path` (mode 0600) and its public key beside it, with the ending .pub.

    Raises UsageError when one of the files is there already, StorageError.
    """
    kinds, serial = _library()
    private, public = kinds.Ed25519PrivateKey.generate(), public_file(path)
    for file in (path, public):
        if file.exists():
            raise UsageError(say("a file would be overwritten"), str(file), say("name a new file"))
    pem = serial.Encoding.PEM
    secret = private.private_bytes(pem, serial.PrivateFormat.PKCS8, serial.NoEncryption())
    with storing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_new(path, secret, 0o600)
        _write_new(public, private.public_key().public_bytes(pem, serial.PublicFormat.SubjectPublicKeyInfo), 0o644)
    return PublicKey(path.stem, private.public_key().public_bytes_raw())


def public_file(private: Path) -> Path:
    """Where the public key of a private one lies."""
    return private.with_name(private.name + PUBLIC)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """A file that nobody else could open at any moment of its life."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(handle)


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """A private key. Raises UsageError when it is missing, none of Ed25519, or readable by others."""
    kinds, serial = _library()
    content = _content(path)
    if os.name == "posix" and path.stat().st_mode & 0o077:
        raise UsageError(
            say("the key file can be read by others"), str(path),
            say("close it: {command}", command=f"chmod 600 {path}"),
        )
    try:
        key = serial.load_pem_private_key(content, None)
    except (ValueError, TypeError):  # no PEM; one with a password
        key = None
    if not isinstance(key, kinds.Ed25519PrivateKey):
        raise _no_key(path, say("make one with {command}", command="breakeven keys sign-new FILE"))
    return key


def read_public_key(written: str, folder: Path) -> PublicKey:
    """A public key as a project names it: a PEM file, below `folder` when relative, or `ed25519:` and base64.

    Raises UsageError.
    """
    if written.startswith(PREFIX):
        try:
            content = base64.b64decode(written.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            content = b""
        if len(content) != 32:
            raise _no_key(written, say("after {prefix} stand 32 bytes in base64", prefix=PREFIX))
        return PublicKey(f"{PREFIX}{written.removeprefix(PREFIX)[:8]}…", content)
    kinds, serial = _library()
    path = folder / written
    try:
        key = serial.load_pem_public_key(_content(path))
    except ValueError:
        key = None
    if not isinstance(key, kinds.Ed25519PublicKey):
        raise _no_key(path, say("name the file that ends with {ending}", ending=PUBLIC))
    return PublicKey(path.name.removesuffix(PUBLIC).removesuffix(".key"), key.public_bytes_raw())


def written_key(key: PublicKey) -> str:
    """A public key as text for a project file."""
    return PREFIX + base64.b64encode(key.content).decode()


def sign(content: bytes, key: Ed25519PrivateKey) -> Signature:
    """The signature of some bytes."""
    public = base64.b64encode(key.public_key().public_bytes_raw()).decode()
    return Signature(public_key=public, signature=base64.b64encode(key.sign(content)).decode())


def is_signed_by(content: bytes, signature: Signature, key: PublicKey) -> bool:
    """Whether a signature over these bytes was made with the private half of `key`."""
    from cryptography.exceptions import InvalidSignature

    kinds, _ = _library()
    try:
        given = base64.b64decode(signature.signature, validate=True)
        kinds.Ed25519PublicKey.from_public_bytes(key.content).verify(given, content)
    except (InvalidSignature, ValueError):
        return False
    return True


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise UsageError(
            say("the key cannot be read: {fault}", fault=fault.strerror), str(path),
            say("check the path and its rights"),
        ) from None


def _no_key(place: Path | str, hint: Message) -> UsageError:
    return UsageError(say("that is no Ed25519 key"), str(place), hint)


def _library() -> tuple[Any, Any]:
    """The parts of `cryptography` that are needed. Raises UsageError when it is not installed."""
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError:
        raise UsageError(
            say("signatures need the library {name}", name="cryptography"), "cryptography",
            say("install it: {command}", command='pip install "breakeven[team]"'),
        ) from None
    return ed25519, serialization
