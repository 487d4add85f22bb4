"""Price lists of others, in local copies with the real names of their fields: junk is counted, never priced 0."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from breakeven.core.errors import DataError, UsageError
from breakeven.prices.gpu_hours import gpu_hour_price
from breakeven.prices.imported import ABSURD, NEGATIVE, NO_PRICE, TWICE, folder_of, imported, keep, read_list
from breakeven.prices.layers import own_prices
from breakeven.prices.litellm import NOT_TEXT, read_litellm
from breakeven.prices.own import prices_at
from breakeven.prices.skypilot import ALONE, read_skypilot
from breakeven.prices.tables import hosted_named, offer_named

CHAT = {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 2e-6, "output_cost_per_token": 8e-6,
        "max_input_tokens": 128000, "supports_vision": True}  # fmt: skip
MODELS = {
    "sample_spec": {"litellm_provider": "one of …", "mode": "chat", "input_cost_per_token": 0.0},
    "gpt-9": CHAT | {"cache_read_input_token_cost": 5e-7, "input_cost_per_token_batches": 1e-6,
                     "output_cost_per_token_batches": 4e-6},
    "azure/gpt-9": CHAT | {"litellm_provider": "azure", "input_cost_per_token": 2.2e-6},
    "gpt-4o": CHAT | {"input_cost_per_token": 3e-6},
    "azure/gpt-4o": CHAT | {"litellm_provider": "azure"},
    "free-of-charge": CHAT | {"input_cost_per_token": 0.0},
    "without": {"litellm_provider": "openai", "mode": "chat"},
    "in-words": CHAT | {"output_cost_per_token": "ask us"},
    "not-a-number": CHAT | {"output_cost_per_token": float("nan")},
    "below-zero": CHAT | {"input_cost_per_token": -1e-6},
    "azure_ai/jais-30b-chat": CHAT | {"litellm_provider": "azure_ai", "input_cost_per_token": 0.0032},
    "painter": {"litellm_provider": "openai", "mode": "image_generation", "output_cost_per_image": 0.04},
    "no-entry": 7,
}  # fmt: skip
HEADER = "InstanceType,AcceleratorName,AcceleratorCount,vCPUs,MemoryGiB,Price,Region,GpuInfo,SpotPrice"
MACHINES = [
    "gpu_8x_h100_sxm5,H100,8.0,208.0,1800.0,24.0,us-east-1,\"{'Gpus': [{'Name': 'H100', 'MemoryInfo': "
    "{'SizeInMiB': 81559}}], 'TotalGpuMemoryInMiB': 652472}\",9.5",
    "gpu_8x_h100_sxm5,H100,8.0,208.0,1800.0,23.2,us-west-2,,9.5",
    "p4d,A100,8.0,96.0,1152.0,22,us-east-1,,",
    "runpod,A100-80GB,1,8,117,1.39,US,\"{'Gpus': [{'Name': 'A100 PCIe', 'MemoryInfo': {'SizeInMiB': 80}}]}\",1.39",
    "cpu_4x_general,,,4.0,16.0,0.2,us-east-1,,",
    "a2-highgpu-1g,,,12.0,85.0,0.73948,us-central1,,0.36975",
    ",A100,1,,,2.93,us-central1,,",
    "lost,H100,1,8,80,,us-east-1,,0.5",
    "gift,H100,1,8,80,0,us-east-1,,",
    "debt,H100,1,8,80,-3,us-east-1,,",
    "yacht,H100,1,8,80,9999,us-east-1,,",
    "torn,H100",
]


def listed(tmp_path: Path, text: str, name: str = "list.json") -> Path:
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def test_models_with_prices_come_in_and_the_rest_is_counted(tmp_path: Path):
    found = read_litellm(listed(tmp_path, json.dumps(MODELS)), "2026-11-20")
    rows = {(row["provider"], row["item"]): row for row in found.rows}
    assert set(rows) == {("openai", "gpt-9"), ("azure", "gpt-9"), ("openai", "gpt-4o"), ("azure", "gpt-4o")}
    assert [rows["openai", "gpt-9"][key] for key in (
        "usd_per_1m_input", "usd_per_1m_output", "usd_per_1m_cached_input", "usd_per_1m_batch_input",
        "usd_per_1m_batch_output", "date")] == ["2", "8", "0.5", "1", "4", "2026-11-20"]  # fmt: skip
    assert rows["azure", "gpt-9"]["usd_per_1m_cached_input"] == ""
    assert (found.left_out[NO_PRICE], found.left_out[NEGATIVE], found.left_out[ABSURD]) == (4, 1, 1)
    assert found.left_out[NOT_TEXT] == 1
    assert sum(found.left_out.values()) + len(found.rows) == len(MODELS)


def test_an_imported_list_goes_before_the_tables_and_a_quote_before_it(tmp_path: Path):
    keep(read_litellm(listed(tmp_path, json.dumps(MODELS)), "2026-11-20"), folder_of(tmp_path) / "litellm.csv")
    with own_prices(prices_at(tmp_path)[0]):
        assert hosted_named("gpt-4o").usd_per_1m_input == 3  # of several sellers the one whom the tables know
        assert hosted_named("gpt-9").provider == "openai"  # the name without a seller
        assert hosted_named("azure/gpt-9").usd_per_1m_input == 2.2
        assert hosted_named("gpt-4o-mini").usd_per_1m_input == 0.15
    quotes = listed(tmp_path, "model,price,unit,source,date\ngpt-9,1,usd/1m input tokens,me,2026\n"
                    "gpt-9,2,usd/1m output tokens,me,2026\n", "quotes.csv")  # fmt: skip
    with own_prices(prices_at(tmp_path, quotes)[0]):
        assert hosted_named("gpt-9").usd_per_1m_input == 1
    assert hosted_named("gpt-9") is None


def test_machines_of_a_catalog_each_once_at_its_cheapest_region(tmp_path: Path):
    file = listed(tmp_path, "\n".join([HEADER, *MACHINES]), "lambda/vms.csv")
    found = read_skypilot(file, dated="2026-11-20")
    rows = {row["item"]: row for row in found.rows}
    assert set(rows) == {"gpu_8x_h100_sxm5", "p4d", "runpod", "cpu_4x_general"}
    best = rows["gpu_8x_h100_sxm5"]
    assert (best["provider"], best["usd_per_hour"], best["region"], best["gpu"]) == (
        "Lambda", "23.2", "us-west-2", "H100-SXM")
    assert rows["p4d"]["gpu"] == "A100-SXM-40GB"  # A100 alone has 40 GB in these catalogs
    assert (rows["runpod"]["gpu"], rows["runpod"]["spot_usd_per_hour"]) == ("A100-PCIe-80GB", "")
    assert (found.left_out[ALONE], found.left_out[NO_PRICE], found.left_out[NEGATIVE], found.left_out[ABSURD]) == (
        3, 2, 1, 1)  # fmt: skip
    assert found.left_out[TWICE] == 1
    keep(found, folder_of(tmp_path) / "skypilot.csv")
    with own_prices(imported(tmp_path)):
        assert gpu_hour_price("H100").to("usd/hour") == pytest.approx(23.2 / 8)
        assert offer_named("Lambda/p4d").machine.gpus == 8


def test_of_zones_with_one_price_that_with_the_lowest_spot_price_counts(tmp_path: Path):
    zones = [f"c1.medium,,,2.0,1.69921875,0.13,us-east-1,,{spot}" for spot in ("0.130000", "0.040800", "0.043600")]
    found = read_skypilot(listed(tmp_path, "\n".join([HEADER, *zones]), "vms.csv"), "aws", dated="2026-11")
    assert [(row["provider"], row["spot_usd_per_hour"], row["memory_gib"]) for row in found.rows] == [
        ("AWS", "0.0408", "1.69921875")]  # fmt: skip


def test_one_region_alone(tmp_path: Path):
    file = listed(tmp_path, "\n".join([HEADER, *MACHINES]), "lambda/vms.csv")
    found = read_skypilot(file, region="us-east-1", dated="2026-11")
    assert {row["region"] for row in found.rows} == {"us-east-1"}
    assert next(row for row in found.rows if row["item"] == "gpu_8x_h100_sxm5")["usd_per_hour"] == "24"


@pytest.mark.parametrize("text", ["", "[]", "{", "7", '{"a": ' * 5000])
def test_what_is_no_list_of_models_is_refused(tmp_path: Path, text: str):
    with pytest.raises(DataError):
        keep(read_litellm(listed(tmp_path, text), "2026"), tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", HEADER, HEADER.replace("Price", "Prize")])
def test_what_is_no_catalog_is_refused(tmp_path: Path, text: str):
    with pytest.raises(DataError):
        keep(read_skypilot(listed(tmp_path, text, "vms.csv"), "aws", dated="2026"), tmp_path / "out.csv")


def test_the_date_of_a_list_is_that_of_its_file(tmp_path: Path):
    file = listed(tmp_path, json.dumps(MODELS))
    os.utime(file, (1_790_000_000, 1_790_000_000))
    assert read_litellm(file).rows[0]["date"] == "2026-09-21"
    os.utime(file, (315_532_800, 315_532_800))
    with pytest.raises(UsageError, match="date of the list is not known"):
        read_litellm(file)


def test_a_damaged_list_is_told(tmp_path: Path):
    for text in ("a,b\n", "provider,item\nx\n", "\x00"):
        with pytest.raises(DataError, match="damaged"):
            read_list(listed(tmp_path, text, "x.csv"))


JUNK = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=6), st.just([1]))


@settings(max_examples=60)
@given(entries=st.dictionaries(st.text(max_size=8), st.one_of(JUNK, st.fixed_dictionaries({}, optional={
    "litellm_provider": st.one_of(st.just("openai"), JUNK), "mode": st.one_of(st.just("chat"), JUNK),
    "input_cost_per_token": JUNK, "output_cost_per_token": JUNK, "cache_read_input_token_cost": JUNK})), max_size=6))
def test_whatever_stands_in_a_list_no_price_of_it_is_zero(entries: dict, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.getbasetemp() / "junk.json"
    file.write_text(json.dumps(entries), encoding="utf-8")
    found = read_litellm(file, "2026")
    prices = [float(cell) for row in found.rows for key, cell in row.items() if key.startswith("usd") and cell]
    assert all(0 < usd <= 1000 for usd in prices)
    assert sum(found.left_out.values()) + len(found.rows) == len(entries)


@settings(max_examples=60)
@given(rows=st.lists(st.lists(st.one_of(st.sampled_from(["H100", "8", "1.5", "-1", "0", "nan", "inf", "1e99"]),
                                        st.text(max_size=5)), max_size=11), max_size=6))
def test_whatever_stands_in_a_catalog_no_price_of_it_is_zero(rows: list, tmp_path_factory: pytest.TempPathFactory):
    file = tmp_path_factory.getbasetemp() / "junk.csv"
    with file.open("w", encoding="utf-8", newline="") as lines:
        csv.writer(lines).writerows([HEADER.split(","), *rows])
    for row in read_skypilot(file, "aws", dated="2026").rows:
        assert 0 < float(row["usd_per_hour"]) <= 5000
        assert not row["spot_usd_per_hour"] or 0 < float(row["spot_usd_per_hour"]) < float(row["usd_per_hour"])
