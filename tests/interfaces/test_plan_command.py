"""`breakeven plan`: the answer first in both languages, the record, and wrong files in three lines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SEATS = """
[product]
name = "desk"
[customers]
at_start = 10
churn_per_month = "3%"
[[revenue]]
kind = "seat"
usd_per_seat_month = 40
payment_days = 30
[[team]]
role = "engineer"
salary_usd_per_year = 96_000
to_month = 9
[capital]
cash_usd = 50_000
"""


def breakeven(folder: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "breakeven.toml").write_text(text, encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2]), "LANG": "C.UTF-8"}
    return subprocess.run([sys.executable, "-m", "breakeven", *arguments], cwd=folder, env=environment,
                          capture_output=True, text=True, check=False)


def test_the_answer_comes_first_then_the_parts_the_years_and_what_it_rests_on(tmp_path: Path) -> None:
    done = breakeven(tmp_path, SEATS, "plan")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Capital: $")
    order = [done.stdout.index(words) for words in (
        "Where the capital goes", "capital needed", "Year by year", "paid by customers", "Figures",
        "internal rate of return", "What the plan rests on", "no buffer is counted")]
    assert order[0] < order[2] < order[4] < order[6] < order[7]
    assert "funding rounds" not in done.stdout, "lines without anything are left out"


def test_a_plan_that_earns_nothing_does_not_claim_to_break_even(tmp_path: Path) -> None:
    text = SEATS.replace("usd_per_seat_month = 40", "usd_per_seat_month = 0")
    said = breakeven(tmp_path, text, "plan").stdout
    assert "earns nothing" in said
    assert "breaks even from" not in said


def test_every_month_when_asked(tmp_path: Path) -> None:
    done = breakeven(tmp_path, SEATS, "plan", "--monthly")
    assert "Month by month" in done.stdout
    assert "Year by year" not in done.stdout
    assert all(f"\n {month:>5} " in done.stdout for month in range(1, 37))


def test_the_plan_is_told_in_chinese(tmp_path: Path) -> None:
    done = breakeven(tmp_path, SEATS, "plan", "--language", "zh")
    assert done.stdout.startswith("资金：共需 US$")
    assert "所需资金" in done.stdout
    assert "Capital" not in done.stdout


def test_the_record_has_the_need_the_figures_and_the_months(tmp_path: Path) -> None:
    record = json.loads(breakeven(tmp_path, SEATS, "plan", "--json").stdout)
    need = record["need"]
    assert set(need["parts"]) == {"compute", "research", "marketing", "talent"}
    assert need["total_usd"] == pytest.approx(need["trough_usd"] + need["contingency_usd"] + need["buffer_usd"])
    assert record["kpis"]["cac"]["value"] is None
    assert record["kpis"]["cac"]["why"]
    assert len(record["months"]) == 36
    assert record["months"][0]["received"] == 0


@pytest.mark.parametrize(("text", "what", "place"), [
    (SEATS.replace("usd_per_seat_month", "usd_per_sat_month"), "unknown key usd_per_sat_month", ":9 "),
    (SEATS.replace('"seat"', '"licence"'), 'kind = "licence" needs usd_per_licence', ":7 "),
    (SEATS + '[[serving]]\nby = "own"\n', "it is not known how fast the own model answers", "serving[1]"),
    (SEATS + '[[serving]]\nby = "api"\nmodel = "no-such"\ninput_tokens_per_request = 1\n'
     'output_tokens_per_request = 1\n', "no-such is in no price table", "serving[1].model"),
    (SEATS + '[[training]]\ngpu_hours = 5\ngpu = "H900"\n', "H900 is in no price table", "training[1].gpu"),
    (SEATS + '[[training]]\ntokens = "2T"\n', "give gpu_hours, or params", ":17 "),
    (SEATS + '[plan]\nmonths = 121\n', "plan.months is wrong", ":18 "),
])  # fmt: skip
def test_a_wrong_file_is_told_in_three_lines(tmp_path: Path, text: str, what: str, place: str) -> None:
    done = breakeven(tmp_path, text, "plan")
    assert (done.returncode, done.stdout) == (2, "")
    first, second, third = done.stderr.splitlines()[:3]
    assert what in first
    assert place in second
    assert third.startswith("hint: ")
    assert "Traceback" not in done.stderr


def test_check_and_run_say_that_they_need_data(tmp_path: Path) -> None:
    for verb in ("check", "run"):
        done = breakeven(tmp_path, SEATS, verb)
        assert done.returncode == 2
        assert "no data yet" in done.stderr
