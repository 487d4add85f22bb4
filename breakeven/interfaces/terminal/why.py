"""A number of the plan as a tree: what it was made of, down to what was assumed, published or measured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.text import Text
from rich.tree import Tree

from breakeven.core.words import N_, say
from breakeven.interfaces.answer import PROVENANCES
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.plan_words import PLAN_TITLES
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.words import Voice
from breakeven.plan.folded import Branch
from breakeven.plan.why import Why
from breakeven.records.record import FigureRecord

STYLES = {"assumed": "yellow", "published": "cyan", "measured": "green"}


def print_why(screen: Screen, found: Why) -> None:
    """The sentence, a tree for each cell that decides it, and all that they rest on."""
    screen.line(screen.voice.say("{name}: {why}", name=found.asked, why=translated(found, screen.voice)), "bold")
    for cell, branch in found.trees:
        screen.console.print()
        screen.console.print(branch_tree(branch, screen.voice, cell_title(cell, screen.voice)))
    screen.title(say("It rests on"))
    for leaf in found.leaves:
        screen.console.print(Text("  ").append(_leaf(leaf, screen.voice)), soft_wrap=True)


def translated(found: Why, voice: Voice) -> str:
    """The sentence with the lines of the plan called as people call them."""
    values = dict(found.says.values)
    if "line" in values:
        values["line"] = title_of(values["line"], voice)
    return voice.say(found.says.template, **values)


def title_of(line: str, voice: Voice) -> str:
    return voice(PLAN_TITLES.get(line, line))


def cell_title(cell: str, voice: Voice) -> str:
    """`net@7` as `net, month 7`."""
    line, at, month = cell.partition("@")
    if not at:
        return ""
    return voice.say("{line}, month {month}", line=title_of(line, voice), month=int(month))


def branch_tree(branch: Branch, voice: Voice, title: str = "") -> Tree:
    """A figure as a tree; `title` stands for its name."""
    root = Tree(_line(branch, voice, title), guide_style="dim")
    _grow(root, branch, voice)
    return root


def _grow(tree: Tree, branch: Branch, voice: Voice) -> None:
    for part in branch.parts:
        _grow(tree.add(_line(part, voice)), part, voice)


def _line(branch: Branch, voice: Voice, title: str = "") -> Text:
    """One line: name, value, how it was made; of a leaf where it comes from."""
    made = branch.made_by or branch.kind == "alike"
    name = title or voice(branch.figure.name or (N_("in between") if made else N_("a number of the formula")))
    text = Text(safe(name))
    text.append(": ")
    if branch.kind == "alike":
        return text.append(safe(_alike(branch, voice)))
    text.append(safe(figure_text(branch.figure, voice)), style="bold")
    if branch.times > 1:
        text.append(" " + voice.say("({count} times)", count=branch.times))
    if branch.kind == "above":
        return text.append(" " + voice.say("(unfolded above)"), style="dim")
    if branch.kind == "earlier":
        return text.append(" " + voice.say("(of the month before, made alike)"), style="dim")
    if branch.parts or branch.cut:
        text.append(f" = {voice(branch.made_by)}" + (" …" if branch.cut else ""), style="dim")
        return text
    return _sourced(text, branch.figure, voice)


def _alike(branch: Branch, voice: Voice) -> str:
    """Many of one name in one line."""
    least, greatest = (
        figure_text(branch.figure.model_copy(update={"value": value}), voice)
        for value in (branch.least, branch.greatest)
    )
    return voice.say("{count} figures, together {total}, from {least} to {greatest}; the largest of them:",
                     count=branch.times, total=figure_text(branch.figure, voice), least=least, greatest=greatest)


def _leaf(figure: FigureRecord, voice: Voice) -> Text:
    text = Text(safe(voice(figure.name) or "—"))
    text.append(": ")
    text.append(safe(figure_text(figure, voice)), style="bold")
    return _sourced(text, figure, voice)


def _sourced(text: Text, figure: FigureRecord, voice: Voice) -> Text:
    if figure.sources:
        kind = figure.provenance.value
        text.append(f"  {voice(PROVENANCES[kind])}", style=STYLES[kind])
        text.append(f"  {safe(source_text(figure, voice))}", style="dim")
    return text


def why_json(found: Why) -> dict[str, Any]:
    """The record that `show --why … --json` prints."""
    return {
        "asked": found.asked, "says": str(found.says),
        "trees": [{"cell": cell, **_branch_json(branch)} for cell, branch in found.trees],
        "rests_on": [leaf.model_dump(mode="json") for leaf in found.leaves],
    }


def _branch_json(branch: Branch) -> dict[str, Any]:
    return dict(_fields(branch)) | {"parts": [_branch_json(part) for part in branch.parts]}


def _fields(branch: Branch) -> Iterator[tuple[str, Any]]:
    yield from branch.figure.model_dump(mode="json").items()
    yield from (("made_by", branch.made_by), ("kind", branch.kind), ("times", branch.times), ("cut", branch.cut))
    if branch.kind == "alike":
        yield from (("least", branch.least), ("greatest", branch.greatest))
