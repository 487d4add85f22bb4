"""The report of a run: one HTML file that opens offline, can be printed and holds no script."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from breakeven import __version__
from breakeven.interfaces import answer, plan_words, roadmap_words, spread_words
from breakeven.interfaces.numbers import shown_in
from breakeven.interfaces.report import tables
from breakeven.interfaces.report.build_or_buy_chart import build_or_buy_chart, planned_chart
from breakeven.interfaces.report.cash_chart import cash_chart
from breakeven.interfaces.report.confusion_map import confusion_map, worst_pairs
from breakeven.interfaces.report.fan_chart import fan_chart
from breakeven.interfaces.report.frontier_chart import frontier_chart
from breakeven.interfaces.report.gantt_chart import gantt_chart
from breakeven.interfaces.report.ladder_chart import ladder_chart
from breakeven.interfaces.report.reliability_chart import reliability_chart
from breakeven.interfaces.report.scenario_chart import scenario_chart
from breakeven.interfaces.report.tornado_chart import tornado_chart
from breakeven.interfaces.report.voice import Subject
from breakeven.interfaces.terminal.money import rate_words
from breakeven.interfaces.terminal.text import safe, shortened
from breakeven.interfaces.words import Voice
from breakeven.prices.rates import rate_of
from breakeven.records.run import Run
from breakeven.store import write_bytes

PLAN_CHARTS = {
    "cash": cash_chart, "fan": fan_chart, "tornado": tornado_chart, "scenarios": scenario_chart,
    "build_or_buy": build_or_buy_chart, "planned": planned_chart,
}
LONGEST_TEXT = 400
"""Characters of a user's text that the report shows."""


def write_report(run: Run, out: Path, language: str) -> Path:
    """Write the report of a run in a language and return its path. Raises StorageError."""
    write_bytes(out, render(run, language).encode())
    return out


def render(run: Run, language: str) -> str:
    """The report as HTML. Every text that comes from outside is escaped by the template engine."""
    with shown_in(rate_of(run.project.money.currency, run.project.money)):
        return _render(run, Subject(Voice(language), run))


def _render(run: Run, subject: Subject) -> str:
    return templates().get_template("report.html.j2").render(
        subject=subject, run=run, voice=subject.voice, write=subject.write, answer=answer, tables=tables,
        charts={"ladder": ladder_chart, "frontier": frontier_chart} | PLAN_CHARTS, spread=spread_words,
        gantt_chart=gantt_chart, road=roadmap_words, words=plan_words,
        confusion_map=confusion_map, reliability_chart=reliability_chart, worst_pairs=worst_pairs, version=__version__,
        rate_words=rate_words(),
    )


@cache
def templates() -> Environment:
    """The templates of all pages; `say` in them speaks the page's language."""
    folder = Path(__file__).parent / "templates"
    made = Environment(
        loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )
    made.globals["say"] = _say
    made.filters |= {"clean": lambda text: safe(shortened(str(text), LONGEST_TEXT))}
    return made


@pass_context
def _say(context: Context, template: str, /, **values: Any) -> str:
    """`say` in a template gives the text at once, in the language of the report."""
    voice: Voice = context["voice"]
    return voice.say(template, **values)
