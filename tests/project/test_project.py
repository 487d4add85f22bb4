"""The project file: defaults, ranges, and every fault with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from breakeven.core.errors import ProjectError
from breakeven.project import read_project
from breakeven.records.project import Project
from breakeven.records.quantity import Quantity

LEAST = '[product]\nname = "x"\ntask = "sentiment"\n[data]\ntrain = "a.csv"\nanswer = "label"\n'


def read(tmp_path: Path, text: str) -> Project:
    (tmp_path / "breakeven.toml").write_text(text, encoding="utf-8")
    return read_project(tmp_path)


def faults(tmp_path: Path, text: str) -> list[list[str]]:
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, text)
    return [[str(line) for line in fault.lines()] for fault in caught.value.faults]


def test_a_beginner_needs_two_tables(tmp_path: Path) -> None:
    project = read(tmp_path, LEAST)
    assert project.budget.usd == 20
    assert project.compute.train_on == "here"
    assert not project.team


def test_ranges_percentages_and_underscores(tmp_path: Path) -> None:
    project = read(tmp_path, LEAST + '[demand]\nrequests_per_month = 200_000\ngrowth_per_month = "5%..15%"\n')
    assert project.demand.requests_per_month == Quantity(value=200_000)
    assert project.demand.growth_per_month.value == pytest.approx(0.10)
    assert (project.demand.growth_per_month.low, project.demand.growth_per_month.high) == (0.05, 0.15)


def test_all_faults_at_once_each_with_its_line(tmp_path: Path) -> None:
    text = LEAST + '[bugdet]\nusd = 1\n[demand]\nrequests_per_month = -5\n'
    text += '[[team]]\nrole = "a"\nsalary_usd_per_year = 1\n'
    text += '[[team]]\nrole = "b"\ncuont = 2\nsalary_usd_per_year = "much"\n'
    found = faults(tmp_path, text)
    assert [line[1].partition("breakeven.toml")[2] for line in found] == [
        ":7 bugdet", ":10 demand.requests_per_month", ":16 team.1.cuont", ":17 team.1.salary_usd_per_year",
    ]  # fmt: skip
    assert found[0][2] == "did you mean budget?"
    assert found[2][2] == "did you mean count?"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[product\n", "not valid TOML"),
        ("", "the key product is missing"),
        (LEAST.replace('train = "a.csv"\n', ""), "the key train is missing"),
        (LEAST + '[demand]\ngrowth_per_month = "15%..5%"\n', "upside down"),
        (LEAST + "[budget]\nusd = -1\n", "budget.usd is wrong"),
        (LEAST + "[target]\nat_least = 0.5\nat_most = 0.4\n", "not both"),
        (LEAST + "[budget]\nusd = nan\n", "budget.usd is wrong"),
        (LEAST + "[[capital.round]]\nmonth = 0\nusd = 5\n", "capital.round.0.month is wrong"),
        (LEAST + "[demand]\nrequests_per_month = true\n", "demand.requests_per_month is wrong"),
    ],
)
def test_each_fault_is_told(tmp_path: Path, text: str, what: str) -> None:
    assert what in faults_or_error(tmp_path, text)


def faults_or_error(tmp_path: Path, text: str) -> str:
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, text)
    return str(caught.value)


def test_a_folder_without_a_project_file(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no project file"):
        read_project(tmp_path)


def test_a_project_file_in_gbk(tmp_path: Path) -> None:
    (tmp_path / "breakeven.toml").write_bytes(LEAST.replace("x", "客服").encode("gbk"))
    with pytest.raises(ProjectError, match="not UTF-8"):
        read_project(tmp_path)
