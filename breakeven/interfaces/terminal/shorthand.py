"""The classic shorthand in the terminal: its terms, what is wrong with each, and the version that adds up beside it."""

from __future__ import annotations

from typing import Any

from rich import box
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from breakeven.core.figure import Figure
from breakeven.core.words import N_, say
from breakeven.estimate.interval import Estimate
from breakeven.interfaces.figures import figure_text, source_text
from breakeven.interfaces.terminal.screen import Screen
from breakeven.interfaces.terminal.text import safe
from breakeven.interfaces.terminal.why import branch_tree
from breakeven.interfaces.words import Voice
from breakeven.plan.folded import Folder
from breakeven.plan.ledger import LedgerWriter
from breakeven.plan.quick_costs import K_LARGEST, QuickCosts
from breakeven.plan.shorthand import STATED_TOTAL, Checked
from breakeven.records.record import FigureRecord


def print_shorthand(screen: Screen, checked: Checked, costs: QuickCosts, at_largest_k: QuickCosts,
                    predicted: Estimate | None) -> None:
    """The shorthand, its faults, the published facts and the version that adds up."""
    screen.line(say("The shorthand: C = C_r + C_d + C_m + C_p"), "bold")
    screen.console.print(_terms(screen, checked))
    screen.title(say("What is wrong with it"))
    for fault in checked.faults:
        screen.line(fault, "yellow", indent=2)
    screen.title(say("What was published of GPT-3"))
    for fact in checked.facts:
        _figure(screen, fact)
    screen.title(say("The same in dollars: every term by its own unit"))
    _figure(screen, costs.days)
    if predicted:
        screen.line(say(
            "breakeven estimate train predicts {hours} GPU-hours for it, {low_hours} to {high_hours} in four of five "
            "cases",
            hours=round(predicted.value), low_hours=round(predicted.low),
            high_hours=round(predicted.high)), indent=2)
    for part in costs.parts:
        screen.console.print(figure_tree(screen, part))
    _figure(screen, costs.total, "bold")
    screen.line(say("with k = {k} instead, as Olmo 3 reports it, {usd}", k=K_LARGEST, usd=at_largest_k.total.value),
                indent=2)
    screen.line(say("assumed unless another source stands behind it; a plan of your own: {command}",
                    command="breakeven init --template plan-only"), "dim")


def _terms(screen: Screen, checked: Checked) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (say("term"), say("formula"), say("as stated, in millions"), say("what it gives"),
                  say("in what unit")):
        table.add_column(screen.voice(title), overflow="fold")
    write = screen.write
    for term in checked.terms:
        unit = str(term.figure.unit) if term.figure else screen.voice(N_("none: it cannot be added up"))
        stated = write.number(term.stated) if term.stated is not None else "—"
        table.add_row(*(Text(cell) for cell in (
            screen.voice(term.name), term.formula, stated, write.number(term.bare), unit)))
    stated = write.number(STATED_TOTAL) if checked.terms[0].stated is not None else "—"
    unit = screen.voice(N_("none: it cannot be added up"))
    table.add_row(*(Text(cell, style="bold") for cell in (
        screen.voice(N_("total")), "C", stated, write.number(checked.bare_total), unit)))
    return table


def figure_tree(screen: Screen, figure: Figure) -> Tree:
    """A figure down to its leaves."""
    writer = LedgerWriter()
    number = writer.number(figure)
    return branch_tree(Folder(writer.ledger()).tree(number), screen.voice)


def _figure(screen: Screen, figure: Figure, style: str = "") -> None:
    record = FigureRecord.of(figure)
    text = Text("  ").append(f"{screen.voice(figure.name)}: ", style=style)
    text.append(safe(figure_text(record, screen.voice)), style="bold")
    where = source_text(record, screen.voice) if not figure.parts else ""
    screen.console.print(text.append(f"  {safe(where)}" if where else "", style="dim"), soft_wrap=True)


def shorthand_json(checked: Checked, costs: QuickCosts, at_largest_k: QuickCosts,
                    predicted: Estimate | None) -> dict[str, Any]:
    """The record that `plan --shorthand --json` prints; every figure of the correct version with what it is made of."""
    return {
        "inputs": vars(checked.inputs),
        "terms": [
            {"name": term.name, "formula": term.formula, "stated_millions": term.stated, "bare": term.bare,
             "unit": str(term.figure.unit) if term.figure else None}
            for term in checked.terms
        ],
        "bare_total": checked.bare_total,
        "stated_total_millions": STATED_TOTAL if checked.terms[0].stated is not None else None,
        "faults": [Voice("en")(fault) for fault in checked.faults],
        "facts": [FigureRecord.of(fact).model_dump(mode="json") for fact in checked.facts],
        "correct": {
            "predicted_gpu_hours": vars(predicted) if predicted else None,
            "gpu_hours": _tree(costs.gpu_hours), "days": _tree(costs.days),
            "parts": [_tree(part) for part in costs.parts], "total": _tree(costs.total),
            "total_usd_at_largest_k": at_largest_k.total.value,
        },
    }


def _tree(figure: Figure) -> dict[str, Any]:
    """A figure with its parts, down to the leaves."""
    record = FigureRecord.of(figure).model_dump(mode="json")
    return record | {"made_by": figure.made_by, "parts": [_tree(part) for part in figure.parts]}
