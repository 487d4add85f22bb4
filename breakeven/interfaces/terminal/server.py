"""A running server in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from breakeven.core.words import say
from breakeven.interfaces.terminal.screen import Screen


def show_server(language: str | None, found: Mapping[str, object] | None) -> None:
    """What a server says of itself; None: none runs."""
    screen = Screen.of(language)
    if found is None:
        screen.line(say("no server of this project runs"))
        return
    if "place" in found:
        screen.line(say("it listens on {place}, since {time}", place=found["place"],
                        time=screen.write.moment(str(found["since"]))))  # fmt: skip
        screen.line(say("release {number} answers", number=found["release"]))
    if found.get("on_trial") is not None:
        screen.line(say("release {number} is on trial", number=found["on_trial"]))
    if found["draining"]:
        screen.line(say("it finishes what is under way, and ends"))
    screen.line(say("processes: {names}", names=found["processes"]))
