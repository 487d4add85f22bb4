"""The templates that are plans alone: planned, mapped and unfolded by the real commands, with sensible results."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from breakeven import planning
from breakeven.interfaces import road_verbs, verbs
from breakeven.plan.why import why
from breakeven.project import read_project
from tests.interfaces.test_cli import breakeven

TEMPLATES = {"plan-only": (18, 44), "api-first": (20, 44), "pretrain-7b": (18, 46)}
"""Name and the months between which a founder would believe its break-even."""


@pytest.fixture(scope="module", params=TEMPLATES)
def made(request: Any, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp(request.param)
    verbs.init(folder, request.param)
    return request.param, folder


def test_it_pays_in_a_believable_month_and_its_money_lasts(made: tuple[str, Path]) -> None:
    name, folder = made
    plan = planning.plan(folder)
    first, last = TEMPLATES[name]
    assert plan.break_even_month is not None
    assert first <= plan.break_even_month <= last
    assert plan.runway_months is None
    assert plan.lowest_cash_usd > 0
    raised = sum(one.usd.value for one in read_project(folder).capital.round)
    assert 0.1 * raised < plan.capital_need_usd + raised


def test_its_road_map_is_read_and_nothing_is_green(made: tuple[str, Path]) -> None:
    _, folder = made
    road = road_verbs.roadmap(folder, 1)
    assert {one.light for one in road.state.milestones} == {None, "grey"}
    assert road.state.critical_path
    assert 0 < road.state.p10 <= road.state.p50 <= road.state.p90 < 24
    assert all(one.chance_on_time > 0.2 for one in road.state.milestones)
    assert not [risk.name for risk in road.risks if risk.breached]


def test_its_break_even_unfolds_to_the_project_file(made: tuple[str, Path]) -> None:
    _, folder = made
    found = why(planning.plan(folder), "break_even_month")
    assert any(source.startswith("breakeven.toml team[1]") for leaf in found.leaves for source, _ in leaf.sources)


def test_the_commands_end_with_0(made: tuple[str, Path]) -> None:
    _, folder = made
    for command in (("plan",), ("roadmap", "--month", "1"), ("show", "--why", "capital_need")):
        done = breakeven(*command, "--json", folder=folder)
        assert (done.returncode, done.stderr) == (0, ""), command
        assert json.loads(done.stdout)


def test_a_template_says_in_its_readme_what_to_do() -> None:
    for name in TEMPLATES:
        text = (verbs.TEMPLATES / name / "README.md").read_text(encoding="utf-8")
        assert text.startswith(f"# {name}")
        assert "breakeven plan" in text


def test_the_folder_is_the_only_thing_needed(tmp_path: Path) -> None:
    shutil.copytree(verbs.TEMPLATES / "plan-only", tmp_path / "mine")
    assert planning.plan(tmp_path / "mine").months


def test_init_says_to_plan_where_there_is_no_data(tmp_path: Path) -> None:
    told = breakeven("init", "mine", "--template", "plan-only", folder=tmp_path).stdout
    assert "breakeven plan mine" in told
    assert "breakeven check" not in told
    assert "breakeven check" in breakeven("init", "other", "--template", "credit", folder=tmp_path).stdout
