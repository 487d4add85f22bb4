"""`estimate serve` and `estimate size` as people and programs call them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from breakeven.interfaces.cli.app import run_app


def record(capfd: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    assert run_app([*arguments, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert isinstance(found, dict)
    return found


SERVE = ("estimate", "serve", "--model", "Llama-3.1-8B", "--gpu", "H100", "--weight-bits", "8", "--input", "1024",
         "--output", "256")


def test_a_service_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    found = record(capfd, *SERVE, "--usd-per-hour", "3", "--framework", "vLLM")
    rate = found["output_tokens_per_s_per_gpu"]
    assert found["output_tokens_per_s_per_gpu_low"] < rate < found["output_tokens_per_s_per_gpu_high"]
    assert found["usd_per_mtok_out"] == pytest.approx(3 / 3600 * 1e6 / rate)
    assert sum(found["step_shares"].values()) == pytest.approx(1, abs=0.01)
    assert found["assumed"] == ["the KV cache has 16 bits"]


def test_a_load_takes_whole_machines(capfd: pytest.CaptureFixture[str]) -> None:
    found = record(capfd, *SERVE, "--usd-per-hour", "3", "--requests-per-second", "100")
    assert isinstance(found["machines"], int)
    assert found["usd_per_mtok_out"] * 100 * 256 * 3600 / 1e6 == pytest.approx(3 * found["machines"])
    assert found["tpot_ms"] <= 100


def test_a_price_of_the_tables_names_its_source(capfd: pytest.CaptureFixture[str]) -> None:
    found = record(capfd, *SERVE)
    assert found["usd_per_gpu_hour"] > 0
    assert found["price_source"]["title"]


@pytest.mark.parametrize(("language", "words"), [("en", "time between tokens"), ("zh", "token 间隔时间")])
def test_a_service_for_people(capfd: pytest.CaptureFixture[str], language: str, words: str) -> None:
    assert run_app([*SERVE, "--language", language]) == 0
    text = capfd.readouterr().out
    assert words in text
    assert "Llama 3.1 8B" in text


def test_a_table_of_services(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "rows.csv"
    file.write_text("id,kind,model,params_total,weight_bits,hw,hw_count,output_tokens_per_s_per_gpu\n"
                    "a,single_stream,Llama 3 8B,8.03e9,4.85,RTX 4090,1,1\nb,single_stream,x,7e12,16,RTX 4090,1,1\n",
                    encoding="utf-8")
    first, second = record(capfd, "estimate", "serve", "--from", str(file))["rows"]
    assert first["tpot_ms_low"] < first["tpot_ms"] < first["tpot_ms_high"]
    assert first["usd_per_mtok_out"] is None
    assert set(second["refused"]) == {"what", "where", "hint"}
    assert run_app(["estimate", "serve", "--from", str(file)]) == 0
    assert "does not fit" in capfd.readouterr().out


@pytest.mark.parametrize(("arguments", "what"), [
    (["serve", "--params", "7B"], "no device is told"),
    (["serve", "--gpu", "H100"], "the size of the model is not told"),
    (["serve", "--params", "405B", "--gpu", "H100"], "does not fit"),
    (["serve", "--params", "7B", "--gpu", "H100", "--batch", "4", "--requests-per-second", "1"], "cannot both"),
    (["size"], "the budget is not told"), (["size", "--flop", "1e21", "--law", "kaplan"], "no scaling law"),
    (["size", "--flop", "-1"], "not a positive number"),
])  # fmt: skip
def test_what_cannot_be_is_told_in_three_lines(capfd: pytest.CaptureFixture[str], arguments: list[str],
                                               what: str) -> None:
    assert run_app(["estimate", *arguments]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 3
    assert what in lines[0]


def test_a_size_as_json(capfd: pytest.CaptureFixture[str]) -> None:
    found = record(capfd, "estimate", "size", "--flop", "3.14e23", "--served-tokens", "1e12", "--unique-tokens", "1e11")
    assert found["compute_optimal"]["params"] == pytest.approx(52.9e9, rel=0.01)
    assert found["compute_optimal"]["params_low"] < found["compute_optimal"]["params"]
    assert found["with_serving"]["params"] < found["compute_optimal"]["params"]
    assert found["with_serving"]["loss"] == pytest.approx(found["compute_optimal"]["loss"])
    assert found["with_unique_tokens"]["epochs"] > 1
    unknown = record(capfd, "estimate", "size", "--flop", "3.14e23", "--law", "hoffmann")["compute_optimal"]
    assert unknown["params_low"] is None
    assert unknown["loss_low"] is None


def test_money_becomes_compute(capfd: pytest.CaptureFixture[str]) -> None:
    small = record(capfd, "estimate", "size", "--usd", "1e5", "--gpu", "H100", "--usd-per-hour", "2")
    large = record(capfd, "estimate", "size", "--usd", "1e6", "--gpu", "H100", "--usd-per-hour", "2")
    assert 5 < large["flop"] / small["flop"] < 20
    assert large["compute_optimal"]["loss"] < small["compute_optimal"]["loss"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_size_for_people(capfd: pytest.CaptureFixture[str], language: str) -> None:
    assert run_app(["estimate", "size", "--flop", "1e23", "--served-tokens", "1e12", "--language", language]) == 0
    assert "29.4B" in capfd.readouterr().out or language == "zh"
