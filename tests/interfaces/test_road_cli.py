"""roadmap, replan, show --why and plan --shorthand as real processes: records, exit codes, both languages."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from breakeven import planning
from breakeven.interfaces import report, road_verbs
from breakeven.interfaces.report.gantt_chart import gantt_chart
from breakeven.interfaces.words import Voice
from breakeven.store import Store
from tests.interfaces.test_cli import assert_three_lines, breakeven, make_project

ROAD = """
[capital]
cash_usd = 90_000
[demand]
requests_per_month = 5_000
[[team]]
role = "founder"
salary_usd_per_year = 60_000
[[milestone]]
name = "labels"
weeks = "2..6"
people = {founder = 2}
[[milestone]]
name = "model"
months = "1..2"
after = "labels"
gate = ["accuracy >= 0.5", "p95_ms <= 10_000"]
[[milestone]]
name = "launch"
weeks = 0
after = "model"
gate = "usd_per_1k < 0.000001"
[[risk]]
name = "money ends"
threshold = "runway_months < 100"
owner = "founder"
action = "raise"
"""


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was planned, then run: the run ends with 3, for its risk is breached."""
    folder = make_project(tmp_path_factory.mktemp("road"))
    file = folder / "breakeven.toml"
    file.write_text(file.read_text(encoding="utf-8") + ROAD, encoding="utf-8")
    before = breakeven("roadmap", "--json", folder=folder)
    assert (before.returncode, before.stderr) == (3, "")
    assert [one["light"] for one in json.loads(before.stdout)["milestones"]] == [None, "grey", "grey"]
    done = breakeven("run", "--json", folder=folder)
    assert done.returncode == 3, done.stderr
    record = json.loads(done.stdout)
    assert record["outcome"] == "released"
    assert record["risks"][0]["breached"] is True
    return folder


def spoken(*arguments: str, folder: Path) -> tuple[subprocess.CompletedProcess[str], Any]:
    done = breakeven(*arguments, "--json", folder=folder)
    assert done.stderr == ""
    return done, json.loads(done.stdout)


def test_a_run_opens_gates_and_a_due_one_that_is_not_met_ends_with_3(planned: Path) -> None:
    done, record = spoken("roadmap", "--month", "1", folder=planned)
    assert [one["light"] for one in record["milestones"]] == [None, "green", "red"]
    assert record["unmet"] == []
    assert done.returncode == 3, "the risk is breached"
    _, late = spoken("roadmap", "--month", "9", folder=planned)
    assert late["unmet"] == ["launch"]
    gate = late["milestones"][1]["gates"][0]
    assert gate["condition"] == "accuracy >= 0.5"
    assert gate["measured"]["provenance"] == "measured"
    assert record["resources"][0]["short_months"]


def test_the_terminal_and_the_picture_speak_both_languages(planned: Path) -> None:
    english = breakeven("roadmap", folder=planned).stdout
    chinese = breakeven("roadmap", "--language", "zh", folder=planned).stdout
    assert "Critical path: labels → model → launch." in english
    assert "BREACHED" in english
    assert "关键路径：labels → model → launch。" in chinese
    state = road_verbs.roadmap(planned, 2).state
    for language, words in (("en", "months from the start"), ("zh", "从开始算起的月数")):
        picture = gantt_chart(state, Voice(language))
        assert picture is not None
        assert words in picture
        assert picture.count("<title>") == 5


def test_the_report_of_the_run_shows_the_road_and_the_breach(planned: Path) -> None:
    run = Store(planned).run()
    assert run.roadmap is not None
    html = report.render(run, "en")
    assert "The road map" in html
    assert "money ends: BREACHED" in html
    assert "路线图" in report.render(run, "zh")


def test_plan_tells_the_breach(planned: Path) -> None:
    done, record = spoken("plan", folder=planned)
    assert done.returncode == 3
    assert record["risks"][0]["name"] == "money ends"
    assert "money ends: BREACHED" in breakeven("plan", folder=planned).stdout


def test_plan_and_run_price_to_the_cent(planned: Path) -> None:
    """One pricing function: the plan after a run is the plan of the run, and replanning it is no change."""
    run = Store(planned).run()
    assert run.plan is not None
    made = planning.plan(planned)
    for ours, theirs in zip(made.months, run.plan.months, strict=True):
        for line, usd in theirs.values.items():
            assert abs(ours.values[line] - usd) < 0.005, (ours.month, line)
    assert planning.revise(run.plan, made, "", run.id).replaced == ()


def test_replan_holds_the_kept_plan_against_the_run(planned: Path) -> None:
    done, record = spoken("replan", folder=planned)
    assert done.returncode == 0
    assert record["run"] == Store(planned).runs()[-1]
    assert record["plan"]
    names = {one["name"] for one in record["without_counterpart"]} | {one["new"]["name"] for one in record["replaced"]}
    assert "answers a second of one process" in names
    assert record["new_capital_need_usd"] == planning.plan(planned).capital_need_usd
    assert any(one["name"] == "salary a year" for one in record["unchanged"])
    assert "仍未测量" in breakeven("replan", "--language", "zh", folder=planned).stdout


def test_replan_without_a_run_is_refused(tmp_path: Path) -> None:
    folder = make_project(tmp_path / "p")
    assert "there is no run yet" in assert_three_lines(breakeven("replan", folder=folder))[0]


def test_a_plan_is_kept_once_and_where_nothing_can_be_written_it_is_still_told(tmp_path: Path) -> None:
    (tmp_path / "breakeven.toml").write_text('[product]\nname = "p"\n', encoding="utf-8")
    for _ in range(2):
        planning.plan(tmp_path)
    assert len(list(tmp_path.glob(".breakeven/plans/assumed/*.json"))) == 1
    (tmp_path / "breakeven.toml").write_text('[product]\nname = "p"\n[capital]\ncash_usd = 5\n', encoding="utf-8")
    planning.plan(tmp_path)
    assert len(list(tmp_path.glob(".breakeven/plans/assumed/*.json"))) == 2
    closed = tmp_path / "closed"
    closed.mkdir()
    (closed / ".breakeven").write_text("not a folder")
    (closed / "breakeven.toml").write_text('[product]\nname = "p"\n', encoding="utf-8")
    assert planning.plan(closed).months


def test_why_prints_a_tree_down_to_sources(planned: Path) -> None:
    _, record = spoken("show", "--why", "break_even_month", folder=planned)
    assert record["trees"][0]["cell"].startswith("net@")
    assert {leaf["provenance"] for leaf in record["rests_on"]} == {"assumed", "published", "measured"}
    published = next(leaf for leaf in record["rests_on"] if leaf["provenance"] == "published")
    assert published["sources"][0][1], "a price has a date"
    text = breakeven("show", "--why", "cash@12", "--depth", "2", folder=planned).stdout
    assert "├── cash at the start: $90,000.00" in text
    assert "breakeven.toml capital.cash_usd" in text
    assert "现金" in breakeven("show", "--why", "capital_need", "--language", "zh", folder=planned).stdout
    run = Store(planned).runs()[-1]
    assert breakeven("show", run, "--why", "serving@2", folder=planned).returncode == 0


def test_a_wrong_name_is_three_lines(planned: Path) -> None:
    lines = assert_three_lines(breakeven("show", "--why", "servng@2", folder=planned))
    assert lines[2] == "hint: did you mean serving?"


def test_the_shorthand_needs_no_project(tmp_path: Path) -> None:
    _, record = spoken("plan", "--shorthand", folder=tmp_path)
    assert record["bare_total"] == pytest.approx(352_036)
    assert any("113, not 118" in fault for fault in record["faults"])
    assert record["terms"][3]["unit"] is None
    assert 8.0e6 < record["correct"]["total"]["value"] < 10e6
    _, twice = spoken("plan", "--shorthand", "--nodes", "200", folder=tmp_path)
    assert twice["correct"]["gpu_hours"]["value"] == record["correct"]["gpu_hours"]["value"]
    assert twice["correct"]["days"]["value"] == pytest.approx(record["correct"]["days"]["value"] / 2)
    assert "速算公式" in breakeven("plan", "--shorthand", "--language", "zh", folder=tmp_path).stdout
    _, small = spoken("plan", "--shorthand", "--params", "7B", "--tokens", "2T", folder=tmp_path)
    assert small["inputs"]["params"] == 7e9
    predicted = small["correct"]["predicted_gpu_hours"]
    assert predicted["low"] < predicted["value"] < predicted["high"]
    assert "--params is wrong" in assert_three_lines(
        breakeven("plan", "--shorthand", "--params", "many", folder=tmp_path))[0]
    lines = assert_three_lines(breakeven("plan", "--shorthand", "--nodes", "0", folder=tmp_path))
    assert lines[0] == "error: nodes must be more than 0"


@pytest.mark.parametrize(("table", "what", "hint"), [
    ('[[milestone]]\nname = "a"\nweeks = 1\nafter = "b"\n[[milestone]]\nname = "b"\nweeks = 1\nafter = "a"',
     "circle: a → b → a", "take one of these out"),
    ('[[milestone]]\nname = "a"\nweeks = 1\ngate = "makro_f1 > 0.5"', "there is no metric makro_f1", "macro_f1"),
    ('[[risk]]\nname = "a"\nthreshold = "runway < 5"', "there is no metric runway", "runway_months"),
])
def test_faults_of_the_road_are_three_lines(table: str, what: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "breakeven.toml").write_text(f'[product]\nname = "p"\n{table}\n', encoding="utf-8")
    lines = assert_three_lines(breakeven("roadmap", folder=tmp_path))
    assert what in lines[0]
    assert "breakeven.toml:" in lines[1], "the line is told"
    assert hint in lines[2]
