"""The page of a plan and its pictures, and what the terminal says of how sure it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from breakeven.interfaces import plan_verbs, spread_words
from breakeven.interfaces.report import PLAN_CHARTS
from breakeven.interfaces.report.build_or_buy_chart import bought_usd, build_or_buy_chart, own_usd
from breakeven.interfaces.report.plan_page import Road, render_plan
from breakeven.interfaces.report.voice import Speaker
from breakeven.interfaces.words import Voice
from breakeven.plan.make_plan import make_plan
from breakeven.plan.scenario import apply_scenario
from breakeven.plan.spread import as_planned, with_spread
from breakeven.records.plan import Plan
from breakeven.records.project import Project
from tests.interfaces import build

PROJECT = """
[product]
name = "<b>desk</b>"
task = "text-classification"
[demand]
requests_per_month = "150_000..250_000"
growth_per_month = "5%..15%"
price_per_1k_requests = "3..5"
[capital]
cash_usd = 400_000
[[team]]
role = "<script>alert(1)</script>"
salary_usd_per_year = "80_000..120_000"
"""
OPEN = {"br", "meta", "img", "hr", "input", "link"}
SPEAKERS = [Speaker(Voice("en")), Speaker(Voice("zh"))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "breakeven.toml").write_text(PROJECT)
    return tmp_path


def bare_plan(text: str = PROJECT) -> Plan:
    return make_plan(Project.model_validate(tomllib.loads(text)))


def spread_plan() -> Plan:
    return with_spread(bare_plan(), Project.model_validate(tomllib.loads(PROJECT)))


class Nesting(HTMLParser):
    """Raises when a tag is closed that is not open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        if tag not in OPEN:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, tag


@pytest.mark.parametrize("language", ["en", "zh"])
def test_plan_writes_its_page_beside_the_kept_plan(folder: Path, language: str):
    shown = plan_verbs.show_plan(folder, language)
    assert shown.page is not None
    assert shown.page.with_suffix(".json").exists()
    text = shown.page.read_text(encoding="utf-8")
    parser = Nesting()
    parser.feed(text)
    assert parser.open == []
    assert "script" not in parser.seen
    assert "&lt;b&gt;desk&lt;/b&gt;" in text
    assert not re.search(r"(src|href)=|https?://", text), "the page must load nothing"
    assert text.count("<svg") == 4  # cash, fan, tornado, scenarios


def test_the_page_is_in_chinese():
    text = render_plan(spread_plan(), "桌", "zh", "2026-11-22T07:15:00Z", Road(None, ()))
    assert "有多大把握" in text
    assert "How sure" not in text
    assert "各情景对比" in text


@pytest.mark.parametrize("speaker", SPEAKERS, ids=["en", "zh"])
@pytest.mark.parametrize("name", ["cash", "fan", "tornado", "scenarios"])
def test_pictures_stay_within_their_frame(name: str, speaker: Speaker):
    chart: Callable[[Speaker, Plan], Markup | None] = PLAN_CHARTS[name]
    picture = chart(speaker, spread_plan())
    assert picture is not None
    assert_within(str(picture))


def assert_within(picture: str) -> None:
    """Every point and text begins inside the picture."""
    width, height = map(float, re.findall(r'viewBox="0 0 (\S+) (\S+)"', picture)[0])
    for x in re.findall(r' (?:x|x1|x2|cx)="([^"]+)"', picture):
        assert 0 <= float(x) <= width
    for y in re.findall(r' (?:y|y1|y2|cy)="([^"]+)"', picture):
        assert 0 <= float(y) <= height
    for points in re.findall(r'points="([^"]+)"', picture):
        for point in points.split():
            x, y = map(float, point.split(","))
            assert 0 <= x <= width
            assert 0 <= y <= height


def test_a_plan_without_ranges_says_so_and_draws_no_fan():
    sure = with_spread(bare_plan(re.sub(r'"(\S+)\.\.\S+"', r'"\1"', PROJECT)))
    assert PLAN_CHARTS["fan"](SPEAKERS[0], sure) is None
    assert PLAN_CHARTS["tornado"](SPEAKERS[0], sure) is None
    assert "no figure has a range" in str(next(iter(spread_words.sentences(sure))))


def test_what_is_not_reached_is_said_by_the_last_month():
    assert spread_words.end_of(None, "month", Voice("en"), 36) == "after 36"
    assert spread_words.end_of(7.0, "month", Voice("en"), 36) == "7"
    assert spread_words.end_of(-1234.4, "usd", Voice("en"), 36) == "−$1,234"


def test_build_or_buy_lines_are_what_the_costs_say():
    unit, other = build.cost("linear", 4.0, 74.0, 0.37).unit, build.alternative()
    speaker = SPEAKERS[0]
    capacity = unit.requests_per_machine_month
    machine = unit.machine_usd_per_month
    assert capacity is not None
    assert machine is not None
    one = own_usd(unit, capacity.value)
    assert own_usd(unit, capacity.value * 1.01) == pytest.approx(
        one + machine.value + unit.usd_per_request.value * capacity.value * 0.01)
    assert bought_usd(other, 10_000) == pytest.approx(4.2)
    picture = build_or_buy_chart(speaker, unit, [other], 200_000)
    assert picture is not None
    assert_within(str(picture))
    assert "176,000" in picture
    assert build_or_buy_chart(speaker, unit, [], 200_000) is None
    assert build_or_buy_chart(speaker, unit, [other.model_copy(update={"usd_per_1k": None})], 200_000) is None


def test_scenarios_stand_beside_the_plan():
    made = Project.model_validate(tomllib.loads(PROJECT + """
[[scenario]]
name = "dearer"
"demand.price_per_1k_requests" = "*2"
[[scenario]]
name = "demand halves, hiring as planned"
"demand.requests_per_month" = 7
"""))
    plan = make_plan(made)
    found = {one.name: one for one in with_spread(plan, made).scenarios}
    assert list(found) == [
        "as planned", "dearer", "demand halves, hiring as planned", "a competitor cuts prices by 30%"]
    assert found["as planned"] == as_planned(plan)
    assert found["as planned"].outcome.capital_need_usd == plan.capital_need_usd
    dearer = make_plan(apply_scenario(made, made.scenario[0]))
    assert found["dearer"].cash == pytest.approx([month.values["cash"] for month in dearer.months])
    assert found["dearer"].outcome.break_even_month == dearer.break_even_month
    own = make_plan(apply_scenario(made, made.scenario[1]))
    assert found["demand halves, hiring as planned"].cash[0] == pytest.approx(own.months[0].values["cash"])
