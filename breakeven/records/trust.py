"""Who may sign releases, and what a signature looks like."""

from __future__ import annotations

from typing import Literal

from breakeven.records.record import Record


class ReleaseTrust(Record):
    """`[release]` of the project file. Paths are relative to it."""

    sign_with: str = ""
    """The file of a private key; every release that a run makes is signed with it."""
    trusted_keys: tuple[str, ...] = ()
    """Files of public keys, or the keys themselves (`ed25519:…`); when there is one, only releases signed by one of
    them may answer."""


class Signature(Record):
    """`signature.json` of a release's folder: Ed25519 (RFC 8032) over the bytes of `release.json`."""

    algorithm: Literal["ed25519"] = "ed25519"
    public_key: str
    """Base64 of its 32 bytes. It only says which key to look for: what counts is whether that key is trusted."""
    signature: str
    """Base64 of its 64 bytes."""


class Signer(Record):
    """Who signed a release: the name of a trusted key; empty for a key that is not trusted. `key` is its fingerprint,
    empty when nobody signed."""

    name: str = ""
    key: str = ""
