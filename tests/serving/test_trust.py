"""Signed releases: what was changed, signed by another or not at all answers nobody once a key is trusted."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from pathlib import Path

import pytest

import breakeven
from breakeven.core.errors import BreakevenError, ModelError, ProjectError, UsageError
from breakeven.interfaces import live
from breakeven.serving.server import Place, check
from breakeven.stages.releases import current_number, verified
from breakeven.stages.signing import read_private_key
from breakeven.store import Store
from tests.road.projects import command
from tests.serving.servers import copy_of

pytest.importorskip("cryptography")


@pytest.fixture
def signed(released: Path, tmp_path: Path) -> Path:
    """A project that trusts one key, whose release 1 is signed with it."""
    project = copy_of(released, tmp_path / "project")
    live.make_signing_key(project / "ours")
    with (project / "breakeven.toml").open("a", encoding="utf-8") as file:
        file.write('[release]\nsign_with = "ours"\ntrusted_keys = ["ours.pub"]\n')
    live.sign_release(project, 1)
    return project


def folder(project: Path, number: int = 1) -> Path:
    return project / ".breakeven" / "releases" / str(number)


def test_a_signed_release_answers_and_tells_by_whom(signed: Path) -> None:
    assert verified(Store(signed), 1).number == 1
    assert check(Store(signed), Place(), None) == 1
    release, signer = live.shown_release(signed, 1)
    assert (release.number, signer.name, len(signer.key)) == (1, "ours", 16)


def test_a_flipped_byte_in_any_file_is_found(signed: Path) -> None:
    files = sorted(path for path in folder(signed).rglob("*") if path.is_file())
    assert {"release.json", "signature.json", "golden.jsonl", "artifact.json"} <= {path.name for path in files}
    for path in files:
        kept = path.read_bytes()
        for place in (0, len(kept) // 2, len(kept) - 1):
            changed = bytearray(kept)
            changed[place] ^= 1
            path.write_bytes(changed)
            if path.name == "signature.json" and _same_signature(kept, bytes(changed)):
                continue
            with pytest.raises(ModelError, match="cannot be trusted"):
                verified(Store(signed), 1)
        path.write_bytes(kept)
    assert verified(Store(signed), 1)


def _same_signature(before: bytes, after: bytes) -> bool:
    """A byte between the fields of the signature's file says nothing."""
    try:
        return bool(json.loads(before) == json.loads(after))
    except ValueError:
        return False


def test_a_signature_of_another_record_is_none(signed: Path, tmp_path: Path) -> None:
    (folder(signed) / "release.json").write_bytes((folder(signed) / "release.json").read_bytes() + b"\n")
    with pytest.raises(ModelError, match="not one of this record"):
        verified(Store(signed), 1)
    shutil.copytree(folder(signed), folder(signed, 2))
    live.sign_release(signed, 1)
    shutil.rmtree(folder(signed, 2))
    shutil.copytree(folder(signed), folder(signed, 2))  # an old one under a new number
    with pytest.raises(ModelError, match="record of release 1"):
        verified(Store(signed), 2)


def test_another_key_and_no_signature_are_refused_by_all_that_answer(signed: Path, tmp_path: Path) -> None:
    live.make_signing_key(tmp_path / "theirs")
    live.sign_release(signed, 1, tmp_path / "theirs")
    assert live.shown_release(signed, 1)[1].name == ""
    asked = tmp_path / "rows.csv"
    shutil.copy(signed / "rows.csv", asked)
    ways = (
        lambda: live.promote(signed, 1),
        lambda: check(Store(signed), Place(), None),
        lambda: breakeven.predict(signed, asked, tmp_path / "out.csv"),
    )
    for fault in ("not trusted", "not signed"):
        for way in ways:
            with pytest.raises(ModelError, match=fault):
                way()
        (folder(signed) / "signature.json").unlink(missing_ok=True)
    done = command("serve", signed, "--port", "0")
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 3)
    assert "not signed" in done.stderr


def test_a_run_signs_and_without_a_key_its_release_waits(signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = breakeven.run(signed, only=("baseline",)).release
    assert made is not None
    assert current_number(Store(signed)) == made.number == 2
    assert live.shown_release(signed, 2)[1].name == "ours"
    live.remove_release(signed, 1)
    live.make_signing_key(signed / "other")
    monkeypatch.setenv("BREAKEVEN_SIGNING_KEY", str(signed / "other"))
    made = breakeven.run(signed, only=("linear",)).release
    assert made is not None
    assert current_number(Store(signed)) == 2 != made.number
    monkeypatch.delenv("BREAKEVEN_SIGNING_KEY")
    live.sign_release(signed, made.number)
    live.promote(signed, made.number)
    assert current_number(Store(signed)) == made.number


def test_a_key_that_others_can_read_is_refused(signed: Path) -> None:
    assert (signed / "ours").stat().st_mode & 0o777 == 0o600
    (signed / "ours").chmod(0o640)
    with pytest.raises(UsageError, match="read by others"):
        live.sign_release(signed, 1)
    with pytest.raises(UsageError, match="read by others"):
        breakeven.run(signed, only=("baseline",))  # before any work


@pytest.mark.parametrize(("written", "told"), [
    ("nowhere.pub", "cannot be read"), ("rows.csv", "no Ed25519 key"), ("ed25519:AAAA", "no Ed25519 key"),
    ("ed25519:%%", "no Ed25519 key"),
])  # fmt: skip
def test_a_key_that_is_none_closes_everything(
    signed: Path, monkeypatch: pytest.MonkeyPatch, written: str, told: str
) -> None:
    monkeypatch.setenv("BREAKEVEN_TRUSTED_KEYS", written)
    with pytest.raises(UsageError, match=told) as caught:
        verified(Store(signed), 1)
    assert caught.value.exit_code == 2


def test_keys_as_text_and_by_the_environment(signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BREAKEVEN_TRUSTED_KEYS", live.make_signing_key(tmp_path / "theirs"))
    with pytest.raises(ModelError, match="not trusted"):
        verified(Store(signed), 1)
    live.sign_release(signed, 1, tmp_path / "theirs")
    assert verified(Store(signed), 1)
    monkeypatch.delenv("BREAKEVEN_TRUSTED_KEYS")
    (signed / "breakeven.toml").write_text("[release\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="which keys it trusts"):
        verified(Store(signed), 1)


def test_no_key_is_overwritten_and_none_is_taken_for_another(signed: Path) -> None:
    with pytest.raises(UsageError, match="overwritten"):
        live.make_signing_key(signed / "ours")
    with pytest.raises(UsageError, match="no Ed25519 key"):
        read_private_key(_closed(signed / "rows.csv"))


def _closed(path: Path) -> Path:
    path.chmod(0o600)
    return path


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_finds_the_signature_good(signed: Path, tmp_path: Path) -> None:
    told = json.loads((folder(signed) / "signature.json").read_text())
    (tmp_path / "signature").write_bytes(base64.b64decode(told["signature"]))

    def good(record: Path) -> bool:
        words = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", signed / "ours.pub", "-rawin", "-in", record,
                 "-sigfile", tmp_path / "signature"]  # fmt: skip
        return subprocess.run(words, capture_output=True).returncode == 0

    changed = tmp_path / "release.json"
    changed.write_bytes((folder(signed) / "release.json").read_bytes().replace(b'"number"', b'"Number"', 1))
    assert good(folder(signed) / "release.json")
    assert not good(changed)


def test_the_log_tells_of_lines_that_were_changed_or_taken_out(signed: Path) -> None:
    breakeven.run(signed, only=("baseline",))
    live.rollback(signed)
    lines, broken = live.release_history(signed)
    assert [line["act"] for line in lines] == ["run", "sign", "run", "rollback"]
    assert broken is None
    log = folder(signed).parent / "audit.jsonl"
    kept = log.read_bytes().splitlines(keepends=True)
    for changed, told in ((kept[:1] + kept[2:], 2), ([kept[0].replace(b'"run"', b'"RUN"'), *kept[1:]], 1),
                          ([kept[0], kept[2], kept[1], kept[3]], 2)):  # fmt: skip
        log.write_bytes(b"".join(changed))
        assert live.release_history(signed)[1] == told
    log.write_bytes(b"".join(kept)[:-20])  # the disk was full: the next line stands on its own all the same
    live.promote(signed, 2)
    lines, broken = live.release_history(signed)
    assert [line["act"] for line in lines] == ["run", "sign", "run", "promote"]
    assert broken == 4


def test_the_commands_say_what_they_did(signed: Path) -> None:
    def said(*words: str | Path, code: int = 0) -> str:
        done = command(*words, "--project", signed)
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    assert "signed with the trusted key ours" in said("releases", "show", "1")
    assert "as they were written" in said("releases", "history")
    assert "signed with the trusted key ours" in said("releases", "sign", "1")
    assert said("releases", "sign", "9", code=2).count("\n") == 3


def test_every_error_has_three_lines(signed: Path) -> None:
    (folder(signed) / "signature.json").write_text("{}")
    with pytest.raises(BreakevenError) as caught:
        verified(Store(signed), 1)
    assert all(str(line) for line in caught.value.lines())
