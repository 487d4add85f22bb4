"""`breakeven prices` as people call it: the list, its filters, the comparison and the importers, in both languages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = """[product]
name = "x"
task = "text-classification"
[[quote]]
gpu = "910B"
gpus = 8
price = 60.0
unit = "cny/hour"
source = "Seller C"
date = "2026-11"
[money]
currency = "CNY"
rate = 7.0
date = "2026-11-01"
"""


def breakeven(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "BREAKEVEN_"))}
    return subprocess.run(
        [sys.executable, "-m", "breakeven", *words], cwd=folder, capture_output=True, encoding="utf-8", check=False,
        env=kept | {"LANG": "C.UTF-8", "PYTHONPATH": str(Path(__file__).parents[2])}, timeout=120,
    )  # fmt: skip


def record(*words: str, folder: Path) -> dict:
    done = breakeven(*words, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "breakeven.toml").write_text(PROJECT, encoding="utf-8")
    return tmp_path


def test_the_list_and_its_filters(tmp_path: Path):
    every = record("prices", folder=tmp_path)
    assert every == record("prices", "list", folder=tmp_path)
    assert {row["unit"] for row in every["storage"]} == {"usd/GB/month", "usd/GB"}
    assert any(row["stale"] for row in every["offers"])
    h100 = record("prices", "--gpu", "h100 80gb", folder=tmp_path)
    assert {offer["machine"]["gpu"] for offer in h100["offers"]} == {"H100-SXM"}
    assert h100["hosted"] == []
    aws = record("prices", "list", "--provider", "aws", "--kind", "machines", folder=tmp_path)
    assert {offer["provider"] for offer in aws["offers"]} == {"AWS"}
    assert aws["storage"] == []
    wrong = breakeven("prices", "--kind", "gold", folder=tmp_path)
    assert (wrong.returncode, "there is no kind of prices gold" in wrong.stderr) == (2, True)


def test_money_in_another_currency_names_its_rate(tmp_path: Path):
    shown = breakeven("prices", "--gpu", "H100-PCIe", "--currency", "CNY", "--language", "en", folder=tmp_path).stdout
    assert "CN¥19.39" in shown  # 2.89 × 6.71049
    assert "2026-09-28" in shown
    assert "older than 180 days" in shown
    chinese = breakeven("prices", "--gpu", "H100-PCIe", "--currency", "CNY", "--language", "zh", folder=tmp_path).stdout
    assert "¥19.39" in chinese
    assert "180 天" in chinese
    assert breakeven("prices", "--currency", "XYZ", folder=tmp_path).returncode == 2


def test_the_quotes_and_the_currency_of_a_project_count(project: Path):
    offers = record("prices", "--gpu", "Ascend 910B", folder=project)["offers"]
    assert [(offer["origin"], offer["usd_per_hour"]) for offer in offers] == [("quote", pytest.approx(60 / 7))]
    shown = breakeven("prices", "--gpu", "910B", "--language", "en", folder=project).stdout
    assert "CN¥60.00" in shown
    assert "your quote" in shown
    assert "breakeven.toml money.rate" in shown
    file = project / "quotes.csv"
    file.write_text("gpu,price,unit,source,date\n910B,1.5,usd/gpu/hour,Seller D,2026-11\n", encoding="utf-8")
    both = record("prices", "compare", "--gpu-hours", "910B=100", "--quotes", str(file), folder=project)
    assert both["cheapest"] == "Seller C/Ascend 910B"
    assert {row["origin"] for row in both["rows"]} == {"quote"}


def test_a_plan_is_shown_in_the_currency_of_the_project(project: Path):
    text = PROJECT + '[capital]\ncash_usd = 123_000\n[[team]]\nrole = "engineer"\nsalary_usd_per_year = 96_000\n'
    (project / "breakeven.toml").write_text(text, encoding="utf-8")
    shown = breakeven("plan", folder=project).stdout
    assert "CN¥" in shown
    assert "money in CNY: 7 for a dollar, breakeven.toml money.rate, 2026-11-01" in shown
    made = record("plan", folder=project)  # JSON stays in dollars
    (project / "breakeven.toml").write_text(text.replace('currency = "CNY"', 'currency = "USD"'), encoding="utf-8")
    assert made["lowest_cash_usd"] == record("plan", folder=project)["lowest_cash_usd"]
    assert "CN¥" not in breakeven("plan", folder=project).stdout
    (project / "breakeven.toml").write_text(text.replace('currency = "CNY"\nrate = 7.0', 'currency = "XYZ"'))
    refused = breakeven("plan", folder=project)
    assert (refused.returncode, "there is no exchange rate for XYZ" in refused.stderr) == (2, True)


def test_a_job_is_compared(tmp_path: Path):
    words = ("prices", "compare", "--gpu-hours", "H100=1000", "--gpus", "64", "--deadline-days", "7")
    found = record(*words, folder=tmp_path)
    marked = [row for row in found["rows"] if row["cheapest"]]
    assert [row["machine"] for row in marked] == [found["cheapest"]]
    assert marked[0]["meets_deadline"]
    assert all(row["usd_on_demand"] is None or row["usd_on_demand"] > 0 for row in found["rows"])
    pair = found["buy_or_rent"][0]
    assert 0 < pair["same_cost_utilisation"] < 1
    dear = record(*words, "--buy-usd", "100000", folder=tmp_path)["buy_or_rent"][0]
    assert dear["paid_back_month"] is None
    for language, answer in (("en", "cheapest on demand within the deadline"), ("zh", "期限内最便宜")):
        done = breakeven(*words, "--language", language, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        assert answer in done.stdout


def test_a_training_is_compared(tmp_path: Path):
    found = record("prices", "compare", "--params", "1B", "--tokens", "2e10", "--on", "H100", "--on", "A100-80GB",
                   "--deadline-days", "10", folder=tmp_path)  # fmt: skip
    assert {row["gpu"] for row in found["rows"]} == {"H100-SXM", "A100-SXM-80GB"}
    assert all(row["gpu_hours_low"] < row["gpu_hours"] < row["gpu_hours_high"] for row in found["rows"])


def test_a_list_is_imported_and_then_used(tmp_path: Path):
    entry = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-6, "output_cost_per_token": 2e-6}
    (tmp_path / "prices.json").write_text(json.dumps({"gpt-9": entry, "gpt-8": entry | {"input_cost_per_token": 0}}))
    told = record("prices", "import", "litellm", "prices.json", "--date", "2026-11-20", folder=tmp_path)
    assert (told["rows"], told["left_out"]) == (1, ["left out: 1 × no price"])
    assert (tmp_path / ".breakeven" / "prices" / "litellm.csv").is_file()
    hosted = {model["item"]: model for model in record("prices", folder=tmp_path)["hosted"]}
    assert (hosted["gpt-9"]["origin"], hosted["gpt-9"]["date"]) == ("imported", "2026-11-20")
    (tmp_path / "vms.csv").write_text(
        "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,SpotPrice\n"
        "big,H100,8,208,1800,20,us,9\nbig,H100,8,208,1800,-1,eu,9\n")  # fmt: skip
    done = breakeven("prices", "import", "skypilot", "vms.csv", "--cloud", "acme", "--date", "2026-11", "--language",
                     "zh", folder=tmp_path)  # fmt: skip
    assert "价格为负" in done.stdout
    assert record("prices", "compare", "--gpu-hours", "H100=8", folder=tmp_path)["cheapest"] == "acme/big"
    assert breakeven("prices", "import", "skypilot", "prices.json", folder=tmp_path).returncode == 2


def test_the_prices_of_a_job_may_be_asked_for_without_words_by_accident(tmp_path: Path):
    done = breakeven("prices", "compare", "--language", "en", folder=tmp_path)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 3
