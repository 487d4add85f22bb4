"""The gate in the terminal: what was learned from, both releases side by side, and what to do next."""

from __future__ import annotations

from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.records.gate import Gate, GatePart, Taken
from breakeven.records.run import Run

PARTS = {"test": say("test rows"), "recent": say("recent rows")}


def print_gate(screen: Screen, run: Run, gate: Gate, canary: float | None) -> None:
    """Whether it is open, by which figures, and what is on trial now."""
    name = run.choice.name if run.choice else ""
    opened = say("{name}, which learned from feedback, is better than release {number}", name=name, number=gate.beside)
    closed = say("{name}, which learned from feedback, is not surely better than release {number}: nothing was changed",
                 name=name, number=gate.beside)  # fmt: skip
    screen.line(opened if gate.passed else closed, "bold green" if gate.passed else "bold yellow")
    for line in taken_lines(gate.taken):
        screen.line(line, indent=2)
    table = screen.table(say("by {metric}", metric=gate.metric), say("rows"), say("now"), say("learned"), say("gain"),
                         say("95% interval"), say("needed"), say("passed"))  # fmt: skip
    for part in gate.parts:
        table.add_row(*(Text(safe(cell)) for cell in _cells(screen, part)))
    screen.console.print(table)
    if run.release:
        screen.line(_next(run.release.number, canary))


def taken_lines(taken: Taken) -> list[Message]:
    """What became of the answers whose truth came back."""
    head = say(
        "{count} answers have a truth: {added_count} joined the training rows, {recent_count} are the recent rows",
        count=taken.told, added_count=taken.added, recent_count=taken.recent,
    )
    left = (
        (taken.test_rows, say("left out because they equal a test row: {count}", count=taken.test_rows)),
        (taken.known, say("left out because they equal a training row: {count}", count=taken.known)),
        (taken.unusable, say("left out because their truth or columns are not known: {count}", count=taken.unusable)),
        (taken.without_inputs, say("their inputs were not kept: {count}", count=taken.without_inputs)),
        (taken.masked, say("personal data stands in {count} of them as tags such as [mail], read as words",
                           count=taken.masked)),
    )  # fmt: skip
    return [head, *(line for count, line in left if count)]


def _cells(screen: Screen, part: GatePart) -> list[str]:
    write = screen.write
    interval = f"{write.score(part.low)} – {write.score(part.high)}"
    return [
        str(screen.voice(PARTS[part.part])), str(part.rows), write.score(part.before), write.score(part.now),
        write.score(part.gain), interval, f"> {write.score(part.needed)}", "✓" if part.passed else "✗",
    ]  # fmt: skip


def _next(number: int, canary: float | None) -> Message:
    if canary is not None:
        return say("release {number} answers {share} of the users now: \"breakeven rollout status\"", number=number,
                   share=canary / 100)  # fmt: skip
    return say("release {number} answers nobody yet: \"breakeven rollout start {number} --percent 10\"", number=number)
