"""The report: whole, offline, small, safe against hostile text, and in both languages."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from breakeven.core.words import say
from breakeven.interfaces.report import render, write_report
from breakeven.interfaces.report.confusion_map import worst_pairs
from breakeven.interfaces.report.frontier_chart import Point, frontier
from breakeven.interfaces.report.svg import fitted, log_ticks, text_width, ticks
from breakeven.records.evaluation import Confusion
from breakeven.records.quotes import Money
from breakeven.records.record import MessageRecord
from tests.interfaces import build

RUNS = [build.support_run, build.missed_run, build.stopped_run, build.many_classes_run, build.number_run]
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Reader(HTMLParser):
    """Checks that tags close in order and collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> Reader:
    reader = Reader()
    reader.feed(html)
    assert reader.open == []
    return reader


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("make", RUNS)
def test_every_kind_of_run_gives_a_whole_page_that_loads_nothing(make: Any, language: str, tmp_path: Path) -> None:
    out = write_report(make(), tmp_path / "deep" / "report.html", language)
    html = out.read_text(encoding="utf-8")
    page = read(html)
    assert out.stat().st_size < 1_000_000
    assert not {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    attributes = [(name, value or "") for _, found in page.tags for name, value in found.items()]
    assert not [name for name, _ in attributes if name in ("src", "href", "action", "style") or name.startswith("on")]
    assert "url(" not in html
    assert "@import" not in html
    assert f'lang="{language}"' in html
    assert "<h1>" in html


def test_the_answer_comes_first() -> None:
    text = read(render(build.support_run(), "en")).text
    for words in ("Ship linear.", "0.863", "$74.00", "$0.37", "month 12"):
        assert words in text[: text.index("The ladder")], words


def test_all_parts_are_there() -> None:
    text = read(render(build.support_run(), "en")).text
    for title in ("The ladder", "Quality against cost", "What is taken for what", "Can its confidence be believed?",
                  "The weakest slices", "Mistakes to look at", "Findings in the data", "The bill", "Build or buy",
                  "The plan", "All 36 months", "How month 12 is computed", "What the plan rests on",
                  "How it was measured"):
        assert title in text, title
    for provenance in ("assumed", "published", "measured"):
        assert provenance in text
    assert "price list of a cloud (2026-11-20)" in text


def test_the_report_speaks_chinese() -> None:
    text = read(render(build.support_run(), "zh")).text
    for words in ("发布 linear。", "模型阶梯", "质量与成本", "账单", "计划", "US$74.00", "2026年11月22日", "假设"):
        assert words in text, words
    assert "The ladder" not in text


def test_hostile_text_stays_text() -> None:
    hostile = MessageRecord.of(say("{bad}", bad=build.HOSTILE))
    run = build.support_run()
    choice = run.choice
    assert choice is not None
    project = build.project(product={"name": build.HOSTILE[:79], "task": "text-classification"})
    bad = run.model_copy(update={"project": project, "choice": choice.model_copy(update={"why": hostile})})
    html = render(bad, "en")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "\x1b" not in html
    read(html)


def test_hostile_labels_stay_text_in_the_pictures() -> None:
    labels = ("<b>&amp;", 'x"><svg onload=alert(1)>', "三")
    one = build.rung("linear", 0.9, labels=labels)
    html = render(build.support_run(rungs=(one,), plan=None), "en")
    assert "<svg onload" not in html
    assert not [tag for tag, found in read(html).tags if "onload" in found]


def test_a_missed_target_says_what_is_missing_and_what_would_help() -> None:
    text = read(render(build.missed_run(), "en")).text
    assert "No candidate meets the target; linear comes nearest." in text
    assert "0.13 below the target 0.999" in text
    assert "about 4,000 more rows" in text


def test_many_classes_are_told_by_their_worst_pairs() -> None:
    html = render(build.many_classes_run(), "en")
    assert 'class="right"' not in html
    assert "a rather long name of the intent number 14" in html


def test_worst_pairs_are_sorted_by_count() -> None:
    pairs = worst_pairs(Confusion(labels=("a", "b"), counts=((8, 2), (5, 5))))
    assert [(p.truth, p.answer, p.count, p.share) for p in pairs] == [("b", "a", 5, 0.5), ("a", "b", 2, 0.2)]


def test_the_frontier_holds_what_nothing_cheaper_beats() -> None:
    points = [Point("dear", 2.0, 0.9, ""), Point("cheap", 1.0, 0.8, ""), Point("bad", 1.5, 0.7, "")]
    assert [point.name for point in frontier(points, higher=True)] == ["cheap", "dear"]
    assert [point.name for point in frontier(points, higher=False)] == ["cheap", "bad"]


def test_the_chosen_candidate_is_marked_in_the_ladder() -> None:
    html = render(build.support_run(), "en")
    assert re.search(r'<tr class="picked"><td>linear</td>', html)
    assert html.count('class="dot picked-dot"') == 2  # in the ladder and on the frontier


def test_ticks_are_round_and_inside() -> None:
    assert ticks(0.0, 1.0) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(3.0, 3.0) == [3.0]
    assert log_ticks(0.1, 1.0) == pytest.approx([0.1, 0.2, 0.5, 1.0])


def test_names_are_cut_to_their_width() -> None:
    assert fitted("short", 200) == "short"
    long = fitted("很长的标签" * 20, 130)
    assert long.endswith("…")
    assert text_width(long) <= 130


def test_the_forms_of_a_net_are_shown_with_the_kept_one_marked() -> None:
    run = build.support_run()
    shown = render(run.model_copy(update={"rungs": (*run.rungs, build.with_forms(build.rung("embed", 0.88)))}), "en")
    assert "Forms of the nets" in shown
    assert "Forms of the nets" not in render(run, "en")
    kept = shown[shown.index("embed · int8") - 60 : shown.index("embed · int8")]
    assert 'class="picked"' in kept
    assert "int8 is as good and costs less" in shown


def test_what_an_absent_rung_would_take_is_told() -> None:
    run = build.support_run()
    what = MessageRecord.of(say("it would train in about {seconds} here ({usd})", seconds=90.0, usd=0.01))
    rungs = tuple(each.model_copy(update={"prospect": what}) if each.name == "encoder" else each for each in run.rungs)
    shown = render(run.model_copy(update={"rungs": rungs}), "en")
    assert "What they would take and bring" in shown
    assert "it would train in about" in shown
    assert "What they would take and bring" not in render(run, "en")


def test_money_is_shown_in_the_currency_of_the_project() -> None:
    run = build.support_run()
    yuan = Money(currency="CNY", rate=7.0, date="2026-11-01")
    page = read(render(run.model_copy(update={"project": run.project.model_copy(update={"money": yuan})}), "en"))
    assert "CN¥" in page.text
    assert "money in CNY: 7 for a dollar" in page.text
    assert "$" not in page.text
    assert "CN¥" not in read(render(run, "en")).text
