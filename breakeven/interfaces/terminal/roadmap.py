"""The road map and the risks in the terminal: bars of characters, shortages, lights."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from breakeven.core.words import say
from breakeven.interfaces import roadmap_words as words
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.records.roadmap_state import MilestoneState, RiskState, RoadmapState

WIDEST, NARROWEST = 36, 12
"""Characters of the bars."""
BESIDE = 104
"""Characters that the other columns take."""
STYLES = {"green": "bold green", "red": "bold red", "grey": "dim", None: ""}
RISK_STYLES = {True: "bold red", False: "green", None: "yellow"}


def print_roadmap(screen: Screen, state: RoadmapState, risks: Sequence[RiskState] = ()) -> None:
    """The whole road map: what it takes, what decides it, the milestones, shortages and risks."""
    screen.line(words.headline(state), "bold")
    decided = words.path(state)
    if decided:
        screen.line(decided)
    if state.milestones:
        screen.console.print(_table(screen, state))
    gates = [(gate, words.gate_line(gate, screen.voice)) for one in state.milestones for gate in one.gates]
    if gates:
        screen.title(say("Gates"))
        for gate, line in gates:
            screen.line(line, STYLES[gate.light], indent=2)
    for one in state.milestones:
        if one.unmet:
            screen.line(words.unmet_line(one), "bold red", indent=2)
    _resources(screen, state)
    print_risks(screen, risks)


def print_risks(screen: Screen, risks: Sequence[RiskState]) -> None:
    """One line a risk; nothing without risks."""
    if risks:
        screen.title(say("Risks"))
        for risk in risks:
            screen.line(words.risk_line(risk, screen.voice), RISK_STYLES[risk.breached], indent=2)


def _resources(screen: Screen, state: RoadmapState) -> None:
    lines = [(line, "yellow") for one in state.resources if (line := words.shortage(one))]
    lines += [(line, "dim") for one in state.resources if (line := words.unknown_stock(one))]
    if lines:
        screen.title(say("What is short"))
        for line, style in lines:
            screen.line(line, style, indent=2)


def _table(screen: Screen, state: RoadmapState) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    titles = (say("milestone"), say("start"), say("end"), say("P10 – P90"), say("slack"), say("critical"), say("due"),
              say("in time"), say("gate"), say("months"))
    for title in titles:
        table.add_column(screen.voice(title), overflow="fold")
    table.columns[-1].no_wrap = True
    last = max(state.p90, state.finish, *(one.p90 for one in state.milestones)) or 1.0
    at = max(NARROWEST, min(WIDEST, screen.console.width - BESIDE)) / last
    for one in state.milestones:
        table.add_row(*_cells(screen, one), bar(one, at))
    return table


def _cells(screen: Screen, one: MilestoneState) -> list[Text]:
    write = screen.write
    light = Text(screen.voice(words.LIGHT_WORDS[one.light]) if one.light else "—", style=STYLES[one.light])
    texts = (
        safe(one.name), f"{one.start:.1f}", f"{one.finish:.1f}", f"{one.p10:.1f} – {one.p90:.1f}",
        f"{one.slack_months:.1f}", write.share(one.chance_critical), str(one.due_month),
        write.share(one.chance_on_time),
    )
    return [*(Text(text) for text in texts), light]


def bar(one: MilestoneState, at: float) -> Text:
    """The milestone in `at` characters a month: `━` by the plan, `─` up to its P90; critical ones are bold."""
    start, finish, late = (round(value * at) for value in (one.start, one.finish, one.p90))
    text = Text(" " * start)
    text.append("━" * (finish - start) if finish > start else "◆", style="bold red" if one.on_critical_path else "cyan")
    return text.append("─" * max(0, late - max(finish, start + 1)), style="dim")
