"""What a command prints when it is done: the answer first, then what it rests on."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from breakeven.core.words import Message, say
from breakeven.interfaces.numbers import writer
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice, language_of

if TYPE_CHECKING:
    from breakeven.interfaces.verbs import Family
    from breakeven.records.audit import Audit, Finding
    from breakeven.records.run import Run
    from breakeven.serving.limits import Limits
    from breakeven.stages.engine_prices import EnginePrice
    from breakeven.stages.watch import Watcher

LEVEL_STYLES = {"blocking": "bold red", "warning": "yellow", "note": "cyan"}
WIDTH_OF_FILES = 140
"""How wide output is when it goes to a file or a pipe."""


class Screen:
    """Prints in one language; all text from outside is cleaned of control characters and never read as markup."""

    def __init__(self, voice: Voice, console: Console | None = None) -> None:
        self.voice = voice
        self.write = writer(voice.language)
        self.console = console or _console(stderr=False)

    @classmethod
    def of(cls, language: str | None) -> Screen:
        return cls(Voice(language_of(language)))

    def watching(self, quiet: bool) -> AbstractContextManager[Watcher]:
        """A watcher on standard error for the time of a run."""
        from breakeven.interfaces.terminal.live import watching

        return watching(self.voice, _console(stderr=True), quiet)

    def line(self, message: Message | str, style: str = "", indent: int = 0) -> None:
        text = safe(message if isinstance(message, str) else self.voice(message))
        self.console.print(Text(" " * indent + text, style=style), soft_wrap=True)

    def title(self, message: Message) -> None:
        self.console.print()
        self.line(message, "bold")

    # --- what the commands show

    def made(self, folder: Path, files: Sequence[Path]) -> None:
        self.line(say("Made a project in {folder}:", folder=str(folder)), "bold")
        for file in files:
            self.line(str(file), indent=2)
        where = "" if folder == Path(".") else f" {folder}"
        self.title(say("Next"))
        if not any(file.suffix == ".csv" for file in files):  # a plan alone
            self.line(say("see what it takes and when it pays: {command}", command=f"breakeven plan{where}"), indent=2)
            return
        self.line(say("look at the data: {command}", command=f"breakeven check{where}"), indent=2)
        self.line(say("climb the ladder: {command}", command=f"breakeven run{where}"), indent=2)

    def audit(self, audit: Audit) -> None:
        self.findings(audit)
        for message in audit.split:
            self.line(message.message())
        if audit.blocked:
            self.line(say("Mend what is blocking before anything is trained."), "bold red")
        elif not audit.findings:
            self.line(say("Nothing was found: the data is ready."), "bold green")

    def engines(self, prices: Sequence[EnginePrice]) -> None:
        """What training the ladder would take and cost on each engine."""
        if not prices:
            return
        self.title(say("What training would take, on each engine"))
        table = self.table(say("engine"), say("machine"), say("at most"), say("cost"))
        for price in prices:
            cells = (price.engine, price.machine, self.write.seconds(price.time.to("second")),
                     self.write.usd(price.usd.to("usd")))  # fmt: skip
            table.add_row(*(Text(safe(cell)) for cell in cells))
        self.console.print(table)
        self.line(say("Every machine is taken to be as fast as this one; [compute] train_on chooses."), "dim")

    def findings(self, audit: Audit) -> None:
        """Every finding with its place, rows and hint, the worst first."""
        from breakeven.interfaces.answer import LEVELS

        order = list(LEVEL_STYLES)
        for finding in sorted(audit.findings, key=lambda finding: order.index(finding.level)):
            head = Text(f"{self.voice(LEVELS[finding.level])}: ", style=LEVEL_STYLES[finding.level])
            self.console.print(head.append(safe(self.voice(finding.what)), style="not bold default"), soft_wrap=True)
            self.line(say("at {where}{rows}", where=finding.where.message(), rows=rows_of(finding)), indent=2)
            self.line(say("hint: {hint}", hint=finding.hint.message()), indent=2)

    def run(self, run: Run) -> None:
        from breakeven.interfaces import answer
        from breakeven.interfaces.terminal.ladder import forecast_lines, ladder_table, left_lines, prospect_lines

        self.line(answer.headline(run), "bold green" if run.outcome == "released" else "bold yellow")
        for sentence in answer.sentences(run):
            self.line(sentence)
        self.console.print()
        self.console.print(ladder_table(run, self.voice, self.write))
        self._list(say("Why not the others"), [say("{name}: {why}", name=n, why=why) for n, why in left_lines(run)])
        self._list(say("What they would take and bring"),
                   [say("{name}: {why}", name=n, why=why) for n, why in prospect_lines(run)])
        self._list(say("What training was foreseen to take"),
                   [say("{name}: {why}", name=n, why=why) for n, why in forecast_lines(run)])
        if run.choice:
            self._list(say("What is missing"), [record.message() for record in run.choice.missing])
            self._list(say("What would close the gap"), [record.message() for record in run.choice.remedies])
        self._list(say("Build or buy"), [answer.alternative(other) for other in run.alternatives])
        if run.audit.findings:
            self.title(say("Findings in the data"))
            self.findings(run.audit)
        self._next(run)

    def _list(self, title: Message, lines: list[Message]) -> None:
        if lines:
            self.title(title)
            for line in lines:
                self.line(line, indent=2)

    def _next(self, run: Run) -> None:
        from breakeven.interfaces import answer

        self.title(say("Next"))
        if run.release:
            self.line(say("answer a file: {command}", command="breakeven predict FILE --out OUT.csv"), indent=2)
        if run.report:
            self.line(say("read the report: {file}", file=near(run.report)), indent=2)
        for file in run.profiles:
            self.line(say("open the trace of a training in ui.perfetto.dev: {file}", file=near(file)), indent=2)
        self.line(answer.bill(run), "dim")

    def answered(self, rows: int, out: Path) -> None:
        self.line(say("{rows} rows answered in {file}", rows=rows, file=str(out)))

    def serving(self, place: str) -> None:
        self.line(say("answering at {place}; Ctrl-C ends it when what is under way is done", place=place))

    def limits(self, limits: Limits) -> None:
        table = self.table(say("limit"), say("at most"))
        for name, value in limits.model_dump().items():
            table.add_row(Text(name), Text(f"{value:,}"))
        self.console.print(table)

    def exported(self, written: int, to: str, out: Path) -> None:
        self.line(say("{count} trainings and rungs written in {file}", count=written, file=str(out)))
        viewer = {"tensorboard": f"tensorboard --logdir {out}", "mlflow": f"mlflow ui --backend-store-uri {out}"}[to]
        self.line(say("look at them: {command}", command=viewer), indent=2)

    def exported_release(self, number: int, to: str, out: Path) -> None:
        self.line(say("release {number} written for {name} in {file}", number=number, name=to, file=str(out)))
        self.line(say("what to do with it: {file}", file=str(out / "README.md")), indent=2)

    def models(self, families: Iterable[Family]) -> None:
        table = self.table(say("family"), say("what it is"))
        for family in families:
            table.add_row(Text(safe(family.name)), Text(safe(self.voice(family.about))))
        self.console.print(table)

    def table(self, *titles: Message) -> Table:
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for title in titles:
            table.add_column(self.voice(title), overflow="fold")
        return table


def near(path: str) -> str:
    """A path from the current folder when that is shorter."""
    try:
        return min(path, os.path.relpath(path), key=len)
    except ValueError:  # another drive
        return path


def rows_of(finding: Finding) -> Message:
    """`, rows 3, 17, 90 (12 in all)`, or nothing."""
    if not finding.rows:
        return say("{nothing}", nothing="")
    if finding.count > len(finding.rows):
        return say(", rows {row} … ({count} in all)", row=finding.rows, count=finding.count)
    return say(", rows {row}", row=finding.rows)


def _console(stderr: bool) -> Console:
    """A console of this moment's streams; files and pipes get lines of a fixed width."""
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    return console if console.is_terminal else Console(
        stderr=stderr, highlight=False, markup=False, emoji=False, width=WIDTH_OF_FILES
    )
