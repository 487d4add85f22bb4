"""Releases, keys and limits in the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.answer import interval
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe

if TYPE_CHECKING:
    from breakeven.records.release import Release
    from breakeven.records.trust import Signer
    from breakeven.serving.keys import Key


def show_releases(language: str | None, releases: Iterable[Release], current: int | None) -> None:
    """A line a release, the newest last."""
    screen = Screen.of(language)
    table = screen.table(say("now"), say("release"), say("candidate"), say("test score"), say("made"), say("run"))
    for release in releases:
        mark = "→" if release.number == current else ""
        cells = (mark, str(release.number), release.candidate, screen.voice(_score(release)),
                 release.created, release.run)  # fmt: skip
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)


def show_card(language: str | None, release: Release, signer: Signer) -> None:
    """What is known of a release."""
    screen = Screen.of(language)
    screen.line(say("release {number}: {name}", number=release.number, name=release.candidate), "bold")
    screen.line(say("test score: {score}", score=_score(release)), indent=2)
    screen.line(say("the test rows were opened {count} times for these data", count=release.test_opened), indent=2)
    if release.train_usd is not None:
        screen.line(say("training cost {usd}", usd=release.train_usd), indent=2)
    size = sum(entry.bytes for entry in release.manifest)
    screen.line(say("{count} files, {bytes}, all as its manifest says", count=len(release.manifest), bytes=size),
                indent=2)  # fmt: skip
    screen.line(say("{rows} golden rows", rows=release.golden), indent=2)
    screen.line(_signed(signer), indent=2)


def _signed(signer: Signer) -> Message:
    if not signer.key:
        return say("not signed")
    if not signer.name:
        return say("signed with the key {key}, which the project does not name as trusted", key=signer.key)
    return say("signed with the trusted key {name} ({key})", name=signer.name, key=signer.key)


def show_signed(language: str | None, number: int, signer: Signer) -> None:
    screen = Screen.of(language)
    screen.line(say("release {number}: {signature}", number=number, signature=_signed(signer)))


def show_history(language: str | None, lines: Iterable[dict[str, object]], broken: int | None) -> None:
    """A line an act, the newest last, and whether the log is as it was written."""
    screen = Screen.of(language)
    table = screen.table(say("when"), say("act"), say("release"), say("before"), say("who"))
    last = ""
    for line in lines:
        last = str(line.get("chain", ""))
        before = line["before"]
        cells = (screen.write.moment(str(line["at"])), str(line["act"]), str(line["release"]),
                 "—" if before is None else str(before), str(line["by"]))  # fmt: skip
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)
    if broken:
        screen.line(say("line {line} of the log is not as it was written, or one before it is missing", line=broken),
                    "bold red")  # fmt: skip
    elif last:
        screen.line(say("all lines are as they were written; the last one's chain is {chain}", chain=last), "dim")


def show_signing_key(language: str | None, file: Path, public: str) -> None:
    """Where the key is, and how a project comes to trust it."""
    screen = Screen.of(language)
    screen.line(say("the private key, which only you can read: {file}", file=str(file)))
    screen.line(say("the public key: {file}", file=f"{file}.pub"))
    screen.line(say("in the project file:"))
    for line in ("[release]", f'sign_with = "{file}"', f'trusted_keys = ["{public}"]'):
        screen.line(line, indent=2)


def _score(release: Release) -> Message:
    """`0.898 (95% sure: …)`."""
    main = release.test.main
    if main.value is None:
        return say("not known")
    return say("{metric} {score}{interval}", metric=main.metric, score=main.value, interval=interval(main))


def show_current(language: str | None, number: int) -> None:
    Screen.of(language).line(say("release {number} answers now", number=number))


def show_removed(language: str | None, number: int) -> None:
    Screen.of(language).line(say("release {number} is gone", number=number))


def show_key(language: str | None, name: str, secret: str, file: Path) -> None:
    """The one time that a key is seen."""
    screen = Screen.of(language)
    screen.line(say("the key of {name}, shown this once:", name=name))
    screen.line(secret, "bold", indent=2)
    screen.line(say("its digest is kept in {file}", file=str(file)))


def show_keys(language: str | None, keys: Iterable[Key]) -> None:
    screen = Screen.of(language)
    table = screen.table(say("key of"), say("opens"), say("made"), say("ends"))
    for key in keys:
        cells = (key.name, ", ".join(key.scopes), key.created, key.expires or "—")
        table.add_row(*(Text(safe(cell)) for cell in cells))
    screen.console.print(table)


def show_revoked(language: str | None, name: str) -> None:
    Screen.of(language).line(say("the key of {name} opens nothing any more", name=name))
