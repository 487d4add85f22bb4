"""A run while it goes: a live ladder on a terminal, plain lines anywhere else. Always on standard error."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.engines.engine import Progress
from breakeven.interfaces.answer import OUTCOMES
from breakeven.interfaces.numbers import writer
from breakeven.interfaces.terminal.ladder import interval_text
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice
from breakeven.records.run import Rung
from breakeven.stages.watch import Watcher


@dataclass
class Line:
    """What the live ladder shows of one rung."""

    name: str
    share: float = 0.0
    score: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float = 0.0
    state: str = ""
    done: bool = False


class PlainWatcher(Watcher):
    """One line for each step; nothing is overwritten, so that logs stay readable.

    A stage is told when the one after it begins: what fails at once leaves nothing but the lines of its error.
    """

    def __init__(self, voice: Voice, console: Console) -> None:
        self.voice = voice
        self.console = console
        self.write = writer(voice.language)
        self.begun: Message | None = None
        self.foretold: set[str] = set()

    def print(self, message: Message) -> None:
        self.flush()
        self.console.print(Text(safe(self.voice(message))), soft_wrap=True)

    def stage(self, what: Message) -> None:
        self.flush()
        self.begun = what

    def flush(self) -> None:
        if self.begun:
            begun, self.begun = self.begun, None
            self.print(begun)

    def rung_begins(self, name: str, seconds: float) -> None:
        self.print(say("{name}: begins, {seconds} at most", name=name, seconds=seconds))

    def rung_goes(self, name: str, progress: Progress, spent_usd: float, seconds_left: float) -> None:
        """Only what its training is foreseen to take is worth a line, once."""
        foreseen = foreseen_of(progress)
        if foreseen and name not in self.foretold:
            self.foretold.add(name)
            self.print(say("{name}: {foreseen}", name=name, foreseen=foreseen))

    def rung_ends(self, rung: Rung, spent_usd: float, seconds_left: float) -> None:
        """A family that did not take part at all has no line here; the summary tells why."""
        if rung.candidate is None:
            return
        self.print(say(
            "{result}; spent {spent_usd}, {left_seconds} left",
            result=result_of(rung), spent_usd=spent_usd, left_seconds=max(0.0, seconds_left),
        ))


def foreseen_of(progress: Progress) -> Message | None:
    """What training is foreseen to take, as soon as that is known."""
    if progress.foreseen_seconds is None:
        return None
    if progress.foreseen_bytes is None:
        return say("training will take about {seconds}", seconds=progress.foreseen_seconds)
    return say("training will take about {seconds} and {bytes} of memory",
               seconds=progress.foreseen_seconds, bytes=progress.foreseen_bytes)  # fmt: skip


def result_of(rung: Rung) -> Message:
    """How a rung ended, in a sentence without its full stop."""
    if rung.outcome != "trained":
        reason = rung.reason.message() if rung.reason else "—"
        return say("{name}: {outcome}: {reason}", name=rung.name, outcome=OUTCOMES[rung.outcome], reason=reason)
    main = rung.evaluation.main if rung.evaluation else None
    seconds = rung.bill.seconds if rung.bill else None
    if main is None or main.value is None:
        return say("{name}: trained in {seconds}", name=rung.name, seconds=seconds)
    return say(
        "{name}: {metric} {score}, trained in {seconds}",
        name=rung.name, metric=main.metric, score=main.value, seconds=seconds,
    )


class LiveWatcher(PlainWatcher):
    """The ladder, drawn again in place with each step."""

    def __init__(self, voice: Voice, console: Console) -> None:
        super().__init__(voice, console)
        self.lines: dict[str, Line] = {}
        self.now = Text()
        self.foot = Text()
        self.live = Live(self.picture(), console=console, refresh_per_second=8, transient=True)

    def stage(self, what: Message) -> None:
        self.now = Text(safe(self.voice(what)), style="bold")
        self.draw()

    def rung_begins(self, name: str, seconds: float) -> None:
        self.lines[name] = Line(name, state=self.voice.say("{seconds} at most", seconds=seconds))
        self.draw()

    def rung_goes(self, name: str, progress: Progress, spent_usd: float, seconds_left: float) -> None:
        line = self.lines.setdefault(name, Line(name))
        line.share, line.score, line.seconds = progress.share, progress.score, progress.seconds
        if foreseen := foreseen_of(progress):
            line.state = self.voice(foreseen)
        self.spent(spent_usd, seconds_left)

    def predicted(self, rows: int) -> None:
        self.now = Text(self.voice.say("{rows} rows answered", rows=rows))
        self.draw()

    def rung_ends(self, rung: Rung, spent_usd: float, seconds_left: float) -> None:
        if rung.candidate is None:
            return
        line = self.lines.setdefault(rung.name, Line(rung.name))
        line.done, line.share = True, 1.0
        line.seconds = rung.bill.seconds if rung.bill else 0.0
        line.state = self.voice(rung.reason or OUTCOMES[rung.outcome])
        if rung.evaluation:
            main = rung.evaluation.main
            line.score, line.low, line.high = main.value, main.low, main.high
        self.spent(spent_usd, seconds_left)

    def spent(self, spent_usd: float, seconds_left: float) -> None:
        said = self.voice.say(
            "spent {spent_usd}, {left_seconds} left", spent_usd=spent_usd, left_seconds=max(0.0, seconds_left)
        )
        self.foot = Text(said, style="dim")
        self.draw()

    def draw(self) -> None:
        self.live.update(self.picture())

    def picture(self) -> Group:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for title in HEADS:
            table.add_column(self.voice(title), justify="left" if title is HEADS[0] else "right", no_wrap=True)
        table.add_column("", overflow="ellipsis", no_wrap=True)
        for line in self.lines.values():
            table.add_row(*self.row(line))
        return Group(self.now, table, self.foot) if self.lines else Group(self.now)

    def row(self, line: Line) -> tuple[Text | ProgressBar, ...]:
        bar = Text("") if line.done else ProgressBar(total=1.0, completed=line.share, width=12)
        texts = (
            self.write.score(line.score),
            interval_text(line.low, line.high, self.write),
            self.write.seconds(line.seconds),
            safe(line.state),
        )
        return Text(safe(line.name)), bar, *(Text(text) for text in texts)


HEADS = (say("candidate"), say("progress"), say("score"), say("95% interval"), say("time taken"))


@contextmanager
def watching(voice: Voice, console: Console, quiet: bool) -> Iterator[Watcher]:
    """The watcher that fits the console; a live one is taken down at the end, whatever happens."""
    if quiet:
        yield Watcher()
    elif console.is_terminal:
        watcher = LiveWatcher(voice, console)
        with watcher.live:
            yield watcher
    else:
        plain = PlainWatcher(voice, console)
        yield plain
        plain.flush()
