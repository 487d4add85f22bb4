"""The plan as a page of its own: what it comes to, how sure it is, its months and what it rests on."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from breakeven import __version__
from breakeven.interfaces import answer, plan_words, roadmap_words, spread_words
from breakeven.interfaces.report import PLAN_CHARTS, tables, templates
from breakeven.interfaces.report.gantt_chart import gantt_chart
from breakeven.interfaces.report.voice import Speaker
from breakeven.interfaces.terminal.money import rate_words
from breakeven.interfaces.words import Voice
from breakeven.records.plan import Plan
from breakeven.records.roadmap_state import RiskState, RoadmapState
from breakeven.store import write_bytes


class Road(NamedTuple):
    """What the section of the road map reads; of a run it is the run."""

    roadmap: RoadmapState | None
    risks: tuple[RiskState, ...]


def write_plan_page(plan: Plan, product: str, out: Path, language: str, created: str,
                    road: RoadmapState | None = None, risks: tuple[RiskState, ...] = ()) -> Path:
    """Write the page of a plan, made at `created` (ISO), and return its path. Raises StorageError."""
    write_bytes(out, render_plan(plan, product, language, created, Road(road, risks)).encode())
    return out


def render_plan(plan: Plan, product: str, language: str, created: str, road: Road) -> str:
    """The page as HTML. Every text that comes from outside is escaped by the template engine."""
    speaker = Speaker(Voice(language))
    return templates().get_template("plan_page.html.j2").render(
        subject=speaker, plan=plan, product=product, created=created, run=road, voice=speaker.voice,
        write=speaker.write, answer=answer, tables=tables, spread=spread_words, charts=PLAN_CHARTS,
        road=roadmap_words, words=plan_words, gantt_chart=gantt_chart, version=__version__, rate_words=rate_words(),
    )
